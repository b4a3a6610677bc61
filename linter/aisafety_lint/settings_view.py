"""The screen of `--show-settings`: every setting with its value, as a file would say it, and where it comes from."""

import enum
import json
from pathlib import Path
from typing import Any

from aisafety_lint.config import Acceptance, Config, Override
from aisafety_lint.settings_schema import setting_fields, setting_key

_TABLES = ("overrides", "suppressions")


def settings_text(config: Config) -> str:
    """One line a setting in the syntax of the configuration file, its origin as a comment; tables come last."""
    lines = [f"# root: {config.root}", *(f"# path: {path}" for path in config.paths)]
    lines.append(f"# file: {config.file.name if config.file else 'none'}")
    keys = sorted((setting_key(item.name) for item in setting_fields(Config)), key=_TABLES.__contains__)
    for key in keys:
        own = lines_of(config, key)
        lines += ["", *own] if own and key in _TABLES else own
    return "\n".join(lines) + "\n"


def lines_of(config: Config, key: str) -> list[str]:
    """The lines of one setting: its value with its origin, or its tables; none where it has no value."""
    name = next(item.name for item in setting_fields(Config) if setting_key(item.name) == key)
    value, origin = getattr(config, name), config.origins.get(name, "default")
    if name in _TABLES:
        tables = [[f"[[{name}]]", *_entry(entry, config)] for entry in value]
        return [line for number, table in enumerate(tables) for line in (*([""] if number else []), *table)]
    return [] if value is None else [f"{key} = {_toml(value, config)}  # {origin}"]


def _entry(entry: Override | Acceptance, config: Config) -> list[str]:
    values = {setting_key(item.name): getattr(entry, item.name) for item in setting_fields(type(entry))}
    return [f"{key} = {_toml(value, config)}" for key, value in values.items() if value]


def _toml(value: Any, config: Config) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(_toml(item, config) for item in value)}]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) and not isinstance(value, enum.Enum):
        return str(value)
    if isinstance(value, Path) and value.is_relative_to(config.root):
        value = config.relative(value)
    return json.dumps(str(value), ensure_ascii=False)
