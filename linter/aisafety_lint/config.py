"""Settings: a frozen Config in which every value is decided and knows where it comes from.

The fields with a `setting` text are what a configuration file can say; the schema of that file is generated from them.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aisafety_lint.finding import Notification, Persona, Severity

DEFAULT_EXCLUDE = (
    # version control, environments, caches
    *(
        ".git/",
        ".hg/",
        ".svn/",
        ".jj/",
        ".venv/",
        "venv/",
        "virtualenv/",
        ".direnv/",
        "site-packages/",
        "dist-packages/",
    ),
    *("node_modules/", "bower_components/", "__pypackages__/", "__pycache__/", ".eggs/", "*.egg-info/"),
    *(
        ".tox/",
        ".nox/",
        ".mypy_cache/",
        ".ruff_cache/",
        ".pytest_cache/",
        ".hypothesis/",
        ".ipynb_checkpoints/",
        ".terraform/",
    ),
    # vendored, generated and minified code
    *("vendor/", "_vendor/", "vendored/", "third_party/", "third-party/"),
    *("*_pb2.py", "*_pb2_grpc.py", "*.min.js", "*.min.css", "*.map"),
    *("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml"),
)

DEFAULT_TESTS = (
    "**/tests/**",
    "**/test/**",
    "**/testing/**",
    "**/test_*.py",
    "**/*_test.py",
    "**/conftest.py",
    "**/fixtures/**",
    "**/__tests__/**",
    "**/*_test.go",
    "**/*.test.ts",
    "**/*.test.tsx",
    "**/*.test.js",
    "**/*.spec.ts",
    "**/*.spec.js",
    "**/*.cy.ts",
    "**/*.cy.js",
    "**/cypress/**",
    "**/testdata/**",
    "**/test_data/**",
    "**/test-data/**",
    "**/e2e/**",
    "**/playwright*.config.*",
)


@dataclass(frozen=True, slots=True)
class Override:
    """What changes below some paths: rules ignored there, or another severity, with a reason and until when.

    `paths` are patterns in the syntax of `.gitignore`, relative to the root. The severity applies to the rules that
    `select` names, to all without it. `position` counts the overrides of the file, from 0.
    """

    paths: tuple[str, ...] = field(metadata={"setting": "Patterns of paths, in the syntax of .gitignore."})
    ignore: tuple[str, ...] = field(default=(), metadata={"setting": "Rules, families or tags that are silent there."})
    severity: Severity | None = field(default=None, metadata={"setting": "The severity of findings there."})
    reason: str = field(default="", metadata={"setting": "Why; required.", "required": True})
    expires: str = field(default="", metadata={"setting": "The last day of effect, YYYY-MM-DD.", "format": "date"})
    select: tuple[str, ...] = field(
        default=(), metadata={"setting": "Rules, families or tags that the severity is for; all by default."}
    )
    position: int = 0


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Findings of a rule that are accepted below a path, for files that hold no comments; with a reason, until a day.

    `position` counts the acceptances of the configuration file, from 0; `file` is that file, relative to the root, or
    empty where it lies outside.
    """

    path: str = field(metadata={"setting": "A pattern of paths, in the syntax of .gitignore."})
    rule: str = field(metadata={"setting": "The rule whose findings are accepted there."})
    reason: str = field(default="", metadata={"setting": "Why; required.", "required": True})
    until: str = field(default="", metadata={"setting": "The last day of effect, YYYY-MM-DD.", "format": "date"})
    at: str = field(
        default="", metadata={"setting": "Only there in a JSON, YAML or TOML file: a path like $.mcpServers.files."}
    )
    position: int = 0
    file: str = ""


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """The configuration file of a run: its content as data, and its text to tell places in it.

    `name` is how people are told of it; `table` is the way to the settings in it, (`tool`, `aisafety-lint`) or nothing.
    """

    path: Path
    name: str
    text: str
    table: tuple[str, ...]
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of a run, decided: command line over file over default.

    `paths` are what to report on, absolute and existing, with links resolved; `root` is the project they belong to: the
    git root, or else their common folder. All patterns are relative to the root. `stdin` is a text that takes the place
    of a file: path relative to the root, and bytes; `overlay` holds what is analysed in place of what is written in
    files. `file_timeout` bounds the seconds of processor time for a file. `jobs` is the number of processes to work in,
    None for as many as it is worth. `suppress` tells whether suppressions have effect, `today` which of them are over.
    `map` tells whether the report is to hold the map of the agents. `origins` tells for
    each setting that is not a default where it comes from; `notifications` is what the settings themselves have to say
    in the report.
    """

    root: Path
    paths: tuple[Path, ...]
    select: tuple[str, ...] = field(default=(), metadata={"setting": "Rules, families or tags to run; all by default."})
    ignore: tuple[str, ...] = field(default=(), metadata={"setting": "Rules, families or tags not to run."})
    extend_select: tuple[str, ...] = field(
        default=(), metadata={"setting": "Rules, families or tags to run besides `select`."}
    )
    persona: Persona = field(
        default=Persona.REGULAR, metadata={"setting": "Who reads: a larger persona sees more findings."}
    )
    min_severity: Severity = field(
        default=Severity.LOW, metadata={"setting": "Findings below this severity are not shown."}
    )
    fail_on: Severity = field(
        default=Severity.LOW, metadata={"setting": "Findings at or above this severity make the exit code 1."}
    )
    exclude: tuple[str, ...] = field(
        default=DEFAULT_EXCLUDE,
        metadata={"setting": "Patterns of paths not to walk, in the syntax of .gitignore; replaces the default."},
    )
    extend_exclude: tuple[str, ...] = field(
        default=(), metadata={"setting": "Patterns of paths not to walk, besides `exclude`."}
    )
    force_exclude: bool = field(
        default=False, metadata={"setting": "Excludes hold for files and folders that are named explicitly, too."}
    )
    rules: tuple[Path, ...] = field(
        default=(), metadata={"setting": "Folders of own rules, relative to the file; data only, never code."}
    )
    tests: tuple[str, ...] = field(
        default=DEFAULT_TESTS,
        metadata={"setting": "Patterns of test code, on which only the auditor is told; replaces the default."},
    )
    max_file_size: int = field(
        default=2_000_000, metadata={"setting": "Files of more bytes are not analysed.", "minimum": 1000}
    )
    strict: bool = field(
        default=False, metadata={"setting": "A file that could not be analysed makes the exit code 2, wherever it is."}
    )
    overrides: tuple[Override, ...] = field(
        default=(), metadata={"setting": "What is different below some paths, each with a reason."}
    )
    suppressions: tuple[Acceptance, ...] = field(
        default=(), metadata={"setting": "Findings that are accepted in files without comments, each with a reason."}
    )
    baseline: Path | None = field(
        default=None, metadata={"setting": "A file of known findings that are not shown, relative to the file."}
    )
    suppress: bool = True
    today: datetime.date = field(default_factory=datetime.date.today)
    map: bool = False
    stdin: tuple[str, bytes] | None = None
    overlay: Mapping[str, bytes] = field(default_factory=dict)
    jobs: int | None = 1
    file_timeout: int = 60
    file: SettingsFile | None = None
    origins: Mapping[str, str] = field(default_factory=dict)
    notifications: tuple[Notification, ...] = ()

    def given(self, path: str) -> bytes | None:
        """What is analysed in place of what is written in a file, where there is such a text."""
        if self.stdin is not None and self.stdin[0] == path:
            return self.stdin[1]
        return self.overlay.get(path)

    def relative(self, path: Path) -> str:
        """A path below the root as findings name it: relative, with forward slashes."""
        return path.relative_to(self.root).as_posix()

    @property
    def explicit(self) -> frozenset[str]:
        """The files (not folders) that were named explicitly, relative to the root."""
        return frozenset(self.relative(path) for path in self.paths if not path.is_dir())
