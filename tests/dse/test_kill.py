"""kill -9, for real: nothing finished is lost, nothing is counted twice, nobody stays behind."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from dse.executors import InProcess
from dse.run import run
from dse.store import Store
from dse.study import Study
from tests.dse.spaces import TINY, tiny

POINTS = 32
KILLS = 10
SEED = 20261122


@pytest.fixture(scope="module")
def true_front(tmp_path_factory):
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('true')}/results.db")
    study = Study(tiny(), store, strategy="exhaustive")
    run(study, InProcess(study.evaluator))
    return {trial.name for trial, _ in study.front()}


def sweep(folder: Path) -> subprocess.Popen[bytes]:
    (folder / "space.yaml").write_text(yaml.safe_dump(TINY))
    command = [sys.executable, "-m", "zeroskip", "sweep", "space.yaml", "--strategy", "exhaustive"]
    command += ["--workers", "2", "--store", "sqlite:///results.db", "--resume"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)


def finished(folder: Path) -> set[str]:
    try:
        with sqlite3.connect(f"file:{folder}/results.db?mode=ro", uri=True) as connection:
            return {row[0] for row in connection.execute("SELECT name FROM trials")}
    except sqlite3.OperationalError:
        return set()


def members(session: int) -> list[int]:
    """Living processes of a session: a sweep and its workers."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(path.name))
    return found


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()


def workers(process):
    return [pid for pid in members(process.pid) if pid != process.pid and b"spawn_main" in cmdline(pid)]


def cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def complete(folder, true_front):
    process = sweep(folder)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    store = Store(f"sqlite:///{folder}/results.db")
    trials = store.trials("tiny")
    store.close()
    assert len(trials) == len({record.name for record, _ in trials}) == POINTS + 1
    assert {record.state for record, _ in trials} == {"complete"}
    numbers = [record.number for record, _ in trials if record.number >= 0]
    assert numbers == list(range(POINTS))
    return trials


@pytest.mark.slow
@pytest.mark.smoke
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_the_parent_is_killed_at_random_points(tmp_path, true_front):
    rng = random.Random(SEED)
    before: set[str] = set()
    for _ in range(KILLS):
        process = sweep(tmp_path)
        target = len(before) + rng.randrange(4)
        wait_until(lambda: len(finished(tmp_path)) > target or process.poll() is not None, 120)
        time.sleep(rng.random() * 0.1)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stderr.close()
        assert wait_until(lambda: not members(process.pid), 10), f"seed {SEED}: orphans {members(process.pid)}"
        now = finished(tmp_path)
        assert before <= now, f"seed {SEED}: lost {before - now}"
        before = now
    complete(tmp_path, true_front)


@pytest.mark.slow
@pytest.mark.smoke
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_workers_are_killed_at_random_points(tmp_path, true_front):
    rng = random.Random(SEED)
    process = sweep(tmp_path)
    for target in range(0, 2 * KILLS, 2):
        wait_until(lambda: len(finished(tmp_path)) > target or process.poll() is not None, 120)
        wait_until(lambda: workers(process) or process.poll() is not None, 60)
        for pid in workers(process)[:1]:
            time.sleep(rng.random() * 0.05)
            os.kill(pid, signal.SIGKILL)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    trials = complete(tmp_path, true_front)
    assert len(trials) == POINTS + 1


@pytest.mark.slow
@pytest.mark.smoke
def test_two_processes_on_one_store(tmp_path, true_front):
    both = [sweep(tmp_path), sweep(tmp_path)]
    for process in both:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors.decode()
    complete(tmp_path, true_front)


@pytest.mark.slow
@pytest.mark.smoke
def test_ctrl_c_is_a_clean_stop(tmp_path, true_front):
    process = sweep(tmp_path)
    assert wait_until(lambda: len(finished(tmp_path)) > 3, 120)
    os.kill(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert not members(process.pid)
    complete(tmp_path, true_front)
