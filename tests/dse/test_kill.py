"""kill -9, for real: nothing finished is lost, nothing is counted twice, nobody stays behind."""

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
import yaml

from dse.executors import InProcess
from dse.run import run
from dse.store import Store
from dse.study import Study
from tests.dse.processes import finished, wait_until
from tests.dse.spaces import TINY, tiny

SPACE = TINY | {"parameters": {"rows": [8, 12, 16, 24, 32, 48], "cols": [8, 16, 24, 32], "memory.channels": [1, 4]}}
POINTS = 192
KILLS = 10
SEED = 20261122


@pytest.fixture(scope="module")
def true_front(tmp_path_factory):
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('true')}/results.db")
    study = Study(tiny(**SPACE), store, strategy="exhaustive")
    run(study, InProcess(study.evaluator))
    return {trial.name for trial, _ in study.front()}


def sweep(folder: Path) -> subprocess.Popen[bytes]:
    (folder / "space.yaml").write_text(yaml.safe_dump(SPACE, sort_keys=False))
    command = [sys.executable, "-m", "zeroskip", "sweep", "space.yaml", "--strategy", "exhaustive"]
    command += ["--workers", "2", "--store", "sqlite:///results.db", "--resume"]
    return subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )


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


def gone(session: int) -> bool:
    return not members(session)


def workers(process):
    return [pid for pid in members(process.pid) if pid != process.pid and b"spawn_main" in cmdline(pid)]


def cmdline(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def complete(folder, true_front):
    with sweep(folder) as process:
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    store = Store(f"sqlite:///{folder}/results.db")
    trials = store.trials("tiny")
    study = Study(tiny(**SPACE), store, strategy="exhaustive", resume=True)
    evaluated: list[object] = []
    run(study, InProcess(study.evaluator), report=lambda *result: evaluated.append(result))
    store.close()
    assert not evaluated
    assert {trial.name for trial, _ in study.front()} == true_front
    assert len(trials) == len({record.name for record, _ in trials}) == POINTS + 1
    assert {record.state for record, _ in trials} == {"complete"}
    numbers = [record.number for record, _ in trials if record.number >= 0]
    assert numbers == list(range(POINTS))
    return trials


def kill(pid: int, number: int) -> bool:
    """Send a signal; False if the process has just ended by itself."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def reach(process, folder, count):
    """Wait until so many trials are stored, or the sweep has ended."""
    wait_until(lambda: len(finished(folder)) >= count or process.poll() is not None, 120)


pytestmark = [
    pytest.mark.slow,
    pytest.mark.smoke,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]


def test_the_parent_is_killed_at_random_points(tmp_path, true_front):
    rng = random.Random(SEED)
    before: set[str] = set()
    killed = 0
    for _ in range(KILLS):
        with sweep(tmp_path) as process:
            reach(process, tmp_path, len(before) + rng.randrange(1, 12))
            time.sleep(rng.random() * 0.1)
            kill(process.pid, signal.SIGKILL)
            killed += process.wait() == -signal.SIGKILL
            assert wait_until(partial(gone, process.pid), 10), f"seed {SEED}: orphans {members(process.pid)}"
        now = finished(tmp_path)
        assert before <= now, f"seed {SEED}: lost {before - now}"
        before = now
    assert killed == KILLS
    complete(tmp_path, true_front)


def test_workers_are_killed_at_random_points(tmp_path, true_front):
    rng = random.Random(SEED)
    killed = 0
    with sweep(tmp_path) as process:
        for _ in range(KILLS):
            reach(process, tmp_path, len(finished(tmp_path)) + rng.randrange(1, 12))
            wait_until(lambda: workers(process) or process.poll() is not None, 60)
            time.sleep(rng.random() * 0.05)
            killed += any(kill(pid, signal.SIGKILL) for pid in workers(process)[:1])
        _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors.decode()
    assert killed >= KILLS // 2
    complete(tmp_path, true_front)


def test_two_processes_on_one_store(tmp_path, true_front):
    with sweep(tmp_path) as one, sweep(tmp_path) as other:
        for process in (one, other):
            _, errors = process.communicate(timeout=300)
            assert process.returncode == 0, errors.decode()
    complete(tmp_path, true_front)


def test_ctrl_c_is_a_clean_stop(tmp_path, true_front):
    with sweep(tmp_path) as process:
        reach(process, tmp_path, 4)
        assert kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in errors
    assert gone(process.pid)
    complete(tmp_path, true_front)
