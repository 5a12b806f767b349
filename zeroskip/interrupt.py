"""Ctrl-C at chosen moments."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def deferred_interrupt() -> Iterator[Callable[[], None]]:
    """Ctrl-C is heard when the block calls what it is given, or at its end; pressed again, at once.

    Python raises KeyboardInterrupt between any two bytecodes. While a compiled module is imported that can crash the
    process, while a class is made it turns into another error, and while a weak reference is cleared it is dropped.

    Raises:
        KeyboardInterrupt: Ctrl-C was pressed.
    """
    pressed = threading.Event()

    def check() -> None:
        if pressed.is_set():
            raise KeyboardInterrupt

    def press(number: int, frame: FrameType | None) -> None:
        if pressed.is_set():
            signal.default_int_handler(number, frame)
        pressed.set()

    if threading.current_thread() is not threading.main_thread():
        yield check  # signals only reach the main thread
        return
    before = signal.signal(signal.SIGINT, press)
    try:
        yield check
    finally:
        signal.signal(signal.SIGINT, before)
    check()
