"""Does area rule out machines before anything is simulated, and say which resource is short?"""

import re

import pytest

from dse.evaluate import Evaluator
from dse.executors import InProcess
from dse.judge import Judge, no_feasible
from dse.layers import Layers
from dse.metrics import AREA_METRICS, FITS, PART_METRICS
from dse.run import run
from dse.store import Store
from dse.study import Study
from mapping.errors import InputError
from simulator.cost.area import area
from simulator.cost.parts import find_part
from tests.dse.spaces import tiny
from zeroskip.report.front import study_record, trial_rows
from zeroskip.report.page.study import study_page
from zeroskip.report.space import print_check

KIB = {f"{pad}_scratchpad_kib": 64 for pad in ("activation", "weight", "output")}
BUILT = {
    "config": "sat-8x8",
    "settings": {"memory.bytes_per_cycle": 16, "max_group": 8, **KIB},
    "parameters": {"rows": [8, 16], "cols": [8, 16, 32]},
    "baselines": {},
}
# 32 columns: an output scratchpad of 128 lanes; groups of 16: 32 copies of the weights. Too much for a small part.
OVER = {
    **BUILT,
    "settings": {"memory.bytes_per_cycle": 16, **KIB},
    "parameters": {"rows": [8, 16, 1000], "cols": [8, 32], "max_group": [2, 16]},
    "part": "ZCU104",
}


def space(**changes):
    return tiny(**{**BUILT, "part": "U280", "objectives": {"latency_ms": "minimise", FITS: "minimise"}, **changes})


def at(made, *machine):
    """A point of a machine, with the first choice of everything else."""
    return (*machine, *(0,) * (len(made.sizes) - len(machine)))


@pytest.mark.golden
def test_metrics_are_those_of_the_area_model_and_the_part():
    made = space()
    values = {"rows": 16, "cols": 8}
    outcome = Evaluator(made).evaluate(values)
    took, part = area(made.family, made.design(values).config), find_part("U280")
    assert outcome.state == "complete"
    for name in AREA_METRICS:
        assert outcome.metrics[name] == getattr(took, name)
        assert outcome.metrics[f"{name}_share"] == getattr(took, name) / getattr(part, name)
    assert outcome.metrics[FITS] == max(part.shares(took).values()) > 0


@pytest.mark.golden
def test_a_machine_that_does_not_fit_is_never_simulated(monkeypatch):
    made = space(**OVER)
    judge = Judge(made)
    points = [at(made, r, c, g) for r in range(3) for c in range(2) for g in range(2)]
    reasons = {point: judge.reason(point) for point in points}
    small, large, far = (reasons[point] for point in (points[0], points[7], points[-1]))
    assert small is None
    assert re.fullmatch(r"part ZCU104: over 100 % of its (LUT|BRAM|LUT, BRAM)", large)
    assert far.startswith("no area: ")
    assert "Rows=1000 outside [2, 32]" in far
    # No strategy asks for them.
    asked = []
    real = Layers.totals
    monkeypatch.setattr(Layers, "totals", lambda self, items, config: asked.append(config) or real(self, items, config))
    for strategy in ("exhaustive", "decompose", "random"):
        study = Study(made, Store("sqlite://"), strategy=strategy, budget=None if strategy == "decompose" else 30)
        run(study, InProcess(study.evaluator))
        assert study.front()
    legal = {made.design(made.decode(point)).config for point, reason in reasons.items() if reason is None}
    assert asked
    assert set(asked) <= legal


@pytest.mark.golden
def test_one_design_says_by_how_much_it_is_over():
    made = space(**OVER)
    outcome = Evaluator(made).evaluate({"rows": 16, "cols": 32, "max_group": 16})
    state, reason = Judge(made).verdict(outcome)
    assert state == "infeasible"
    assert re.match(r"part ZCU104: over 100 % of its (LUT \([\d,]+ of 230,400\)|BRAM \([\d,.]+ of 312\))", reason)
    assert outcome.metrics[FITS] > 1


@pytest.mark.golden
def test_a_limit_of_ones_own_replaces_that_of_the_part():
    loose, tight = (space(**OVER | {"constraints": {FITS: {"max": limit}}}) for limit in (100, 0.01))
    assert Judge(loose).reason(at(loose, 1, 1, 1)) is None
    assert len(Judge(loose).bounds) == 1
    reason = Judge(tight).reason(at(tight, 0, 0, 0))
    assert reason.startswith("part ZCU104: over 1 % of its LUT")


@pytest.mark.golden
def test_decompose_finds_the_front_of_exhaustive_search():
    fronts = []
    for strategy in ("exhaustive", "decompose"):
        study = Study(
            space(objectives={"cycles": "minimise", "lut": "minimise"}), Store("sqlite://"), strategy=strategy
        )
        run(study, InProcess(study.evaluator))
        fronts.append({(o.metrics["cycles"], o.metrics["lut"]) for _, o in study.front()})
    assert fronts[0] == fronts[1]
    assert len(fronts[0]) > 1


@pytest.mark.smoke
def test_area_is_reported_only_where_it_is_asked_for():
    plain = {**BUILT, "objectives": {"cycles": "minimise"}}
    assert not (AREA_METRICS | PART_METRICS).keys() & tiny(**plain).metrics.keys()
    asked = tiny(**plain | {"constraints": {"dsp": {"max": 100}}})
    assert AREA_METRICS.keys() <= asked.metrics.keys()
    assert not PART_METRICS.keys() & asked.metrics.keys()
    assert Judge(asked).reason(at(asked, 1, 0)) == "violates dsp <= 100"
    keys = [Evaluator(tiny(**plain | {"part": part})).key({}) for part in ("U280", "VU9P", None)]
    assert len(set(keys)) == 3


@pytest.mark.smoke
def test_check_counts_what_is_lost_to_area(capsys):
    made = space(**OVER)
    judge = Judge(made)
    reasons, looked_at = judge.check()
    lost = judge.lost_to_area(reasons)
    assert 0 < lost == sum(reasons.values()) < looked_at == 12
    print_check(made, judge, ())
    said = capsys.readouterr().out
    assert f"{lost} machines lost to it of ZCU104" in said
    assert "Rows=1000 outside [2, 32]" in said


@pytest.mark.smoke
def test_a_space_without_a_machine_that_fits_says_why():
    made = space(part="ZCU104", parameters={"rows": [32], "cols": [32]})
    study = Study(made, Store("sqlite://"), strategy="random", budget=1)
    said = no_feasible(study.judge, study.problem, [])
    assert said.startswith("no point can be feasible: 1 of 1 machines by: part ZCU104: over 100 % of its ")


@pytest.mark.golden
def test_tables_carry_area_and_shares():
    study = Study(space(), Store("sqlite://"), strategy="random", budget=3)
    run(study, InProcess(study.evaluator))
    for row in trial_rows(study):
        assert {*AREA_METRICS, *PART_METRICS} <= row.keys()
        assert row["lut_share"] == row["lut"] / find_part("U280").lut


@pytest.mark.golden
def test_the_page_of_a_study_names_the_part_and_counts_reasons_without_numbers():
    study = Study(space(**OVER), Store("sqlite://"), strategy="random", budget=3)
    run(study, InProcess(study.evaluator))
    trials = trial_rows(study)
    over = [
        {**trials[0], "state": "infeasible", "reason": f"part ZCU104: over 100 % of its LUT ({n} of 230,400)"}
        for n in (3, 4)
    ]
    facts = study_page(study_record(study, "budget"), [*trials, *over]).facts
    assert facts["part"] == "ZCU104"
    assert "2 by part ZCU104: over 100 % of its LUT" in facts["not feasible"].split("; ")


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"part": "U1"}, "part 'U1' is not one of U280, VU9P"),
        ({"part": "UP5K"}, "part 'UP5K': the area model is one of xcup, not of ice40"),
        ({"part": None}, "metric 'part_share': no part is named"),
        (
            {"family": "dram_pim", "config": None, "settings": {}, "parameters": {}},
            "family 'dram_pim' has no area model",
        ),
        ({"costs": {"lut": {"rows": 1}}}, "costs.lut: there is a metric of that name"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(changes, message):
    with pytest.raises(InputError, match=re.escape(message)):
        space(**changes)


@pytest.mark.smoke
def test_a_family_without_a_model_has_no_metrics_of_area():
    with pytest.raises(InputError, match="metric 'lut': family 'dram_pim' has no area model"):
        tiny(family="dram_pim", parameters={}, baselines={}, objectives={"lut": "minimise"})
