"""The same sweep on a Dask cluster: the same front, whatever dies."""

import json
import signal
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml

from dse.archive import StoredStudy
from dse.cluster import Cluster
from dse.executors import InProcess
from dse.run import run
from dse.store import Store
from dse.study import Study
from mapping.errors import InputError
from tests.dse.processes import finished, wait_until
from tests.dse.spaces import TINY, tiny

pytest.importorskip("distributed", reason="the cluster is Dask's")
# Closing a cluster leaves sockets and tasks of Dask to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

MANY = TINY | {"parameters": {"rows": [8, 12, 16, 24, 32, 48], "cols": [8, 16, 24, 32], "memory.channels": [1, 4]}}


def searched(space, executor=None, **options):
    study = Study(space, Store("sqlite://"), strategy="random", seed=5, budget=24)
    with executor or nullcontext(InProcess(study.evaluator)) as running:
        run(study, running, **options)
    return {name: (trial.values, outcome.metrics) for name, (trial, outcome) in study.outcomes.items()}


@pytest.mark.smoke
def test_a_cluster_on_this_machine_finds_what_one_process_finds():
    assert searched(tiny(), Cluster(tiny(), None, 2)) == searched(tiny())


def test_a_scheduler_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr("dse.cluster.CONNECT_SECONDS", 0.5)
    with (
        pytest.raises(InputError, match=r"Dask scheduler tcp://127\.0\.0\.1:1: not reached"),
        Cluster(tiny(), "tcp://127.0.0.1:1", 1),
    ):
        pytest.fail("it was reached")


class Machines:
    """A scheduler and workers, each a process of its own that listens on the loopback interface."""

    def __init__(self, folder: Path) -> None:
        self._file, self._folder = folder / "scheduler.json", folder
        self.scheduler = self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        self.workers = [self.add_worker() for _ in range(2)]
        assert wait_until(self._file.exists, 60)
        self.address = json.loads(self._file.read_text())["address"]

    def add_worker(self) -> subprocess.Popen[bytes]:
        return self._start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard")

    def _start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", kind, "--scheduler-file", str(self._file), *options]
        return subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture
def machines(tmp_path):
    started = Machines(tmp_path)
    yield started
    started.stop()


def sweep(folder, address, *options):
    (folder / "space.yaml").write_text(yaml.safe_dump(MANY, sort_keys=False))
    command = [sys.executable, "-m", "zeroskip", "sweep", "space.yaml", "--strategy", "exhaustive", "--resume"]
    command += ["--executor", "dask", "--dask-address", address, "--store", "sqlite:///results.db", *options]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def complete(folder):
    """The study in the folder is whole: every trial once, none failed, the front of one process."""
    stored = StoredStudy(Store(f"sqlite:///{folder}/results.db"), "tiny")
    points = [trial.number for trial, _ in stored.outcomes.values() if trial.point is not None]
    assert sorted(points) == list(range(192))
    assert {outcome.state for _, outcome in stored.outcomes.values()} == {"complete"}
    alone = Study(tiny(**MANY), Store("sqlite://"), strategy="exhaustive")
    run(alone, InProcess(alone.evaluator))
    assert {trial.name for trial, _ in stored.front()} == {trial.name for trial, _ in alone.front()}


@pytest.mark.slow
def test_two_machines_on_the_loopback_and_one_of_them_dies(machines, tmp_path):
    process = sweep(tmp_path, machines.address)
    assert wait_until(lambda: len(finished(tmp_path)) >= 10, 120)
    machines.workers[0].send_signal(signal.SIGKILL)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    complete(tmp_path)


@pytest.mark.slow
def test_a_sweep_survives_its_scheduler(tmp_path):
    first = Machines(tmp_path)
    try:
        process = sweep(tmp_path, first.address)
        assert wait_until(lambda: len(finished(tmp_path)) >= 10, 120)
        first.scheduler.send_signal(signal.SIGKILL)
        _, errors = process.communicate(timeout=120)
    finally:
        first.stop()
    assert process.returncode == 2, errors.decode()
    assert b"is lost" in errors
    assert b"Traceback" not in errors
    before = finished(tmp_path)
    (tmp_path / "scheduler.json").unlink(missing_ok=True)
    second = Machines(tmp_path)
    try:
        _, errors = sweep(tmp_path, second.address).communicate(timeout=300)
    finally:
        second.stop()
    assert before <= finished(tmp_path), errors.decode()
    complete(tmp_path)
