"""Objects that grow in several places of a text: tables of TOML by their headers, blocks of HCL by their labels."""

from dataclasses import dataclass, field

from aisafety_lint.manifests.nodes import Array, Node, Object, Pair, Places, Scalar


@dataclass(slots=True)
class Table:
    """An object while it grows, with the region that it has so far."""

    start: int
    end: int
    entries: dict[str, tuple[Scalar, "Table | Tables | Node"]] = field(default_factory=dict)

    def freeze(self, places: Places) -> Object:
        """The finished object."""
        pairs = tuple(
            Pair(key, value.freeze(places) if isinstance(value, (Table, Tables)) else value)
            for key, value in self.entries.values()
        )
        return Object(places, self.start, self.end, pairs)


@dataclass(slots=True)
class Tables:
    """A list of objects while it grows; it holds at least one."""

    tables: list[Table]

    def freeze(self, places: Places) -> Array:
        """The finished list, from the begin of its first object to the end of its last one."""
        items = tuple(table.freeze(places) for table in self.tables)
        return Array(places, items[0].start, items[-1].end, items)
