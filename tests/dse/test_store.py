import sqlite3

import pytest
from sqlalchemy import event

from dse.evaluate import Outcome
from dse.metrics import Totals
from dse.store import Store, StudyRecord, TrialRecord
from mapping.errors import InputError

STUDY = StudyRecord(name="s", space="{}", digest="d", strategy="random", seed=0, created=1.0)
OUTCOME = Outcome(
    key="k", state="complete", metrics={"cycles": 7}, parts=(Totals(1, 2, 3, 4, 5),), started=2.5, seconds=0.25
)


def trial(name="0", number=0, key="k"):
    return TrialRecord(study="s", name=name, number=number, key=key, state="complete", reason=None)


@pytest.fixture
def store(tmp_path):
    opened = Store(f"sqlite:///{tmp_path}/results.db")
    opened.add_study(STUDY)
    yield opened
    opened.close()


@pytest.mark.golden
def test_what_is_kept_comes_back(store):
    store.add_trials([(trial(), OUTCOME, {"rows": 8})], {"python": "3"})
    assert store.trials("s") == [(trial(), OUTCOME)]
    assert store.results(["k", "other"]) == {"k": OUTCOME}
    assert store.study("s") == STUDY
    assert store.study("t") is None


@pytest.mark.golden
def test_the_first_of_equals_stays(store):
    for seconds in (0.25, 99.0):
        later = Outcome(
            key="k", state="complete", metrics={"cycles": 7}, parts=OUTCOME.parts, started=2.5, seconds=seconds
        )
        store.add_trials([(trial(), later, {})], {})
    assert [outcome.seconds for _, outcome in store.trials("s")] == [0.25]


@pytest.mark.golden
def test_trials_share_a_result(store):
    store.add_trials([(trial("0", 0), OUTCOME, {}), (trial("1", 1), OUTCOME, {})], {})
    assert [record.name for record, _ in store.trials("s")] == ["0", "1"]


@pytest.mark.golden
def test_two_stores_on_one_file(store):
    other = Store(store.url)
    other.add_trials([(trial("0", 0), OUTCOME, {})], {})
    store.add_trials([(trial("0", 0), OUTCOME, {}), (trial("1", 1), OUTCOME, {})], {})
    assert len(other.trials("s")) == 2
    other.close()


@pytest.mark.golden
def test_it_writes_ahead(store, tmp_path):
    with sqlite3.connect(tmp_path / "results.db") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def break_schema(path):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET schema = 99")


def something_else(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (name)")


def no_database(path):
    path.write_text("this is no database, only text that is long enough to have a header of one hundred bytes" * 3)


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (break_schema, r"schema \[99\] of another version"),
        (something_else, r"a database of something else \(tables recipes\)"),
        (no_database, "not a database"),
    ],
)
def test_databases_that_are_refused(tmp_path, spoil, message):
    path = tmp_path / "results.db"
    if spoil is break_schema:
        Store(f"sqlite:///{path}").close()
    spoil(path)
    with pytest.raises(InputError, match=message):
        Store(f"sqlite:///{path}")


@pytest.mark.smoke
@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nonsense", "Could not parse"),
        ("sqlite:////no/such/folder/x.db", "unable to open database file"),
        ("mysql+pymysql://localhost/x", "No module named|is not one of"),
        ("postgresql://127.0.0.1:1/x", "No module named|refused"),
    ],
)
def test_urls_that_are_refused(url, message):
    with pytest.raises(InputError, match=message):
        Store(url)


@pytest.mark.golden
def test_a_full_disk_is_one_message_and_loses_nothing(store, monkeypatch, tmp_path):
    store.add_trials([(trial(), OUTCOME, {})], {})
    with store._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    store._engine.dispose()
    event.listen(store._engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count={pages}"))
    big = Outcome(key="x", state="failed", reason="long " * 100_000)
    with pytest.raises(InputError, match="database or disk is full"):
        store.add_trials([(trial("1", 1, "x"), big, {})], {})
    again = Store(store.url)
    assert [record.name for record, _ in again.trials("s")] == ["0"]
    again.close()
