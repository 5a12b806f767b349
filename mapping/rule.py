"""What a mapping is asked to be: some of its fields fixed, the others free."""

from dataclasses import dataclass, fields, replace

from mapping.graph import Layer
from mapping.tiling import Mapping, Tiling

TILE_AXES = tuple(each.name for each in fields(Tiling) if each.name != "order")


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingRule:
    """Fields that a mapping must have; None is free.

    A tile as large as the layer, or larger, asks for one tile along that axis.

    Attributes:
        dataflow: What stays in the array.
        order: Order of the loops.
        buffers: Parts of each scratchpad.
        images: Images per tile; the other axes of ``Tiling`` likewise.
    """

    dataflow: str | None = None
    order: str | None = None
    buffers: int | None = None
    images: int | None = None
    rows: int | None = None
    cols: int | None = None
    channels: int | None = None
    outputs: int | None = None

    @property
    def fixed(self) -> dict[str, str | int]:
        """The fields that are not free, by name."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}

    def allows(self, mapping: Mapping, layer: Layer) -> bool:
        """Whether a mapping of a layer has every field that is fixed."""
        return all(self._has(mapping, name, value, layer) for name, value in self.fixed.items())

    def misses(self, mapping: Mapping, layer: Layer) -> list[str]:
        """The fixed fields that a mapping has otherwise."""
        return [name for name, value in self.fixed.items() if not self._has(mapping, name, value, layer)]

    def apply(self, mapping: Mapping, layer: Layer) -> Mapping:
        """The mapping with every fixed field as asked for."""
        lengths = mapping.lengths(layer)
        wanted = {name: min(value, lengths[name]) for name in TILE_AXES if (value := getattr(self, name)) is not None}
        order = {} if self.order is None else {"order": self.order}
        tiling = replace(mapping.tiling, **wanted, **order)  # type: ignore[arg-type]  # names are those of its fields
        own = {name: value for name in ("dataflow", "buffers") if (value := getattr(self, name)) is not None}
        return replace(mapping, tiling=tiling, **own)

    def _has(self, mapping: Mapping, name: str, value: str | int, layer: Layer) -> bool:
        if name in TILE_AXES:
            assert isinstance(value, int)
            return bool(getattr(mapping.tiling, name) == min(value, mapping.lengths(layer)[name]))
        return bool(field_of(mapping, name) == value)


FREE = MappingRule()


def field_of(mapping: Mapping, name: str) -> str | int:
    """A field of a mapping or of its tiling."""
    found: str | int = getattr(mapping if hasattr(mapping, name) else mapping.tiling, name)
    return found
