"""A design space and a single design, on the screen."""

from collections.abc import Mapping

from dse.choices import Value
from dse.evaluate import Outcome
from dse.judge import Judge
from dse.space import Space
from dse.workload import Work
from zeroskip.report.screen import grid, plain_table, show

SHOWN_VALUES = 12
SHOWN_REASONS = 12


def print_check(space: Space, judge: Judge, work: tuple[Work, ...]) -> None:
    """Explain a space: its size, its variables, what can never be feasible."""
    reasons, looked_at = judge.check()
    legal = looked_at - sum(reasons.values())
    machines = 1
    for size in space.sizes[: space.hardware_axes]:
        machines *= size
    shown = "" if looked_at == machines else f" (of the first {looked_at:,})"
    area = {}
    if space.area:
        name = "" if space.part is None else f" of {space.part.name}"
        area = {"area": f"{judge.lost_to_area(reasons):,} machines{shown} lost to it{name}: too large, or not modelled"}
    show(
        grid(
            {
                "space": space.file.name,
                "points": f"{space.size:,}",
                "machines": f"{machines:,}, of which {legal:,}{shown} can be feasible as far as their own numbers say",
                "points left": f"{legal * space.size // machines:,}{shown}",
                "objectives": ", ".join(f"{goal} {name}" for name, goal in space.file.objectives.items()),
                "constraints": ", ".join(map(str, judge.bounds)) or "none",
            }
            | area
        )
    )
    table = plain_table("variable", "values", "", title="Variables")
    for variable in space.variables:
        shown = ", ".join(map(str, variable.values[:SHOWN_VALUES]))
        more = f", ... ({len(variable.values)})" if len(variable.values) > SHOWN_VALUES else ""
        table.add_row(variable.name, shown + more, "ordered" if variable.ordered else "")
    groups = plain_table("group", "shapes", "runs of layers", "shapes with weights", title="Layers")
    for group in work:
        groups.add_row(
            group.name,
            str(len(group.layers)),
            str(sum(group.runs)),
            str(sum(not layer.dynamic for layer in group.layers)),
        )
    show(table, groups)
    if reasons:
        ruled_out = plain_table("machines", "ruled out since", title="Infeasible without simulation")
        for reason, count in reasons.most_common(SHOWN_REASONS):
            ruled_out.add_row(f"{count:,}", reason)
        show(ruled_out)


def print_outcome(space: Space, values: Mapping[str, Value], outcome: Outcome, state: str, reason: str | None) -> None:
    """One design and its metrics, or the reason why it has none."""
    head = {"design": ", ".join(f"{key}={value}" for key, value in values.items()) or "the configuration, dense"}
    head |= {"state": "feasible" if state == "complete" else state}
    if reason is not None:
        head["reason"] = reason
    show(grid(head | {"hash": outcome.key, "took": f"{outcome.seconds:.3f} s"}))
    if outcome.metrics:
        table = plain_table("metric", "value", "what it is")
        for name, value in outcome.metrics.items():
            table.add_row(name, f"{value:,.6g}", space.summary(name))
        show(table)
