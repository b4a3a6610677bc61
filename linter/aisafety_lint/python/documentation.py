"""What the documentation of a module says of where the text comes from that its functions are handed.

A module of a tool that nothing else of the project calls is often all there is: a framework, or another program, loads
it by its name. Then only its own words tell that a model or a user writes the arguments. A module is taken at its word
where it speaks of that in its docstring, which must stand at its beginning.
"""

import re

_USER = r"\buser(?:'s)?[-_ ](?:input|supplied|provided|controlled|url|command|query|code)\b"
_MODEL = (
    r"\b(?:llm|agent|model)(?:'s)?[-_ ](?:output|generated|supplied|provided|controlled|written|actions?)\b|"
    r"\bmcp[- ](?:style )?tool\b"
)
_SPOKEN = re.compile(rf"(?P<user>{_USER})|(?P<model>{_MODEL})", re.IGNORECASE)
_BEGINNING = re.compile(rb'(?:#[^\n]*\n|\s)*[rR]?(?:"""(.{1,2000}?)"""|\'\'\'(.{1,2000}?)\'\'\')', re.DOTALL)


def spoken_of(doc: str) -> str | None:
    """The kind of source that a docstring says text comes from; None where it does not."""
    found = _SPOKEN.search(doc)
    if found is None:
        return None
    return "user-input" if found.lastgroup == "user" else "model-output"


def speaks_of_source(data: bytes) -> bool:
    """The same of a file that is not parsed yet: whether the docstring at its beginning tells of a source."""
    start = data[:4_000]
    if b"ser" not in start and b"odel" not in start and b"gent" not in start and b"MCP" not in start:
        return False
    found = _BEGINNING.match(start)
    return found is not None and spoken_of((found[1] or found[2]).decode("utf-8", "replace")) is not None
