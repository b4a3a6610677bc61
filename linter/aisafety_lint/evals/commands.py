"""What a command really runs: launchers stripped, its framework named."""

from dataclasses import dataclass

from aisafety_lint.evals.frameworks import EvalKnowledge, Pipelines
from aisafety_lint.evals.model import Run

CONDITIONS = ("if", "elif", "while", "until", "!")
_KEYWORDS = (*CONDITIONS, "then", "else", "do", "{")


@dataclass(frozen=True, slots=True)
class Call:
    """A command or action that may run a suite: its framework where its name says so, its words and working folder.

    `manual` holds when nothing but a person starts it; `collects` for a test runner that was given no path and so takes
    every test file.
    """

    framework: str
    words: tuple[str, ...]
    folder: str
    manual: bool
    run: Run
    collects: bool = False


def match_command(words: tuple[str, ...], knowledge: EvalKnowledge) -> tuple[str, tuple[str, ...]]:
    """The framework that a command starts, or an empty text, and its words without launchers."""
    words = unwrapped(words, knowledge.pipelines)
    for command, framework in knowledge.started.get(words[0], ()) if words else ():
        if words[: len(command)] == command:
            return framework, words
    return "", words


def unwrapped(words: tuple[str, ...], pipelines: Pipelines) -> tuple[str, ...]:
    """A command without shell keywords, launchers (`npx -y`, `uv run`), and the version and folder of its program."""
    words = bare(words)
    while (length := _launcher(words, pipelines)) > 0:
        words = words[length:]
        while len(words) > 1 and (words[0].startswith("-") or "=" in words[0] or words[0][:1].isdigit()):
            words = words[1:]
    if not words:
        return ()
    name = words[0].lstrip("@-").rpartition("/")[2]
    return (name.partition("@")[0], *words[1:])


def bare(words: tuple[str, ...]) -> tuple[str, ...]:
    """A command without shell keywords, and without the marks by which a make file silences it or lets it fail."""
    while words and words[0] in _KEYWORDS:
        words = words[1:]
    return (words[0].lstrip("@-"), *words[1:]) if words else ()


def _launcher(words: tuple[str, ...], pipelines: Pipelines) -> int:
    """How many words of a command only launch the rest of it."""
    return max(
        (len(one) for one in pipelines.wrappers if words[: len(one)] == one and len(words) > len(one)), default=0
    )


def mentions(word: str, folder: str, path: str) -> bool:
    """Whether a word of a command names a file by its path, as a module, or by a folder that holds it."""
    name = word.rpartition("=")[2].partition("::")[0].strip("\"',")
    if not name or name.startswith("-"):
        return False
    module = "" if "/" in name else name.replace(".", "/") + ".py"
    return any(
        full and (path == full or path.startswith(f"{full}/"))
        for full in (joined(folder, name), joined(folder, module))
    )


def joined(folder: str, name: str) -> str:
    """A path in the repository from a folder and a relative path; empty for an empty name."""
    parts: list[str] = []
    for part in f"{folder}/{name}".split("/") if name else ():
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
