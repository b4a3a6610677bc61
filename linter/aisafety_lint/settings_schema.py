"""What a configuration file may say: the JSON Schema, generated from the settings, and the check of a file against it.

The schema is made here and shipped as `rules/schema/config.schema.json` for editors; a test keeps the two equal, and
`python -m aisafety_lint.settings_schema > rules/schema/config.schema.json` makes them so.
"""

import enum
import json
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from aisafety_lint.config import Config, SettingsFile
from aisafety_lint.errors import UserError
from aisafety_lint.source import Span
from aisafety_lint.suggest import did_you_mean

if typing.TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

_TYPE_NAMES = {
    "array": "a list",
    "string": "a string",
    "boolean": "true or false",
    "integer": "a whole number",
    "object": "a table",
}
_Route: typing.TypeAlias = tuple[str | int, ...]
_Explained: typing.TypeAlias = tuple[str, str, _Route]

_TEXT = {"type": "string", "minLength": 1, "pattern": r"^[^\u0000-\u001f]*$"}


def setting_key(name: str) -> str:
    """The key of a setting in a file: `fail-on` for the field `fail_on`."""
    return name.replace("_", "-")


def setting_fields(owner: type) -> tuple[Field[Any], ...]:
    """The fields of a settings dataclass that a file can say."""
    return tuple(item for item in fields(owner) if "setting" in item.metadata)


def config_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of `aisafety-lint.toml` and of the table `tool.aisafety-lint`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of aisafety-lint",
        "description": "The content of aisafety-lint.toml, or of the table tool.aisafety-lint in pyproject.toml.",
        **_object_schema(Config),
    }


def config_schema_text() -> str:
    """The schema as the text of its file."""
    return json.dumps(config_schema(), indent=2) + "\n"


def _object_schema(owner: type) -> dict[str, Any]:
    hints = typing.get_type_hints(owner)
    described = setting_fields(owner)
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {setting_key(item.name): _field_schema(item, hints[item.name]) for item in described},
    }
    if required := [setting_key(item.name) for item in described if _required(item)]:
        schema["required"] = required
    return schema


def _required(item: Field[Any]) -> bool:
    return bool(item.metadata.get("required")) or (item.default is MISSING and item.default_factory is MISSING)


def _field_schema(item: Field[Any], hint: Any) -> dict[str, Any]:
    schema = {"description": item.metadata["setting"], **_type_schema(hint)}
    if "minimum" in item.metadata:
        schema["minimum"] = item.metadata["minimum"]
    if "format" in item.metadata:
        schema |= {"format": item.metadata["format"], "pattern": r"^\d{4}-\d{2}-\d{2}$"}
    return schema


def _type_schema(hint: Any) -> dict[str, Any]:
    if isinstance(hint, types.UnionType):
        return _type_schema(next(part for part in typing.get_args(hint) if part is not type(None)))
    if typing.get_origin(hint) is tuple:
        return {"type": "array", "items": _type_schema(typing.get_args(hint)[0])}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"enum": [str(member) for member in hint]}
    if hint in (str, Path):
        return dict(_TEXT)
    if hint is bool:
        return {"type": "boolean"}
    if hint is int:
        return {"type": "integer"}
    return _object_schema(hint)


def validate(file: SettingsFile) -> None:
    """Raise UserError, with the place, where the settings of a file are not what the schema says."""
    import jsonschema

    validator = jsonschema.Draft202012Validator(config_schema(), format_checker=jsonschema.FormatChecker(["date"]))
    errors = sorted(validator.iter_errors(file.data), key=lambda error: [str(part) for part in error.path])
    explained = list(dict.fromkeys(_explain(error) for error in errors))
    if explained:
        message, hint, route = explained[0]
        more = f" (and {len(explained) - 1} more)" if len(explained) > 1 else ""
        raise UserError(f"{place(file, route)}: {message}{more}", hint)


def _explain(error: "ValidationError") -> _Explained:
    """Message, hint and route for an error of the schema."""
    route = tuple(error.path)
    schema: dict[str, Any] = dict(typing.cast("Mapping[str, Any]", error.schema))
    instance: Any = error.instance
    what = f"`{_dotted(route)}`" if route else "the file"
    match error.validator:
        case "additionalProperties":
            return _unknown_key(instance, list(schema["properties"]), route)
        case "required":
            missing = next(key for key in schema["required"] if key not in instance)
            return f"{what} has no `{missing}`", _required_hint(missing), route
        case "type":
            return f"{what} must be {_TYPE_NAMES[schema['type']]}, not {_described(instance)}", "", route
        case "enum":
            otherwise = f"it is one of {', '.join(f'`{name}`' for name in schema['enum'])}"
            hint = did_you_mean(str(instance), schema["enum"], otherwise)
            return f"{what} cannot be {_described(instance)}", hint, route
        case "pattern" | "format" if schema.get("format") == "date":
            return f"{what} is not a date: `{instance}`", "a date is written 2027-01-31", route
        case "minLength":
            return f"{what} is empty", "", route
        case "minimum":
            return f"{what} must be at least {schema['minimum']}", "", route
        case _:
            return f"{what} has control characters", "", route


def _unknown_key(table: Mapping[str, Any], known: list[str], route: _Route) -> _Explained:
    word = next(key for key in table if key not in known)
    hint = did_you_mean(word.replace("_", "-"), known, f"the keys are {', '.join(known)}")
    if word == "tool" and not route:
        hint = "only in `pyproject.toml` the settings are in `[tool.aisafety-lint]`; here they stand at the top"
    return f"unknown key `{_dotted((*route, word))}`", hint, (*route, word)


def _required_hint(key: str) -> str:
    return "say why, so that the next reader can judge it" if key == "reason" else ""


def _dotted(route: Sequence[str | int]) -> str:
    """A route as people write it: `overrides[0].paths`."""
    text = ""
    for part in route:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _described(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return f"the string `{value}`"
        case Mapping():
            return "a table"
        case list():
            return "a list"
        case _:
            return f"`{value}`"


def place(file: SettingsFile, route: Sequence[str | int]) -> str:
    """Where a setting is, as `file:line:column`; only the name of the file where it cannot be told."""
    found = span(file, route)
    return f"{file.name}:{found.line}:{found.column}" if found else file.name


def span(file: SettingsFile, route: Sequence[str | int]) -> Span | None:
    """Where a setting is, or as much of the way to it as there is."""
    from aisafety_lint.manifests import documents
    from aisafety_lint.source import SourceText

    node: documents.Node = documents.parse(SourceText(file.name, file.text), "toml").root
    found: documents.Node | None = None
    for part in (*file.table, *route):
        if isinstance(node, documents.Object) and isinstance(part, str) and part in node.index:
            found, node = node.index[part].key, node.index[part].value
        elif isinstance(node, documents.Array) and isinstance(part, int) and part < len(node.items):
            found = node = node.items[part]
        else:
            break
    return found.span if found else None


def route_to(file: SettingsFile, setting: str, value: str) -> _Route:
    """The way to a value in a list of the file, like `select` or `overrides[1].ignore`; empty where it is not there."""
    route: _Route = ()
    node: Any = file.data
    for part in re.findall(r"[^.\[\]]+", setting):
        key: str | int = int(part) if part.isdigit() else setting_key(part)
        try:
            node = node[key]
        except (KeyError, IndexError):
            return ()
        route = (*route, key)
    return (*route, node.index(value)) if value in node else ()


if __name__ == "__main__":
    print(config_schema_text(), end="")
