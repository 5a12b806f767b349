"""A family held to a rule: only mappings that have certain fields, the best of which scheduling then takes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mapping.errors import InputError
from mapping.graph import Layer
from mapping.rule import TILE_AXES, MappingRule, field_of
from mapping.sparsity import Pattern
from mapping.tiling import Mapping
from simulator.families import Candidate, Family


def ruled(family: Family[Any], rule: MappingRule) -> Family[Any]:
    """The family as if it offered only mappings that keep to a rule.

    What it offers and the rule allows stays. Where it offers nothing of the kind for an executed pattern, the rule's
    fields are put into its offers, as far as ``Family.tiles`` says that it takes them.
    """
    if not rule.fixed:
        return family

    def candidates(layer: Layer, pattern: Pattern, config: Any) -> list[Candidate]:  # noqa: ANN401
        offers: dict[Pattern, list[Candidate]] = {}
        everything = _offers(family, rule, layer, pattern, config)
        for offer in everything:
            offers.setdefault(offer.mapping.pattern, []).append(offer)
        found: list[Candidate] = []
        faults: list[str] = []
        for each in offers.values():
            allowed = [offer for offer in each if rule.allows(offer.mapping, layer)]
            found += allowed or _made(family, rule, layer, each, config, faults.append)
        if not found:
            raise InputError(faults[0])
        # Among equals the order is the family's.
        place = {id(offer): index for index, offer in enumerate(everything)}
        found.sort(key=lambda candidate: place.get(id(candidate), len(place)))
        return sorted(found, key=lambda candidate: candidate.bound_cycles)

    return replace(family, candidates=candidates, sharing=None)


def _offers(
    family: Family[Any],
    rule: MappingRule,
    layer: Layer,
    pattern: Pattern,
    config: Any,  # noqa: ANN401  # the family's own configuration
) -> list[Candidate]:
    """What the family offers for the number of buffers of the rule; tiles that fill one buffer are not those of two."""
    if rule.buffers is None or family.tiles is None or family.tiles.buffered is None:
        return family.candidates(layer, pattern, config)
    return family.tiles.buffered(layer, pattern, config, rule.buffers)


def _made(
    family: Family[Any],
    rule: MappingRule,
    layer: Layer,
    offers: list[Candidate],
    config: Any,  # noqa: ANN401  # the family's own configuration
    fault: Callable[[str], None],
) -> list[Candidate]:
    """Offers with the fields of the rule put in, as far as they fit; ``fault`` is told why there are none."""
    usable = [offer.mapping for offer in offers if _settable(family, rule, offer.mapping, layer)]
    if not usable or family.tiles is None:
        fault(_refusal(family, rule, layer, [offer.mapping for offer in offers]))
        return []
    found: list[Candidate] = []
    for mapping in dict.fromkeys(rule.apply(mapping, layer) for mapping in usable):
        try:
            found.append(Candidate(mapping=mapping, bound_cycles=family.tiles.bound(layer, mapping, config)))
        except InputError as error:
            fault(str(error))
    return found


def _fields(family: Family[Any]) -> tuple[str, ...]:
    return family.tiles.fields if family.tiles is not None else ()


def _settable(family: Family[Any], rule: MappingRule, mapping: Mapping, layer: Layer) -> bool:
    return all(name in _fields(family) for name in rule.misses(mapping, layer))


def _refusal(family: Family[Any], rule: MappingRule, layer: Layer, offers: list[Mapping]) -> str:
    """Why a rule cannot be kept: what the family offers for the fields that it does not let others set."""
    wanted = {name: value for name, value in rule.fixed.items() if name not in _fields(family)}
    said = ", ".join(f"{_shown(name)}={value}" for name, value in wanted.items())
    offered = ", ".join(f"{_shown(name)} {_values(offers, name)}" for name in wanted)
    return f"layer {layer.name}: {family.name} offers no mapping with {said}; it offers {offered}"


def _values(offers: list[Mapping], name: str) -> str:
    return " or ".join(map(str, dict.fromkeys(field_of(mapping, name) for mapping in offers)))


def _shown(name: str) -> str:
    return f"tile.{name}" if name in TILE_AXES else name
