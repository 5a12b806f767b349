"""A study: ask what to evaluate, tell what came of it; everything told is stored before anything else happens."""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from json import dumps

from dse.choices import Value
from dse.evaluate import Evaluator, Outcome
from dse.grid import problem_of
from dse.judge import Judge
from dse.pareto import front
from dse.problem import Observation, Point
from dse.provenance import versions
from dse.space import Space
from dse.store import Store, StudyRecord, TrialRecord
from dse.strategies import make
from dse.strategies.auto import advise
from mapping.errors import InputError

AUTO = "auto"
PROBED_AT_MOST = 10_000


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Something to evaluate.

    Attributes:
        number: Its place in the order in which the strategy asked; -1 for a baseline.
        name: The name of a baseline, or the point in words.
        point: The index vector; None for a baseline.
        values: What to evaluate, by name.
        key: The content hash.
    """

    number: int
    name: str
    point: Point | None
    values: Mapping[str, Value]
    key: str


class Study:
    """One search of one space, kept in a store.

    The strategy is asked in batches of its own size and told each batch in the order asked, whoever evaluated it and
    however it was interrupted: seed and budget decide the trials. A study that is opened again asks the same points
    again and finds their results in the store.

    Args:
        space: What to search.
        store: Where results are kept.
        name: Of the study; by default that of the space.
        strategy: One of ``dse.catalog.STRATEGIES``, or ``auto``.
        seed: Of the strategy.
        budget: How many points, baselines not counted; None for no limit.
        resume: Whether a study of that name may be there already.

    Raises:
        InputError: A study of that name that is not to be resumed or was of another space, strategy or seed.
    """

    def __init__(
        self,
        space: Space,
        store: Store,
        *,
        name: str | None = None,
        strategy: str = AUTO,
        seed: int = 0,
        budget: int | None = None,
        resume: bool = False,
    ) -> None:
        self.space, self.store, self.budget, self.seed = space, store, budget, seed
        self.name = space.file.name if name is None else name
        self.evaluator = Evaluator(space)
        self.judge = Judge(space)
        self.problem = problem_of(self.evaluator, self.judge)
        self.advice: str | None = None
        self._versions = versions()
        record = self._record(strategy, resume)
        self.strategy_name = record.strategy
        self._strategy = make(record.strategy, self.problem, seed, budget)
        self._queue: deque[Trial] = deque()  # asked by the strategy, not yet given out
        self._batch: dict[Point, Observation | None] = {}  # what the strategy waits for, in the order asked
        self._asked = 0
        self.observations: list[Observation] = []
        self.outcomes: dict[str, tuple[Trial, Outcome]] = {}

    def baselines(self) -> list[Trial]:
        """The baselines whose results are not known yet; known ones are recorded on the way."""
        trials = [
            Trial(number=-1, name=name, point=None, values=values, key=self.evaluator.key(values))
            for name, values in self.space.file.baselines.items()
        ]
        return self._unknown(trials)

    def ask(self, count: int | None = None) -> list[Trial]:
        """Up to ``count`` trials to evaluate, by default the rest of the strategy's batch.

        Points whose results are in the store are told on the way. None are left when the budget is spent or the
        strategy has no more; while results are missing a strategy may also wait for them.
        """
        while not self._queue:
            size = self._batch_size()
            points = self._strategy.ask(size) if size else []
            if not points:
                return []
            self._batch |= dict.fromkeys(points)
            self._queue.extend(self._unknown([self._trial(point) for point in points]))
        return [self._queue.popleft() for _ in range(min(len(self._queue), count or len(self._queue)))]

    def tell(self, trial: Trial, outcome: Outcome) -> None:
        """Store what came of a trial. When a batch is complete the strategy is told."""
        self._add([(trial, outcome)])

    @property
    def asked(self) -> int:
        """Points asked so far."""
        return self._asked

    def front(self) -> list[tuple[Trial, Outcome]]:
        """The feasible trials that no other dominates, in the order asked."""
        return [self.outcomes[_name(seen.point)] for seen in front(self.observations)]

    def _batch_size(self) -> int:
        size = self._strategy.batch
        return size if self.budget is None else max(0, min(size, self.budget - self._asked))

    def _trial(self, point: Point) -> Trial:
        values = self.space.decode(point)
        self._asked += 1
        return Trial(
            number=self._asked - 1, name=_name(point), point=point, values=values, key=self.evaluator.key(values)
        )

    def _unknown(self, trials: list[Trial]) -> list[Trial]:
        """Those without a stored result; the others are recorded."""
        known = self.store.results([trial.key for trial in trials])
        self._add([(trial, known[trial.key]) for trial in trials if trial.key in known])
        return [trial for trial in trials if trial.key not in known]

    def _add(self, told: list[tuple[Trial, Outcome]]) -> None:
        rows = []
        for trial, outcome in told:
            state, reason = self.judge.verdict(outcome)
            record = TrialRecord(
                study=self.name, name=trial.name, number=trial.number, key=outcome.key, state=state, reason=reason
            )
            rows.append((record, outcome, dict(trial.values)))
        self.store.add_trials(rows, self._versions)
        for trial, outcome in told:
            self.outcomes[trial.name] = (trial, outcome)
            if trial.point is not None:
                self._batch[trial.point] = self.judge.observe(trial.point, outcome)
        self._pass_on()

    def _pass_on(self) -> None:
        seen = [observation for observation in self._batch.values() if observation is not None]
        if self._batch and len(seen) == len(self._batch):
            self.observations.extend(seen)
            self._batch = {}
            self._strategy.tell(seen)

    def _record(self, strategy: str, resume: bool) -> StudyRecord:
        found = self.store.study(self.name)
        if found is None:
            found = StudyRecord(
                name=self.name,
                space=dumps(self.space.file.canonical()),
                digest=self.space.digest,
                strategy=self._advised() if strategy == AUTO else strategy,
                seed=self.seed,
                created=time.time(),
            )
            make(found.strategy, self.problem, self.seed)  # refuse it before it is stored
            self.store.add_study(found)
            return found
        where = f"study {self.name!r} in {self.store.url}"
        if not resume:
            raise InputError(f"{where} exists: add --resume to continue it, or choose another --study")
        if found.digest != self.space.digest:
            raise InputError(
                f"{where} searches another space: {self.space.origin} has changed since; name a new --study"
            )
        if strategy not in (AUTO, found.strategy):
            raise InputError(f"{where} uses strategy {found.strategy}, not {strategy}")
        if found.seed != self.seed:
            raise InputError(f"{where} has seed {found.seed}, not {self.seed}")
        return found

    def _advised(self) -> str:
        """What ``auto`` chooses, from the time that a first design takes."""
        advice = advise(self.problem, self._probe(), self.budget)
        self.advice = f"auto: {advice.name}, since {advice.reason}"
        return advice.name

    def _probe(self) -> float:
        """Seconds of one evaluation: the slowest of the baselines, or else of the first legal point."""
        designs: Iterator[Mapping[str, Value]] = iter(self.space.file.baselines.values())
        times = [self.evaluator.evaluate(values).seconds for values in designs]
        if not times:
            points = map(self.problem.point, range(min(self.problem.size, PROBED_AT_MOST)))
            legal = next((point for point in points if self.problem.valid(point)), None)
            times = [0.0 if legal is None else self.evaluator.evaluate(self.space.decode(legal)).seconds]
        return max(times)


def _name(point: Point) -> str:
    return ",".join(map(str, point))
