"""``zeroskip report``: find what is meant, make its page, write it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mapping.errors import InputError
from zeroskip.report.page import Page, render

RESULT, STUDY, TRIALS = "result.json", "study.json", "trials.parquet"


def write_page(target: str, output: Path, store: str) -> None:
    """Write the page of a folder or of a stored study.

    Raises:
        InputError: There is no such folder or study, a file in it is none of this version, or the page cannot be
            written.
    """
    text = render(_page(target, store))
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"-o {output}: cannot be written: {error.strerror or error}") from error


def _page(target: str, store: str) -> Page:
    path = Path(target)
    folder = path if path.is_dir() else path.parent
    if path.is_dir():
        found = [name for name in (RESULT, STUDY) if (folder / name).is_file()]
        if not found:
            raise InputError(f"{target}: holds neither {RESULT} (of simulate --out) nor {STUDY} (of sweep --out)")
        path = folder / found[0]
    if path.suffix == ".json":
        pages = {RESULT: _result, STUDY: _study}
        if path.name not in pages:
            raise InputError(f"{target}: expected {RESULT} or {STUDY}")
        return _understood(path, pages[path.name], folder)
    return _stored(target, store)


def _understood(path: Path, page: Callable[[Any, Path], Page], folder: Path) -> Page:
    try:
        return page(json.loads(path.read_text(encoding="utf-8")), folder)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: not what this version of zeroskip writes ({type(error).__name__}: {error})"
        ) from error


def _result(record: Any, folder: Path) -> Page:  # noqa: ANN401  # JSON
    from zeroskip.report.page.result import result_page  # noqa: PLC0415

    return result_page(record, folder)


def _study(record: Any, folder: Path) -> Page:  # noqa: ANN401  # JSON
    from pyarrow import parquet  # noqa: PLC0415

    from zeroskip.report.page.study import study_page  # noqa: PLC0415

    return study_page(record, parquet.read_table(folder / TRIALS).to_pylist())


def _stored(name: str, url: str) -> Page:
    from dse.archive import StoredStudy  # noqa: PLC0415
    from dse.store import opened  # noqa: PLC0415
    from zeroskip.report.front import study_record, trial_rows  # noqa: PLC0415
    from zeroskip.report.page.study import study_page  # noqa: PLC0415

    place = url.removeprefix("sqlite:///")
    if place != url and not Path(place).is_file():
        raise InputError(f"{name}: no folder or file of that name, and no store {url}")
    with opened(url) as store:
        study = StoredStudy(store, name)
        return study_page(study_record(study, "stored"), trial_rows(study))
