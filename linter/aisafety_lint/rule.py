"""A rule: one Markdown file with front matter, an explanation under fixed headings, and examples that are its tests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aisafety_lint.compiled import Compiled, NotYamlError
from aisafety_lint.errors import UserError
from aisafety_lint.finding import Persona, Severity

FAMILIES = ("tool-grants", "output-sinks", "human-approval", "secrets", "safety-evals")
HEADINGS = ("What it finds", "Why it matters", "Example", "Use instead", "When it is wrong", "References")

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n", re.DOTALL)
_TITLE = re.compile(r"^# +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the catalogue.

    `match` is what data can say about it: a mapping with one key (flow, grant, approval, manifest, secret, eval,
    suppression), or empty where a module of `checks/` implements the rule; then `about` says what that looks at.
    `sections` are the Markdown texts under the fixed headings. `edits` are the kinds of edits that can mend a finding.
    """

    id: str
    family: str
    title: str
    severity: Severity
    precision: str
    persona: Persona
    status: str
    since: str
    message: str
    fix: str
    tags: tuple[str, ...]
    aliases: tuple[str, ...]
    standards: tuple[str, ...]
    match: Mapping[str, Any]
    sections: Mapping[str, str]
    path: Path
    about: str = ""
    edits: tuple[Mapping[str, Any], ...] = ()

    @property
    def fixable(self) -> str:
        """Whether the linter can mend findings: `yes`, `unsafe` where each time somebody has to look, or nothing."""
        return "" if not self.edits else "yes" if any(edit.get("safe") for edit in self.edits) else "unsafe"

    @property
    def summary(self) -> str:
        """The first paragraph of what the rule finds, on one line."""
        return " ".join(self.sections["What it finds"].split("\n\n")[0].split())


def parse_rule(path: Path, text: str, compiled: Compiled | None = None) -> Rule:
    """Read a rule file; its folder names the family.

    Raises UserError, naming the file, where the front matter, the title or a heading is missing or wrong.
    """
    front = _FRONT_MATTER.match(text)
    if front is None:
        raise UserError(f"{path}: a rule file starts with front matter between two lines `---`")
    try:
        data = (compiled or Compiled()).load(front[1].encode())
    except NotYamlError as error:
        raise UserError(f"{path}: the front matter is not valid YAML: {error}") from error
    body = text[front.end() :]
    title = _TITLE.search(body)
    if title is None:
        raise UserError(f"{path}: a rule file needs a title, a line `# ...`")
    sections = split_sections(body)
    if missing := [name for name in HEADINGS if name not in sections]:
        raise UserError(f"{path}: no section `## {missing[0]}`", hint=f"the headings are {', '.join(HEADINGS)}")
    try:
        return _build(path, data, title[1], sections)
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: the front matter is incomplete or wrong: {error}") from error


def split_sections(body: str) -> dict[str, str]:
    """Split Markdown into the texts under its second-level headings."""
    parts = (part.partition("\n") for part in f"\n{body}".split("\n## ")[1:])
    return {head.strip(): text.strip() for head, _, text in parts}


def _build(path: Path, data: Mapping[str, Any], title: str, sections: Mapping[str, str]) -> Rule:
    return Rule(
        id=data["id"],
        family=path.parent.name,
        title=title,
        severity=Severity[data["severity"].upper()],
        precision=data["precision"],
        persona=Persona[data.get("persona", "regular").upper()],
        status=data.get("status", "stable"),
        since=str(data["since"]),
        message=data["message"],
        fix=data["fix"],
        tags=tuple(data.get("tags", ())),
        aliases=tuple(data.get("aliases", ())),
        standards=tuple(data.get("standards", ())),
        match=data.get("match", {}),
        sections=sections,
        path=path,
        about=data.get("about", ""),
        edits=tuple(data.get("edits", ())),
    )
