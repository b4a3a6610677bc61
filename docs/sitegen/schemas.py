"""The JSON schemas, copied into the site, and the fields of the declaration."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from aisafety_lint.knowledge import builtin_root
from sitegen.markdown import code, joined, table
from sitegen.page import Page


def files() -> Mapping[str, bytes]:
    """The schemas by their paths in the site."""
    return {f"schemas/{path.name}": path.read_bytes() for path in sorted((builtin_root() / "schema").glob("*.json"))}


def pages() -> tuple[Page, ...]:
    """The list of schemas, and what a declaration may say."""
    schemas = {path: json.loads(content) for path, content in files().items()}
    rows = ((f"[{path.partition('/')[2]}](../{path})", _about(schema)) for path, schema in schemas.items())
    listed = joined(
        "# Schemas",
        "JSON Schema, draft 2020-12. Those of reports say what tools may rely on; the others complete and check files "
        "in an editor.",
        table(("schema", "what it is of"), rows),
    )
    declaration = schemas["schemas/aisafety.schema.json"]
    told = joined(
        "# Fields of the declaration",
        "What `aisafety.yaml` may say; `aisafety-lint init` writes it. How it is compared with the code is told in "
        "[Declaration and evaluations](../declaration.md).",
        table(("field", "what it says", "values"), _fields(declaration, declaration["$defs"])),
    )
    return (
        Page("reference/declaration.md", "Fields of the declaration", told),
        Page("reference/schemas.md", "Schemas", listed),
    )


def _about(schema: Mapping[str, Any]) -> str:
    return " ".join(filter(None, (schema.get("title", ""), schema.get("description", "")))) or "see the file"


def declared(
    schema: Mapping[str, Any], kinds: Mapping[str, Any], at: str = ""
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The fields of a schema with their dotted paths, outer ones first; `[]` stands for each item of a list."""
    for name, field in schema.get("properties", {}).items():
        whole = _whole(field, kinds)
        path = f"{at}{name}"
        yield path, whole
        yield from declared(whole, kinds, f"{path}.")
        yield from declared(whole.get("items", {}), kinds, f"{path}[].")


def _whole(field: Mapping[str, Any], kinds: Mapping[str, Any]) -> Mapping[str, Any]:
    """A field with what its kind says of it."""
    return {**kinds.get(field.get("$ref", "").removeprefix("#/$defs/"), {}), **field}


def _fields(schema: Mapping[str, Any], kinds: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for path, field in declared(schema, kinds):
        values = ", ".join(map(code, _values(field, kinds)))
        yield f'<span id="{path}"></span>{code(path)}', field.get("description", ""), values


def _values(field: Mapping[str, Any], kinds: Mapping[str, Any]) -> list[object]:
    found: list[object] = field.get("enum") or _whole(field.get("items", {}), kinds).get("enum") or []
    return found
