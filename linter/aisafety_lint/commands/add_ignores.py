"""`aisafety-lint --add-ignores`: writes suppressions for all findings that a run would show, with one reason."""

import codecs
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aisafety_lint.additions import Said, with_comments
from aisafety_lint.config import Config
from aisafety_lint.directives import directives, text_of
from aisafety_lint.errors import UserError
from aisafety_lint.filetypes import kind_by_content, kind_by_name
from aisafety_lint.finding import Finding
from aisafety_lint.outputs import write_file
from aisafety_lint.report.terminal import count, visible
from aisafety_lint.settings import OWN_FILES
from aisafety_lint.source import SourceFile, SourceText, UnreadableError, read_bytes

if TYPE_CHECKING:
    from aisafety_lint.report.model import Report
    from aisafety_lint.settings_entries import NewEntry

_MAX_BYTES = 100_000_000
_NEW = OWN_FILES[0]


@dataclass(slots=True)
class _Done:
    """What is to be written: new texts by path, entries of the settings, and the findings that have no place."""

    texts: dict[str, str] = field(default_factory=dict)
    comments: int = 0
    entries: "dict[NewEntry, int]" = field(default_factory=dict)
    left: list[Finding] = field(default_factory=list)


def add(config: Config, report: "Report", reason: str, until: str, *, isolated: bool) -> str:
    """Write the suppressions and give what is to be said about it; raises UserError where that cannot be."""
    if not reason.strip():
        raise UserError(
            "`--add-ignores` needs `--reason`", "say why the findings are accepted, for whoever reads it next"
        )
    if config.stdin is not None:
        raise UserError("`--add-ignores` changes files, and standard input is none")
    said = Said(" ".join(reason.split()), until)
    _check(said)
    done = _Done()
    for path, findings in _by_path(report).items():
        _one_file(config, path, findings, said, done, settings=not isolated)
    settings = _settings(config, done, said)
    for path, text in done.texts.items():
        write_file(config.root / path, text)
    return _told(done, settings)


def _check(said: Said) -> None:
    """Raise UserError for a reason that would not be read from a comment as it is."""
    found = [*directives(text_of(("rule",), said.reason, said.until))]
    broken = "-->" in said.reason or "*/" in said.reason or len(found) != 1
    if broken or found[0].problem or (found[0].reason, found[0].until) != (said.reason, said.until):
        raise UserError("this reason cannot stand in a comment", "say it in plain words, the day with `--until`")


def _by_path(report: "Report") -> Mapping[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in (*report.findings, *report.folded):
        if "suppression" not in report.rules[finding.rule].match:
            found.setdefault(finding.location.path, []).append(finding)
    return found


def _one_file(config: Config, path: str, findings: list[Finding], said: Said, done: _Done, *, settings: bool) -> None:
    from aisafety_lint.settings_entries import entry

    kind = kind_by_name(path.rpartition("/")[2]) or kind_by_content(str(config.root / path))
    text = _text(config, path)
    if text is not None:
        changed, held = _commented(text, kind, findings, said)
        if changed != text.text:
            done.texts[path] = changed
            done.comments += len(held)
        findings = [finding for finding in findings if finding not in held]
    base = _base(config)
    inside = settings and (config.root / path).is_relative_to(base)
    for finding in findings:
        if inside:
            name = (config.root / path).relative_to(base).as_posix()
            key = entry(finding, name, text if kind == "json" else None)
            done.entries[key] = done.entries.get(key, 0) + 1
        else:
            done.left.append(finding)


def _commented(text: SourceText, kind: str, findings: list[Finding], said: Said) -> tuple[str, list[Finding]]:
    """The text with comments for all findings, or for as many of them as can have one, and these findings."""
    whole = with_comments(text, kind, findings, said)
    if whole is not None:
        return whole, findings
    held = [finding for finding in findings if with_comments(text, kind, [finding], said) is not None]
    changed = with_comments(text, kind, held, said) if held else None
    return (text.text, []) if changed is None else (changed, held)


def _text(config: Config, path: str) -> SourceText | None:
    """The text of a file, if writing it again gives the same bytes."""
    try:
        data = read_bytes(config.root, SourceFile(path, "text"), _MAX_BYTES)
        return None if data.startswith(codecs.BOM_UTF8) else SourceText(path, data.decode("utf-8"))
    except (UnreadableError, UnicodeDecodeError):
        return None


def _base(config: Config) -> Path:
    """The folder that the paths in the settings start from."""
    if config.file is None:
        return config.root
    folder = config.file.path.parent
    folder = folder.parent if folder.name == ".github" else folder
    return folder if folder.is_relative_to(config.root) else config.root


def _settings(config: Config, done: _Done, said: Said) -> str:
    """Put the entries into the settings; the name of their file."""
    from aisafety_lint.settings_entries import with_entries

    if not done.entries:
        return ""
    file = config.file
    path = file.path if file else config.root / _NEW
    before = file.text if file else ""
    name = file.name if file else _NEW
    write_file(path, with_entries(name, before, file.table if file else (), done.entries, said.reason, said.until))
    return name


def _told(done: _Done, settings: str) -> str:
    parts = []
    if done.comments:
        parts.append(f"{count(done.comments, 'finding')} by comments in {count(len(done.texts), 'file')}")
    if done.entries:
        number = len(done.entries)
        entries = "1 entry" if number == 1 else f"{number} entries"
        parts.append(f"{count(sum(done.entries.values()), 'finding')} by {entries} of `{visible(settings)}`")
    lines = [f"Suppressed: {', '.join(parts)}." if parts else "Nothing to suppress."]
    lines += [f"Not suppressed: {visible(where)}." for where in _places(done.left)]
    return "\n".join(lines) + "\n"


def _places(findings: Iterable[Finding]) -> list[str]:
    return [f"{one.rule} at {one.location.path}:{one.location.span.line}" for one in findings]
