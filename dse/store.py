"""Results that survive anything: a database with one row for each result and one for each trial of a study."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from json import dumps, loads
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from dse.evaluate import Outcome
from dse.metrics import Totals
from mapping.errors import InputError

SCHEMA = 1
LOCK = 0x7A65726F  # of PostgreSQL, held while tables are made
# What databases say when there is no room: SQLite, PostgreSQL, and SQLite at a limit of the size of files.
FULL = ("disk is full", "No space left on device", "disk I/O error")
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

_tables = sa.MetaData()
_meta = sa.Table("meta", _tables, sa.Column("schema", sa.Integer, primary_key=True))
_results = sa.Table(
    "results",
    _tables,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("design", sa.Text, nullable=False),
    sa.Column("metrics", sa.Text, nullable=False),
    sa.Column("parts", sa.Text, nullable=False),
    sa.Column("versions", sa.Text, nullable=False),
    sa.Column("started", sa.Float, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
)
_studies = sa.Table(
    "studies",
    _tables,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("space", sa.Text, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("strategy", sa.String(32), nullable=False),
    sa.Column("seed", sa.Integer, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
)
_trials = sa.Table(
    "trials",
    _tables,
    sa.Column("study", sa.String(200), sa.ForeignKey("studies.name"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),  # the point, or the name of a baseline
    sa.Column("number", sa.Integer, nullable=False),  # in the order in which the strategy asked; -1 for a baseline
    sa.Column("key", sa.String(64), sa.ForeignKey("results.key"), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),  # with the constraints of the study
    sa.Column("reason", sa.Text),
)


@dataclass(frozen=True, kw_only=True)
class StudyRecord:
    """A study as it is stored: its name, what it searches and how."""

    name: str
    space: str
    digest: str
    strategy: str
    seed: int
    created: float


@dataclass(frozen=True, kw_only=True)
class TrialRecord:
    """A trial as it is stored; see the columns of ``trials``."""

    study: str
    name: str
    number: int
    key: str
    state: str
    reason: str | None


class Store:
    """An open database; safe for several processes.

    Args:
        url: Any SQLAlchemy URL of SQLite or PostgreSQL.

    Raises:
        InputError: A URL that is none, a database that cannot be reached, or one of another schema.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        with self._explained():
            self._engine = sa.create_engine(_with_driver(url))
        if self._engine.dialect.name not in _INSERT:
            raise InputError(f"store {url}: {self._engine.dialect.name} is not one of {', '.join(_INSERT)}")
        if self._engine.dialect.name == "sqlite":
            sa.event.listen(self._engine, "connect", _configure_sqlite)
        with self._explained(), self._engine.begin() as connection:
            self._open(connection)

    def close(self) -> None:
        """Release the database."""
        self._engine.dispose()

    def study(self, name: str) -> StudyRecord | None:
        """The study of that name, if there is one."""
        with self._explained(), self._engine.connect() as connection:
            row = connection.execute(sa.select(_studies).where(_studies.c.name == name)).mappings().first()
        return None if row is None else StudyRecord(**row)

    def study_names(self) -> list[str]:
        """The names of all studies, sorted."""
        with self._explained(), self._engine.connect() as connection:
            return list(connection.execute(sa.select(_studies.c.name).order_by(_studies.c.name)).scalars())

    def add_study(self, record: StudyRecord) -> None:
        """Keep a study; one of that name that is already there stays."""
        with self._explained(), self._engine.begin() as connection:
            self._insert(connection, _studies, [vars(record)])

    def results(self, keys: Sequence[str]) -> dict[str, Outcome]:
        """Those of the results that are known, by key."""
        query = sa.select(_results).where(_results.c.key.in_(keys))
        with self._explained(), self._engine.connect() as connection:
            rows = connection.execute(query).mappings().all()
        return {row["key"]: _outcome(row) for row in rows}

    def trials(self, study: str) -> list[tuple[TrialRecord, Outcome]]:
        """All trials of a study with their results: baselines, then in the order asked."""
        joined = sa.select(_trials, _results).join_from(_trials, _results, _trials.c.key == _results.c.key)
        query = joined.where(_trials.c.study == study).order_by(_trials.c.number, _trials.c.name)
        with self._explained(), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        names, width = [column.name for column in _trials.c], len(_trials.c)
        fields = [column.name for column in _results.c]
        return [
            (
                TrialRecord(**dict(zip(names, row[:width], strict=True))),
                _outcome(dict(zip(fields, row[width:], strict=True))),
            )
            for row in rows
        ]

    def add_trials(self, trials: Sequence[tuple[TrialRecord, Outcome, Any]], versions: dict[str, str]) -> None:
        """Keep trials with their results and designs in one transaction; what is already there stays as it is."""
        if not trials:
            return
        results = [_row(outcome, design, versions) for _, outcome, design in trials]
        with self._explained(), self._engine.begin() as connection:
            self._insert(connection, _results, results)
            self._insert(connection, _trials, [vars(record) for record, _, _ in trials])

    def _insert(self, connection: Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        insert = _INSERT[self._engine.dialect.name]
        connection.execute(insert(table).on_conflict_do_nothing(), rows)

    def _open(self, connection: Connection) -> None:
        if self._engine.dialect.name == "postgresql":  # CREATE TABLE IF NOT EXISTS is not safe against itself there
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        present = set(sa.inspect(connection).get_table_names())
        if present and "meta" not in present:
            raise InputError(f"store {self.url}: a database of something else (tables {', '.join(sorted(present))})")
        for table in _tables.sorted_tables:  # another process may be doing the same
            connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
        found = connection.execute(sa.select(_meta.c.schema)).scalars().all()
        if not found:
            self._insert(connection, _meta, [{"schema": SCHEMA}])
            found = [SCHEMA]
        if found != [SCHEMA]:
            raise InputError(
                f"store {self.url}: schema {found} of another version of zeroskip; this one needs {SCHEMA}"
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, ModuleNotFoundError) as error:
            cause = getattr(error, "orig", None) or error
            said = " ".join(str(cause).split())
            full = any(words in said for words in FULL)
            hint = "; what was finished before is stored: make room and add --resume" if full else ""
            raise InputError(f"store {self.url}: {said}{hint}") from error


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """An open store that is closed at the end.

    Raises:
        InputError: See the class.
    """
    store = Store(url)
    try:
        yield store
    finally:
        store.close()


def _with_driver(url: str) -> sa.URL:
    """The URL; PostgreSQL is spoken to by psycopg unless it names another driver."""
    made = sa.make_url(url)
    return made.set(drivername="postgresql+psycopg") if made.drivername == "postgresql" else made


def _configure_sqlite(connection: Any, _: Any) -> None:  # noqa: ANN401  # a DBAPI connection
    """Readers and a writer at once; a commit survives the death of any process."""
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=30000", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _row(outcome: Outcome, design: Any, versions: dict[str, str]) -> dict[str, Any]:  # noqa: ANN401  # any JSON
    return {
        "key": outcome.key,
        "state": outcome.state,
        "reason": outcome.reason,
        "design": dumps(design),
        "metrics": dumps(outcome.metrics),
        "parts": dumps(outcome.parts),
        "versions": dumps(versions),
        "started": outcome.started,
        "seconds": outcome.seconds,
    }


def _outcome(row: Any) -> Outcome:  # noqa: ANN401  # a row, or a dict like one
    return Outcome(
        key=row["key"],
        state=row["state"],
        reason=row["reason"],
        metrics=loads(row["metrics"]),
        parts=tuple(Totals(*part) for part in loads(row["parts"])),
        started=row["started"],
        seconds=row["seconds"],
    )
