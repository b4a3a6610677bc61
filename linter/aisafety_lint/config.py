"""Settings: a frozen Config."""

from dataclasses import dataclass
from pathlib import Path

from aisafety_lint.finding import Persona, Severity


@dataclass(frozen=True, slots=True)
class Override:
    """What changes below some paths: rules ignored there, or another severity, with a reason and until when."""

    paths: tuple[str, ...]
    ignore: tuple[str, ...] = ()
    severity: Severity | None = None
    reason: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a run, decided: command line over file over default."""

    root: Path
    paths: tuple[Path, ...]
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    extend_select: tuple[str, ...] = ()
    persona: Persona = Persona.REGULAR
    min_severity: Severity = Severity.LOW
    fail_on: Severity = Severity.LOW
    exclude: tuple[str, ...] = ()
    extend_exclude: tuple[str, ...] = ()
    rules: tuple[Path, ...] = ()
    tests: tuple[str, ...] = ()
    max_file_size: int = 2_000_000
    overrides: tuple[Override, ...] = ()
    stdin: tuple[str, bytes] | None = None
