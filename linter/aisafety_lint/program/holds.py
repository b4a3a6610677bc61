"""How far a condition of the knowledge is known to hold."""

from enum import IntEnum


class Holds(IntEnum):
    """Whether a condition holds: a MAYBE lowers the confidence."""

    NO = 0
    MAYBE = 1
    YES = 2
