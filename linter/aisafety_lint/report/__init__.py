"""Reports: the outcome of a run and the formats it is written in. A report never decides, it only shows.

Nothing is imported before a report is written: the command line names the formats without paying for them.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aisafety_lint.report.model import Report

FORMATS = ("full", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "rdjson", "html")

__all__ = ["FORMATS", "render"]


def render(
    format: str,  # noqa: A002 - the word of the command line
    report: "Report",
    *,
    color: bool = False,
    trace: str = "short",
    seconds: float | None = None,
    category: str = "",
    hyperlinks: bool = False,
    width: int = 100,
    include_suppressed: bool = False,
    source_url: str = "",
) -> str:
    """Write a report in one of FORMATS, with a line end at its end; raises KeyError for any other format.

    Color, trace, links, width and seconds are for people, in full and concise; the other formats depend on the report
    only, so the same input gives the same bytes. `category` tells the SARIF uploads of one commit apart, and
    `include_suppressed` has json and sarif list the findings that somebody has accepted. `source_url` is the address
    below which markdown links to files.
    """
    from aisafety_lint.report.options import Options

    if format not in FORMATS:
        raise KeyError(format)
    writer = import_module(f"aisafety_lint.report.{format}")
    options = Options(color, trace, seconds, category, hyperlinks, width, include_suppressed, source_url)
    text: str = writer.render(report, options)
    return text
