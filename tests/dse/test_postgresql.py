"""The store on a PostgreSQL server of its own, from the Debian package where it is installed."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import yaml

from dse.archive import StoredStudy
from dse.evaluate import Outcome
from dse.store import Store, StudyRecord, TrialRecord
from mapping.errors import InputError
from tests.dse.spaces import TINY

pytest.importorskip("psycopg", reason="speaks to the server")
BINARIES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
AS_POSTGRES = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BINARIES is None, reason="no PostgreSQL: apt-get install postgresql"),
]


@pytest.fixture(scope="module")
def server():
    """A server that listens on a socket in its own folder only."""
    with tempfile.TemporaryDirectory(prefix="zeroskip-pg-") as name:
        home = Path(name)
        if AS_POSTGRES:  # the server refuses to run as root
            shutil.chown(home, "postgres")
        run = [*AS_POSTGRES, "env", "-C", name]
        data, log = home / "data", home / "log"
        initdb = [*run, BINARIES / "initdb", "-D", data, "-U", "zs", "-A", "trust"]
        subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL)
        options = f"-k {home} -c listen_addresses=''"
        control = [*run, BINARIES / "pg_ctl", "-D", data, "-w"]
        subprocess.run([*control, "-o", options, "-l", log, "start"], check=True, stdout=subprocess.DEVNULL)
        yield home
        subprocess.run([*control, "-m", "immediate", "stop"], check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def url(server, request):
    """A fresh database."""
    name = f"db{abs(hash(request.node.name))}"
    subprocess.run([BINARIES / "createdb", "-h", server, "-U", "zs", name], check=True)
    return f"postgresql://zs@/{name}?host={server}"


@pytest.mark.golden
def test_what_is_kept_comes_back_and_stays(url):
    store = Store(url)
    outcome = Outcome(key="k", state="complete", metrics={"cycles": 7}, started=2.5, seconds=0.25)
    trial = TrialRecord(study="s", name="0", number=0, key="k", state="complete", reason=None)
    study = StudyRecord(name="s", space="{}", digest="d", strategy="random", seed=0, created=1.0)
    for _ in range(2):
        store.add_study(study)
        store.add_trials([(trial, outcome, {"rows": 8})], {"python": "3"})
    store.close()
    again = Store(url)
    assert again.trials("s") == [(trial, outcome)]
    assert again.study("s") == study
    again.close()


@pytest.mark.smoke
def test_two_sweeps_on_one_server_and_a_kill(url, tmp_path):
    (tmp_path / "space.yaml").write_text(yaml.safe_dump(TINY, sort_keys=False))
    command = ["zeroskip", "sweep", "space.yaml", "--strategy", "exhaustive", "--store", url, "--resume"]
    command = [sys.executable, "-m", *command]

    def start():
        return subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    killed = start()
    try:
        killed.communicate(timeout=4)
    except subprocess.TimeoutExpired:
        killed.kill()
        killed.communicate()
    for process in (start(), start()):
        _, errors = process.communicate(timeout=200)
        assert process.returncode == 0, errors.decode()
    store = Store(url)
    stored = StoredStudy(store, "tiny")
    store.close()
    points = [trial.number for trial, _ in stored.outcomes.values() if trial.point is not None]
    assert sorted(points) == list(range(32))
    assert {outcome.state for _, outcome in stored.outcomes.values()} == {"complete"}


def test_a_server_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match="No such file or directory"):
        Store(f"postgresql://zs@/none?host={tmp_path}")
