"""Machines that share SAT's programs get the mappings and cycles that each gets by itself."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mapping.errors import InputError
from mapping.graph import gemm_layer
from mapping.rule import MappingRule
from mapping.sparsity import Pattern
from simulator import scheduling
from simulator.engine.errors import DeadlockError
from simulator.families.sat import FAMILY
from simulator.ruled import ruled
from simulator.scheduling import best_mapping
from simulator.sharing import scheduler
from simulator.sharing.scheduler import Scheduler
from simulator.sharing.table import Item, Table
from tests.simulator.families.sat.cases import PATTERNS, cases, convolutions, gemms, machines

SHARING = FAMILY.sharing
RULES = [
    MappingRule(dataflow="weight_stationary"),
    MappingRule(dataflow="output_stationary"),
    MappingRule(order="outputs_outer"),
    MappingRule(images=1, rows=1),
]
GEMM = gemm_layer("gemm", 20, 30, 20)
layers = st.one_of(convolutions(), gemms)
patterns = st.sampled_from(PATTERNS).map(Pattern.parse)
slow_to_draw = settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])

pytestmark = pytest.mark.timing


@slow_to_draw
@given(cases(), machines())
def test_services_of_kinds_and_requests_are_those_of_the_program(case, other):
    item = Item(replace(case.layer, weights=None), case.pattern)
    program = FAMILY.lower(item.layer, item.pattern, case.candidate.mapping, case.config)
    table = Table(FAMILY, SHARING)
    table.numbers([item], case.config)
    assume(case.candidate.mapping in table.mappings)  # not one that a rule made
    shared = table.add(item, table.mappings.index(case.candidate.mapping), program)
    # Any machine of the same fields, with every other field of another one.
    same = {name: getattr(case.config, name) for name in (*SHARING.fields, *SHARING.offered)}
    config = other.model_copy(update=same)
    expected, found = FAMILY.job(program, config), table.job(config)
    service = found.service[table.kind.array]
    known = expected.service >= 0
    assert service[known].tolist() == expected.service[known].tolist()
    assert (service[~known] < 0).all()
    asked = table.requests.array[table.request.array[~known]]
    assert asked.tolist() == expected.requests[-1 - expected.service[~known]].tolist()
    assert (shared.macs, shared.dram_bytes) == (program.macs.sum(), FAMILY.dram_bytes(program).sum())


@slow_to_draw
@given(cases(), st.sampled_from([17, 64, 1024]))
def test_scratchpads_move_what_nothing_times_or_counts(case, kib):
    larger = case.config.model_copy(update=dict.fromkeys(SHARING.offered[2:], kib))
    one, other = (FAMILY.lower(case.layer, case.pattern, case.candidate.mapping, c) for c in (case.config, larger))
    for name in ("queue", "opcode", "wait", "release", "macs"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    for opcode, fields in SHARING.timed.items():
        for field in fields:
            assert np.array_equal(one.operand(opcode, field), other.operand(opcode, field))
    for a, b in zip(SHARING.requests(one), SHARING.requests(other), strict=True):
        assert np.array_equal(a, b)
    assert FAMILY.actions(one, larger) == FAMILY.actions(other, larger)


@st.composite
def fleets(draw):
    """Machines in turn, most of them with the same programs."""
    first = draw(machines())
    found = []
    for _ in range(draw(st.integers(1, 4))):
        names = draw(st.sampled_from([(), SHARING.fields, (*SHARING.fields, *SHARING.offered)]))
        found.append(draw(machines()).model_copy(update={name: getattr(first, name) for name in names}))
    return found


@pytest.mark.parametrize("most", [2, 24])
@settings(deadline=None, max_examples=20, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(layers, patterns), min_size=1, max_size=3), fleets(), st.booleans())
def test_every_layer_runs_as_it_does_alone(most, work, fleet, forgetful):
    """Whatever ran before, and with few enough mappings tried that the limit counts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scheduling, "MAX_RUNS", most)
        patch.setattr(scheduler, "MAX_RUNS", most)
        if forgetful:
            patch.setattr(scheduler, "MAX_ROWS", 0)
            patch.setattr(scheduler, "MAX_KEPT", 0)
        shared = Scheduler(FAMILY)
        items = [Item(layer, pattern) for layer, pattern in work]
        for config in fleet * 2:
            try:
                alone = [best_mapping(FAMILY, item.layer, item.pattern, config) for item in items]
            except InputError as error:
                with pytest.raises(InputError, match=re.escape(str(error))):
                    shared.find(items, config)
                continue
            for item, one, found in zip(items, alone, shared.find(items, config), strict=True):
                assert (found.cycles, found.shared.mapping) == (one.cycles, one.mapping)
                assert found.shared.dram_bytes == one.dram_bytes
                program = FAMILY.lower(item.layer, item.pattern, one.mapping, config)
                assert found.shared.macs == int(program.macs.sum())


@slow_to_draw
@given(layers, patterns, machines(), st.sampled_from(RULES))
def test_a_rule_is_kept(layer, pattern, config, rule):
    try:
        alone = best_mapping(ruled(FAMILY, rule), layer, pattern, config)
    except InputError:
        assume(False)
    shared, item = Scheduler(FAMILY), Item(layer, pattern, rule)
    if shared.shared([item], config):
        (found,) = shared.find([item], config)
        assert (found.cycles, found.shared.mapping) == (alone.cycles, alone.mapping)
    else:  # what nobody offers is made, by ``ruled``
        offered = FAMILY.candidates(layer, pattern, config)
        assert {one.mapping.pattern for one in offered if rule.allows(one.mapping, layer)} != {
            one.mapping.pattern for one in offered
        }


def test_what_cannot_be_shared_is_not():
    config = FAMILY.load_config("sat-small", ('dataflows="weight_stationary"',))
    shared = Scheduler(FAMILY)
    assert shared.shared([Item(GEMM, Pattern(1, 1))], config)
    assert not shared.shared([Item(GEMM, Pattern(1, 1), MappingRule(dataflow="output_stationary"))], config)
    assert not shared.shared([Item(GEMM.with_weights(GEMM.values()), Pattern(1, 1))], config)


def test_a_program_that_cannot_finish_is_named():
    def stuck(layer, pattern, mapping, config):
        program = FAMILY.lower(layer, pattern, mapping, config)
        return replace(program, release=np.zeros_like(program.release))

    broken = replace(FAMILY, lower=stuck)
    with pytest.raises(DeadlockError, match="lacks a token"):
        Scheduler(broken).find([Item(GEMM, Pattern(1, 1))], FAMILY.load_config("sat-small"))
