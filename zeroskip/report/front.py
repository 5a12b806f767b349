"""The front of a study: on the screen, as tables, as a picture."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from dse.evaluate import Outcome
from dse.pareto import covered
from dse.provenance import code_digest
from dse.study import Study, Trial
from zeroskip.made_by import typed_command
from zeroskip.report.front_rows import AnyStudy
from zeroskip.report.screen import grid, plain_table, show

SHOWN_ROWS = 40
ENDED = {
    "budget": "the budget is spent",
    "exhausted": "the strategy has no more points",
    "time": "the time is over; --resume continues",
    "stopped": "stopped; --resume continues",
    "stored": "as it stands in the store",
}
Rows = list[dict[str, Any]]


def study_record(study: AnyStudy, ended: str) -> dict[str, Any]:
    """The study as one JSON document."""
    states = [study.judge.verdict(outcome)[0] for trial, outcome in study.outcomes.values() if trial.point is not None]
    rows = [seen.objectives for seen in study.observations if seen.feasible and seen.objectives is not None]
    return {
        "study": study.name,
        "space": study.space.file.canonical(),
        "space_digest": study.space.digest,
        "store": study.store.url,
        "strategy": study.strategy_name,
        "seed": study.seed,
        "command": typed_command(),
        "code": code_digest(study.space.family),
        "ended": ended,
        "variables": {variable.name: list(variable.values) for variable in study.space.variables},
        "objectives": dict(study.space.file.objectives),
        "trials": {state: states.count(state) for state in ("complete", "infeasible", "failed")},
        "hypervolume_share": covered(rows),
        "front": _rows(study, study.front()),
        "baselines": _rows(study, _baselines(study)),
    }


def print_front(study: Study, ended: str) -> None:
    """The front beside the baselines."""
    record = study_record(study, ended)
    trials, front = record["trials"], sorted(record["front"], key=lambda row: row[next(iter(study.judge.signs))])
    counts = f"{trials['complete']:,} feasible, {trials['infeasible']:,} infeasible, {trials['failed']:,} failed"
    show(
        grid(
            {
                "study": f"{study.name} in {study.store.url}",
                "strategy": f"{study.strategy_name}, seed {study.seed}",
                "ended": ENDED[ended],
                "trials": f"{sum(trials.values()):,}: {counts}",
                "hypervolume": f"{record['hypervolume_share']:.4f} of the box between best and worst feasible values",
            }
        )
    )
    varied = [variable.name for variable in study.space.variables if len(variable.values) > 1]
    limits = dict.fromkeys(bound.metric for bound in study.judge.bounds if bound.metric not in study.judge.signs)
    metrics = [*study.judge.signs, *limits]
    more = f" ({SHOWN_ROWS} of {len(front)}; --out writes all)" if len(front) > SHOWN_ROWS else ""
    table = plain_table("", *varied, *metrics, title=f"Pareto front of {len(front)} designs{more}")
    for row in front[:SHOWN_ROWS]:
        table.add_row("", *(str(row.get(name, "")) for name in varied), *(_number(row[name]) for name in metrics))
    table.add_section()
    for row in record["baselines"]:
        numbers = [_number(row[name]) if name in row else row["state"] for name in metrics]
        table.add_row(row["name"], *(str(row.get(name, "")) for name in varied), *numbers)
    show(table)
    for row in record["baselines"]:
        if row["reason"]:
            show(f"baseline {row['name']}: {row['reason']}")


def write_front(study: Study, ended: str, folder: Path) -> None:
    """Write the front and all trials as CSV and Parquet, pictures, and ``study.json``."""
    record = study_record(study, ended)
    trials = trial_rows(study)
    for name, rows in (("front", record["front"]), ("trials", trials)):
        table = pa.Table.from_pylist(_same_columns(rows + (record["baselines"] if name == "front" else [])))
        csv.write_csv(table, folder / f"{name}.csv")
        parquet.write_table(table, folder / f"{name}.parquet")
    from zeroskip.report import front_picture  # noqa: PLC0415  # Matplotlib is slow to import

    front_picture.draw_front(study, record, folder)
    front_picture.draw_importance(record, trials, folder)
    front_picture.draw_parallel(record, trials, folder)
    (folder / "study.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


def trial_rows(study: AnyStudy) -> Rows:
    """What was tried, in the order asked: values, metrics, state and reason; baselines are not among them."""
    trials = [entry for entry in study.outcomes.values() if entry[0].point is not None]
    return _rows(study, sorted(trials, key=lambda entry: entry[0].number))


def _baselines(study: AnyStudy) -> list[tuple[Trial, Outcome]]:
    return [entry for entry in study.outcomes.values() if entry[0].point is None]


def _rows(study: AnyStudy, entries: list[tuple[Trial, Outcome]]) -> Rows:
    rows: Rows = []
    for trial, outcome in entries:
        state, reason = study.judge.verdict(outcome)
        head = {"name": trial.name, "baseline": trial.point is None, "state": state, "reason": reason}
        rows.append(head | dict(trial.values) | dict(outcome.metrics) | {"hash": outcome.key})
    return rows


def _same_columns(rows: Rows) -> Rows:
    """Rows with the same keys; a column of mixed kinds becomes text."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    mixed = {n for n in names if len({type(row[n]) for row in rows if row.get(n) is not None} - {int, float}) > 1}
    mixed |= {n for n in names if {str, int} <= {type(row.get(n)) for row in rows}}
    return [{n: str(row[n]) if n in mixed and n in row else row.get(n) for n in names} for row in rows]


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.5g}"
