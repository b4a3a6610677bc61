"""How a report is written: what the person or the program that reads it asked for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """`trace` is short or full; `seconds` the time the run took; `category` tells several SARIF uploads apart.

    `width` is the number of cells that a line for people may take; with `include_suppressed` the formats for programs
    list the findings that somebody has accepted, too. `source_url` is the address of the repository's files, for links.
    """

    color: bool = False
    trace: str = "short"
    seconds: float | None = None
    category: str = ""
    hyperlinks: bool = False
    width: int = 100
    include_suppressed: bool = False
    source_url: str = ""
