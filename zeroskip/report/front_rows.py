"""What pages and pictures of a study have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

from dse.archive import StoredStudy
from dse.importance import codes, importance
from dse.pareto import Array
from dse.study import Study

AnyStudy = Study | StoredStudy
Rows = Sequence[Mapping[str, Any]]


def several(variables: Mapping[str, Sequence[Any]]) -> list[str]:
    """The parameters that have more than one value."""
    return [name for name, values in variables.items() if len(values) > 1]


def explained(trials: Rows, varied: Sequence[str], objectives: Sequence[str]) -> Array | None:
    """(p, o) shares of variance that each varied parameter explains; None with fewer than three feasible trials."""
    complete = [row for row in trials if row["state"] == "complete"]
    if len(complete) < 3 or not varied:
        return None
    levels = codes([[row[name] for name in varied] for row in complete])
    return importance(levels, [[row[name] for name in objectives] for row in complete])
