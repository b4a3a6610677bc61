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
    for item in setting_fields(Config):
        if item.name in _TABLES:
            continue
        value, origin = getattr(config, item.name), config.origins.get(item.name, "default")
        if value is not None:
            lines.append(f"{setting_key(item.name)} = {_toml(value, config)}  # {origin}")
    for name in _TABLES:
        for entry in getattr(config, name):
            lines += ["", f"[[{name}]]", *_entry(entry, config)]
    return "\n".join(lines) + "\n"


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
