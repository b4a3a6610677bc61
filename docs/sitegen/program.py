"""The command line, from the parsers' own help, and the settings, from their own descriptions."""

import argparse
import json
from functools import partial
from importlib import import_module
from pathlib import Path

from aisafety_lint import cli
from aisafety_lint.arguments import Parser
from aisafety_lint.config import Config
from aisafety_lint.settings_schema import config_schema
from aisafety_lint.settings_view import lines_of
from sitegen.markdown import code, codes, joined, table
from sitegen.page import Page

_TYPES = {"array": "list", "string": "text", "integer": "whole number", "boolean": "true or false"}
_WIDTH = 100


def commands() -> Page:
    """Every command with its help, as the program prints it."""
    rows = ((f"[{name}](#{name})", text) for name, text in cli.COMMANDS.items())
    parts = [joined(f"## {name}", f"```text\n{_help(name)}```") for name in cli.COMMANDS]
    intro = (
        "What `aisafety-lint COMMAND --help` prints. Exit codes: 0 nothing at or above `--fail-on`, 1 findings, 2 the "
        "job could not be done, 130 interrupted."
    )
    return Page(
        "reference/commands.md",
        "Command line",
        joined("# Command line", intro, table(("command", "what for"), rows), *parts),
    )


def _help(name: str) -> str:
    """The help of one command, in a width that does not depend on the terminal."""
    parser: Parser = import_module(f"aisafety_lint.commands.{name}").parser()
    parser.formatter_class = partial(argparse.RawDescriptionHelpFormatter, width=_WIDTH)
    return parser.format_help()


def settings() -> Page:
    """Every setting, with what it may be and what it is where nobody sets it."""
    intro = (
        "In `pyproject.toml` below `[tool.aisafety-lint]`, or in `aisafety-lint.toml` without the table's name; "
        "options of the command line win. `aisafety-lint config KEY` tells what a setting is in a project. Editors "
        "complete the file by its [schema](schemas.md)."
    )
    schema = config_schema()["properties"]
    rows = [
        (code(key), about["description"], _allowed(about), _default(key))
        for key, about in schema.items()
        if about.get("type") != "array" or "properties" not in about["items"]
    ]
    tables = [_table(key, about) for key, about in schema.items() if "properties" in about.get("items", {})]
    return Page(
        "reference/settings.md",
        "Settings",
        joined("# Settings", intro, table(("setting", "what it means", "values", "default"), rows), *tables),
    )


def _table(key: str, about: dict[str, object]) -> str:
    items = about["items"]
    assert isinstance(items, dict)
    needed = items.get("required", ())
    rows = (
        (code(name), str(one.get("description", "")), _allowed(one), "yes" if name in needed else "")
        for name, one in items["properties"].items()
    )
    return joined(
        f"## {key}",
        f"{about['description']} Each is a table `[[tool.aisafety-lint.{key}]]`.",
        table(("key", "what it means", "values", "needed"), rows),
    )


def _allowed(about: dict[str, object]) -> str:
    values = about.get("enum")
    if isinstance(values, list):
        return ", ".join(map(code, values))
    return _TYPES.get(str(about.get("type")), "day, as `2027-01-31`")


def _default(key: str) -> str:
    lines = lines_of(Config(root=Path("/"), paths=()), key)
    if not lines:
        return ""
    value = lines[0].removesuffix("  # default").partition(" = ")[2]
    return codes(json.loads(value)) or "none" if value.startswith("[") else code(value)
