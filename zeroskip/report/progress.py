"""Progress on stderr while there is somebody to look at it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Progress:
    """Progress that nobody sees; ``check`` is called whenever something is reported."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._layers = 1

    def step(self, name: str) -> None:
        """A step begins whose length is not known."""
        self._show(name, 0, None)

    def lowering(self, name: str, index: int, count: int) -> None:
        """Layer ``index`` of ``count`` is being lowered."""
        self._layers = count
        self._show(f"lowering {name}", index, count)

    def running(self, name: str, index: int, done: int, count: int) -> None:
        """Layer ``index`` is running; ``done`` of ``count`` instructions are over."""
        self._show(f"running {name}", index + done / max(count, 1), self._layers)

    def amount(self, name: str, done: int, total: int) -> None:
        """``done`` of ``total`` bytes, or of anything else that is counted."""
        self._show(name, done, total)

    def pause(self) -> None:
        """Leave the screen to a question until something is reported again."""

    def _show(self, text: str, done: float, total: int | None) -> None:
        self._check()


@contextmanager
def progress(check: Callable[[], None]) -> Iterator[Progress]:
    """Progress for the time of the block: a bar that vanishes at its end, nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield Progress(check)
        return
    from rich import progress as rich  # noqa: PLC0415  # a pipe does without
    from rich.console import Console  # noqa: PLC0415

    columns = (rich.TextColumn("{task.description}", markup=False), rich.BarColumn(), rich.TimeElapsedColumn())
    with rich.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting", total=None)

        class Visible(Progress):
            """Writes to the bar."""

            def pause(self) -> None:
                bar.stop()

            def _show(self, text: str, done: float, total: int | None) -> None:
                super()._show(text, done, total)
                bar.start()
                bar.update(task, description=text, completed=done, total=total)

        yield Visible(check)
