"""A stored study to look at: what was tried and what came of it, without asking for anything more."""

from json import loads

from dse.evaluate import Outcome
from dse.judge import Judge
from dse.pareto import front
from dse.problem import Observation
from dse.schema import SpaceFile
from dse.space import Space
from dse.store import Store
from dse.study import Trial
from mapping.errors import InputError
from simulator.config import build_config


class StoredStudy:
    """A study as it stands in a store.

    Args:
        store: Where it is kept.
        name: Of the study.

    Raises:
        InputError: There is none of that name, or its space is none of this version.
    """

    def __init__(self, store: Store, name: str) -> None:
        record = store.study(name)
        if record is None:
            known = ", ".join(store.study_names()) or "none"
            raise InputError(f"store {store.url}: no study {name!r}; studies: {known}")
        where = f"study {name!r} in {store.url}"
        self.space = Space(build_config(SpaceFile, loads(record.space), where), where)
        self.store, self.name, self.strategy_name, self.seed = store, name, record.strategy, record.seed
        self.judge = Judge(self.space)
        self.outcomes: dict[str, tuple[Trial, Outcome]] = {}
        self.observations: list[Observation] = []
        for row, outcome in store.trials(name):
            point = None if row.number < 0 else tuple(int(index) for index in row.name.split(","))
            values = self.space.file.baselines[row.name] if point is None else self.space.decode(point)
            trial = Trial(number=row.number, name=row.name, point=point, values=values, key=row.key)
            self.outcomes[row.name] = (trial, outcome)
            if point is not None:
                self.observations.append(self.judge.observe(point, outcome))

    def front(self) -> list[tuple[Trial, Outcome]]:
        """The feasible trials that no other dominates, in the order asked."""
        return [self.outcomes[",".join(map(str, seen.point))] for seen in front(self.observations)]
