"""Watching sweeps that run as processes of their own."""

import sqlite3
import time
from pathlib import Path


def finished(folder: Path) -> set[str]:
    try:
        with sqlite3.connect(f"file:{folder}/results.db?mode=ro", uri=True) as connection:
            return {row[0] for row in connection.execute("SELECT name FROM trials")}
    except sqlite3.OperationalError:
        return set()


def wait_until(condition, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return condition()
