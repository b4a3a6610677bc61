"""Writing Markdown: code, tables and lists of facts."""

from collections.abc import Iterable, Sequence
from typing import Any


def code(text: object) -> str:
    """A text as code, whatever it holds."""
    plain = " ".join(str(text).split())
    fence = "`" * (1 + max((len(run) for run in _runs(plain)), default=0))
    pad = " " if plain.startswith("`") or plain.endswith("`") else ""
    return f"{fence}{pad}{plain}{pad}{fence}"


def _runs(text: str) -> Iterable[str]:
    """The runs of backticks in a text."""
    rest = "".join(character if character == "`" else " " for character in text)
    return rest.split()


def codes(texts: Iterable[object], most: int = 0) -> str:
    """Several texts as code with commas; of more than `most` only how many more there are."""
    every = list(texts)
    shown = every[:most] if most else every
    more = f" and {len(every) - len(shown)} more" if len(shown) < len(every) else ""
    return ", ".join(map(code, shown)) + more


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; nothing where there are no rows."""
    lines = [_row([cell.replace("|", "\\|") for cell in row]) for row in rows]
    return "\n".join([_row(heads), _row(["---"] * len(heads)), *lines]) if lines else ""


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A list of facts; what is empty is left out."""
    return "\n".join(f"- **{name}:** {value}" for name, value in pairs if value)


def joined(*parts: str) -> str:
    """Parts of a page with a blank line between them; empty ones are left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"


def listed(value: Any) -> list[Any]:
    """What may be one value or several, as several."""
    return [] if value is None else list(value) if isinstance(value, (list, tuple)) else [value]
