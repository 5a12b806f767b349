"""A family held to a rule: only mappings that have certain fields, the best of which scheduling then takes."""

from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import Any

from mapping.errors import InputError
from mapping.graph import Layer
from mapping.rule import TILE_AXES, MappingRule, field_of
from mapping.sparsity import Pattern
from mapping.tiling import Mapping
from simulator.families import Candidate, Family

# Of mappings that a family does not offer itself so many are made, best offers first.
MADE_AT_MOST = 24


def ruled(family: Family[Any], rule: MappingRule) -> Family[Any]:
    """The family as if it offered only mappings that keep to a rule.

    What it offers and the rule allows stays. Where it offers nothing of the kind for an executed pattern, the rule's
    fields are put into its offers, if ``Family.tiles`` says that it takes them; ``lower`` and ``check`` then say what
    fits. Their bound is that of their products alone.
    """
    if not rule.fixed:
        return family

    def candidates(layer: Layer, pattern: Pattern, config: Any) -> list[Candidate]:  # noqa: ANN401
        offers: dict[Pattern, list[Candidate]] = {}
        everything = family.candidates(layer, pattern, config)
        for offer in everything:
            offers.setdefault(offer.mapping.pattern, []).append(offer)
        found: list[Candidate] = []
        faults: list[str] = []
        for each in offers.values():
            allowed = [offer for offer in each if rule.allows(offer.mapping, layer)]
            found += allowed or _made(family, rule, layer, pattern, each, config, faults.append)
        if not found:
            raise InputError(faults[0])
        # Among equals the order is the family's.
        place = {id(offer): index for index, offer in enumerate(everything)}
        found.sort(key=lambda candidate: place.get(id(candidate), len(place)))
        return sorted(found, key=lambda candidate: candidate.bound_cycles)

    return replace(family, candidates=candidates, sharing=None)


def _made(
    family: Family[Any],
    rule: MappingRule,
    layer: Layer,
    pattern: Pattern,
    offers: list[Candidate],
    config: Any,  # noqa: ANN401  # the family's own configuration
    fault: Callable[[str], None],
) -> list[Candidate]:
    """Offers with the fields of the rule put in, those that the family lowers; ``fault`` is told why there are none."""
    usable = [offer.mapping for offer in offers if family.tiles and _settable(family, rule, offer.mapping, layer)]
    if not usable:
        fault(_refusal(family, rule, layer, [offer.mapping for offer in offers]))
        return []
    bound = ceil(_kept_macs(layer, pattern) / family.peak_macs(config))
    found: list[Candidate] = []
    for mapping in dict.fromkeys(rule.apply(mapping, layer) for mapping in usable):
        try:
            family.check(family.lower(layer, pattern, mapping, config), config)
        except InputError as error:
            fault(str(error))
            continue
        found.append(Candidate(mapping=mapping, bound_cycles=bound))
        if len(found) == MADE_AT_MOST:
            break
    return found


def _settable(family: Family[Any], rule: MappingRule, mapping: Mapping, layer: Layer) -> bool:
    return all(name in family.tiles for name in rule.misses(mapping, layer))


def _refusal(family: Family[Any], rule: MappingRule, layer: Layer, offers: list[Mapping]) -> str:
    """Why a rule cannot be kept: what the family offers for the fields that it does not let others set."""
    wanted = {name: value for name, value in rule.fixed.items() if name not in family.tiles}
    said = ", ".join(f"{_shown(name)}={value}" for name, value in wanted.items())
    offered = ", ".join(f"{_shown(name)} {_values(offers, name)}" for name in wanted)
    return f"layer {layer.name}: {family.name} offers no mapping with {said}; it offers {offered}"


def _values(offers: list[Mapping], name: str) -> str:
    return " or ".join(map(str, dict.fromkeys(field_of(mapping, name) for mapping in offers)))


def _shown(name: str) -> str:
    return f"tile.{name}" if name in TILE_AXES else name


def _kept_macs(layer: Layer, pattern: Pattern) -> int:
    shape = layer.shape
    return layer.m * shape.positions * pattern.kept(shape.group_in_channels) * shape.out_channels
