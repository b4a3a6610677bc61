"""How much a number of tests can show."""


def shown_rate(tests: int) -> float:
    """The failure rate, from 0 to 1, that so many tests without a failure still leave possible, at 95 % confidence.

    With a failure rate p, n tests all pass with probability (1 - p)^n; the rate at which that is 5 %.
    """
    return 1.0 - float(0.05 ** (1 / tests))
