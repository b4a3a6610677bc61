"""From the command line and the configuration file to a Config: who says what, and who wins.

The nearest file counts, from the working directory up to the root of the project: `aisafety-lint.toml`,
`.github/aisafety-lint.toml`, or `pyproject.toml` with a table `tool.aisafety-lint`. It is data: nothing in it can run.
"""

import datetime
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aisafety_lint import scope
from aisafety_lint.cache import NO_CACHE, Store
from aisafety_lint.config import Config, Override, SettingsFile
from aisafety_lint.errors import UserError
from aisafety_lint.finding import Notification, NotificationLevel
from aisafety_lint.source import SourceFile, UnreadableError, decode, read_bytes

OWN_FILES = ("aisafety-lint.toml", ".github/aisafety-lint.toml")
_TABLE = ("tool", "aisafety-lint")
_MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What the command line says: paths as given, which file to use, and settings by their field names."""

    paths: tuple[str, ...] = (".",)
    config: str | None = None
    isolated: bool = False
    stdin: tuple[str, bytes] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def load_config(
    line: CommandLine,
    *,
    cwd: Path | None = None,
    today: datetime.date | None = None,
    store_for: Callable[[Path], Store] = lambda _: NO_CACHE,
    root: Path | None = None,
) -> Config:
    """Decide all settings of a run; the store for a project knows settings that are known to be right.

    The root is the project's where it is known; else it is found from the paths.

    Raises UserError where a path is missing, a file cannot be read or its settings are wrong.
    """
    stdin = scope.stdin_path(line.stdin[0]) if line.stdin else None
    paths = (stdin,) if stdin else tuple(dict.fromkeys(scope.given_path(path) for path in line.paths))
    root = root or scope.project_root(paths)
    paths = tuple(dict.fromkeys(scope.without_links(path, root) for path in paths))
    file, notifications = _find_file(line, root, cwd or Path.cwd(), paths)
    config = Config(root, paths, file=file, notifications=notifications, today=today or datetime.date.today())
    if stdin and line.stdin:
        config = replace(config, stdin=(config.relative(stdin), line.stdin[1]))
    if file is not None:
        _check(file, store_for(root))
        config = _without_expired(_apply_file(config, file), config.today)
    return _apply_command_line(config, line.settings)


def _find_file(
    line: CommandLine, root: Path, cwd: Path, paths: tuple[Path, ...]
) -> tuple[SettingsFile | None, tuple[Notification, ...]]:
    if line.isolated:
        return None, ()
    if line.config is not None:
        return _named_file(line.config), ()
    cwd = cwd.resolve()
    start = cwd if cwd.is_relative_to(root) else scope.common_folder(paths)
    notifications: list[Notification] = []
    for folder in (start, *start.parents):
        found = [file for file in _files_in(folder, root, notifications) if file is not None]
        for other in found[1:]:
            message = f"`{found[0].name}` decides, the settings in `{other.name}` have no effect."
            notifications.append(Notification("unused-settings", message, path=other.name))
        if found or folder == root:
            return (found[0] if found else None), tuple(notifications)
    return None, tuple(notifications)


def _files_in(folder: Path, root: Path, notifications: list[Notification]) -> list[SettingsFile]:
    """The configuration files of a folder, the one that decides first."""
    found = []
    for name in (*OWN_FILES, "pyproject.toml"):
        path = folder / name
        if not path.is_file():
            continue
        label = path.relative_to(root).as_posix()
        if not path.resolve().is_relative_to(root):
            message = f"`{label}` leads out of the project and is not read."
            notifications.append(Notification("link-out-of-root", message, path=label))
        elif name != "pyproject.toml":
            found.append(_read(path, label, ()))
        elif (file := _read_pyproject(path, label, notifications)) is not None:
            found.append(file)
    return found


def _named_file(text: str) -> SettingsFile:
    path = scope.given_path(text)
    if not path.is_file():
        raise UserError(f"`{text}` is not a file", hint="`--config` names a TOML file")
    if path.name != "pyproject.toml":
        return _read(path, text, ())
    file = _read(path, text, _TABLE)
    if not file.data:
        raise UserError(f"`{text}` has no table `[tool.aisafety-lint]`")
    return file


def _read_pyproject(path: Path, label: str, notifications: list[Notification]) -> SettingsFile | None:
    """The file if it holds settings; a broken one that does not name the linter is none of its business."""
    try:
        file = _read(path, label, _TABLE)
    except UserError as error:
        data = path.read_bytes()[:_MAX_BYTES]
        if b"aisafety-lint" in data:
            raise
        notifications.append(Notification("unreadable-settings", f"{error.message}.", NotificationLevel.NOTE, label))
        return None
    return file if file.data else None


def _read(path: Path, name: str, table: tuple[str, ...]) -> SettingsFile:
    from aisafety_lint.toml_text import TomlError, load_toml

    try:
        text = decode(read_bytes(path.parent, SourceFile(path.name, "toml"), _MAX_BYTES))
    except UnreadableError as error:
        raise UserError(f"{name}: cannot be read: {error}") from error
    try:
        data: Any = load_toml(text)
    except TomlError as error:
        raise UserError(_toml_message(name, error)) from error
    for part in table:
        data = data.get(part, {}) if isinstance(data, dict) else {}
    if not isinstance(data, dict):
        raise UserError(f"{name}: `{'.'.join(table)}` must be a table")
    return SettingsFile(path, name, text, table, _plain(data))


def _toml_message(name: str, error: Exception) -> str:
    """A TOML error with its place in front, as all other errors have it."""
    match = re.fullmatch(r"(.*) \(at line (\d+), column (\d+)\)", str(error), re.DOTALL)
    return f"{name}:{match[2]}:{match[3]}: not valid TOML: {match[1]}" if match else f"{name}: not valid TOML: {error}"


def _plain(value: Any) -> Any:
    """TOML data as JSON data: dates become text, so that the schema can check them."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else value


def _check(file: SettingsFile, store: Store) -> None:
    """Raise UserError where settings are wrong; that they are right is kept, since finding out takes long."""
    from aisafety_lint.settings_schema import config_schema_text, validate

    name = store.name("settings", config_schema_text().encode(), repr(file.data).encode())
    if store.get(name) is None:
        validate(file)
        store.put(name, b"")


def _apply_file(config: Config, file: SettingsFile) -> Config:
    values = _built(Config, file.data)
    if "rules" in values:
        values["rules"] = _rule_folders(config.root, file, values["rules"])
    if "baseline" in values:
        values["baseline"] = _inside(config.root, file, values["baseline"], ("baseline",))
    for key in ("overrides", "suppressions"):
        if key in values:
            values[key] = tuple(replace(item, position=at) for at, item in enumerate(values[key]))
    if "suppressions" in values and file.path.is_relative_to(config.root):
        values["suppressions"] = tuple(
            replace(item, file=config.relative(file.path)) for item in values["suppressions"]
        )
    base = _base_folder(file)
    if base.is_relative_to(config.root) and base != config.root:
        values = _anchored(values, config.relative(base))
    origins = {**config.origins, **dict.fromkeys(values, file.name)}
    return replace(config, **values, origins=origins)


def _built(owner: type, data: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a table in the types of the fields that they set."""
    from aisafety_lint.settings_schema import setting_fields, setting_key

    hints = typing.get_type_hints(owner)
    keys = {setting_key(item.name): item.name for item in setting_fields(owner)}
    return {keys[key]: _typed(hints[keys[key]], value) for key, value in data.items()}


def _typed(hint: Any, value: Any) -> Any:
    if isinstance(hint, types.UnionType):
        hint = typing.get_args(hint)[0]
    if isinstance(value, list):
        return tuple(_typed(typing.get_args(hint)[0], item) for item in value)
    if isinstance(value, dict):
        return hint(**_built(hint, value))
    if hint in (str, bool, int):
        return value
    return hint[value.upper()] if hasattr(hint, "__members__") else hint(value)


def _base_folder(file: SettingsFile) -> Path:
    """The folder that the paths in a configuration file start from."""
    folder = file.path.parent
    return folder.parent if folder.name == ".github" else folder


def _rule_folders(root: Path, file: SettingsFile, folders: tuple[Path, ...]) -> tuple[Path, ...]:
    """The folders of rules that a file names: they exist, and lie in the project or beside the file."""
    from aisafety_lint.settings_schema import place

    found = []
    for index, folder in enumerate(folders):
        path = _inside(root, file, folder, ("rules", index))
        if not path.is_dir():
            raise UserError(f"{place(file, ('rules', index))}: `{folder}` is not a folder")
        found.append(path)
    return tuple(found)


def _inside(root: Path, file: SettingsFile, name: Path, route: tuple[str | int, ...]) -> Path:
    """What a path in a configuration file names: it lies in the project, or beside the file."""
    from aisafety_lint.settings_schema import place

    base = _base_folder(file).resolve()
    path = (base / name).resolve()
    if not (path.is_relative_to(root) or path.is_relative_to(base)):
        hint = f"`--{route[0]}` on the command line may name any place"
        raise UserError(f"{place(file, route)}: `{name}` lies outside the project", hint)
    return path


def _anchored(values: dict[str, Any], base: str) -> dict[str, Any]:
    """Patterns of a file below the root, made relative to the root."""
    result = dict(values)
    for key in ("exclude", "extend_exclude", "tests"):
        if key in values:
            result[key] = tuple(anchor(pattern, base) for pattern in values[key])
    if "overrides" in values:
        result["overrides"] = tuple(
            replace(item, paths=tuple(anchor(pattern, base) for pattern in item.paths)) for item in values["overrides"]
        )
    if "suppressions" in values:
        result["suppressions"] = tuple(replace(item, path=anchor(item.path, base)) for item in values["suppressions"])
    return result


def anchor(pattern: str, base: str) -> str:
    """A pattern in the syntax of .gitignore that means below the root what `pattern` means in the folder `base`."""
    negation, body = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    inner = "" if "/" in body.rstrip("/") else "**/"
    return f"{negation}/{base}/{inner}{body.removeprefix('/')}"


def _without_expired(config: Config, today: datetime.date) -> Config:
    """Drop the overrides whose last day is over, and say so."""
    from aisafety_lint.settings_schema import place

    kept: list[Override] = []
    notifications = list(config.notifications)
    for item in config.overrides:
        if not item.expires or datetime.date.fromisoformat(item.expires) >= today:
            kept.append(item)
            continue
        assert config.file is not None
        where = place(config.file, ("overrides", item.position))
        message = f"The override at `{where}` expired on {item.expires} and has no effect: {item.reason.rstrip('.')}."
        notifications.append(Notification("override-expired", message, path=config.file.name))
    return replace(config, overrides=tuple(kept), notifications=tuple(notifications))


def _apply_command_line(config: Config, settings: Mapping[str, Any]) -> Config:
    """The command line wins; what it adds (`extend-*`, `ignore`) comes on top, unless it selects the rules itself."""
    values = dict(settings)
    added = {"extend_exclude", "rules", "extend_select", "ignore"}
    if "select" in settings:
        added -= {"extend_select", "ignore"}
        values = {"ignore": (), "extend_select": ()} | values
    origins = dict(config.origins)
    for key in values:
        before = getattr(config, key)
        merged = key in added and before and key in origins
        if merged:
            values[key] = (*before, *values[key])
        origins[key] = f"{origins[key]}, command line" if merged else "command line"
    return replace(config, **values, origins=origins)
