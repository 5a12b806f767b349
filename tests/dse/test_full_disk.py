"""A full disk, for real: one message ends the sweep, and what it had finished is there once there is room."""

import os
import resource
import subprocess
import sys
from contextlib import contextmanager
from functools import partial

import pytest
import yaml

from dse.store import Store
from tests.dse.processes import finished
from tests.dse.spaces import TINY

SPACE = TINY | {"parameters": {"rows": [8, 16, 24, 32], "cols": [8, 16, 32], "memory.channels": [1, 4]}}
POINTS = 96
ROOM = 112 * 1024  # bytes, with the log of the database: some trials fit, not all

pytestmark = [pytest.mark.slow, pytest.mark.smoke, pytest.mark.skipif(sys.platform != "linux", reason="mounts a disk")]


def sweep(folder, limit=None):
    (folder.parent / "space.yaml").write_text(yaml.safe_dump(SPACE, sort_keys=False))
    command = [sys.executable, "-m", "zeroskip", "sweep", "space.yaml", "--strategy", "exhaustive"]
    command += ["--workers", "2", "--store", f"sqlite:///{folder}/results.db", "--resume"]
    small = None if limit is None else partial(resource.setrlimit, resource.RLIMIT_FSIZE, (limit, limit))
    return subprocess.run(
        command, cwd=folder.parent, capture_output=True, text=True, timeout=300, check=False, preexec_fn=small
    )


@contextmanager
def disk(folder, size):
    """A disk of so many bytes, which can grow."""
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False).returncode
    ):
        pytest.skip("mounting a disk takes the rights of root")
    try:
        yield lambda more: subprocess.run(["mount", "-o", f"remount,size={more}", folder], check=True)
    finally:
        subprocess.run(["umount", folder], check=True)


def refused(done):
    """One message that says what to do, and exit code 2."""
    assert done.returncode == 2, done.stderr
    (line,) = (line for line in done.stderr.splitlines() if line.startswith("Error"))
    assert "make room and add --resume" in line
    assert "Traceback" not in done.stderr


def completed(folder, before):
    """A resumed sweep has every point and the baseline once, those from before among them."""
    done = sweep(folder)
    assert done.returncode == 0, done.stderr
    store = Store(f"sqlite:///{folder}/results.db")
    trials = store.trials("tiny")
    store.close()
    names = [record.name for record, _ in trials]
    assert before <= set(names)
    assert len(names) == len(set(names)) == POINTS + 1
    assert {record.state for record, _ in trials} == {"complete"}


def test_a_disk_that_fills_up(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    with disk(folder, ROOM) as grow:
        refused(sweep(folder))
        refused(sweep(folder))  # still full
        grow(10 * 2**20)
        before = finished(folder)
        assert 0 < len(before) < POINTS
        completed(folder, before)


def test_a_file_that_may_not_grow(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    refused(sweep(folder, limit=ROOM))
    before = finished(folder)
    assert 0 < len(before) < POINTS
    completed(folder, before)
