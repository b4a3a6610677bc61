"""`aisafety-lint config`: tells what the settings mean, what they may be, and what they are here."""

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from aisafety_lint.arguments import Parser
from aisafety_lint.errors import UserError
from aisafety_lint.outputs import write_stdout
from aisafety_lint.suggest import did_you_mean

if TYPE_CHECKING:
    from aisafety_lint.config import Config

_TYPES = {"array": "a list", "string": "a text", "integer": "a whole number", "boolean": "`true` or `false`"}


def parser() -> Parser:
    """The arguments of the command."""
    made = Parser(
        "config", "Tell what a setting means, what it may be, and what it is here; without KEY of all of them."
    )
    made.add_argument("key", nargs="?", metavar="KEY", help="the setting, as a configuration file writes it")
    made.add_argument("--config", metavar="FILE", help="use this configuration file")
    made.add_argument("--isolated", action="store_true", help="use no configuration file")
    return made


def run(arguments: argparse.Namespace) -> int:
    """Print one setting, or a line for each; raises UserError for one that is not known."""
    from aisafety_lint.commands import check
    from aisafety_lint.secrets.redact import concealed
    from aisafety_lint.settings_schema import config_schema

    known: Mapping[str, Mapping[str, Any]] = config_schema()["properties"]
    key: str | None = arguments.key
    if key is not None and key not in known:
        raise UserError(f"there is no setting `{key}`", did_you_mean(key, known, "`aisafety-lint config` lists them"))
    config = check.config_of(check.with_defaults(arguments))
    lines = _one(key, known[key], config) if key is not None else _all(known)
    write_stdout(concealed("\n".join(lines) + "\n"))
    return 0


def _all(known: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    width = max(map(len, known))
    yield from (f"{key:<{width}}  {schema['description']}" for key, schema in known.items())


def _one(key: str, schema: Mapping[str, Any], config: "Config") -> Iterator[str]:
    """What a setting means, what it may be, and its lines of `--show-settings`."""
    from aisafety_lint.settings_view import lines_of

    yield schema["description"]
    if "enum" in schema:
        yield f"It is one of {', '.join(f'`{value}`' for value in schema['enum'])}."
    elif schema.get("type") in _TYPES:
        yield f"It is {_TYPES[schema['type']]}."
    yield ""
    yield from lines_of(config, key) or [f"# {key} is not set"]
