"""Coverage: bins declared beside a bench, each of which must be hit."""

from collections import Counter
from collections.abc import Iterable


class Bins:
    """Named situations that a bench must have brought about.

    Args:
        names: All bins; hitting any other is an error, so that a bin cannot be lost to a typing mistake.
        impossible: Those that this configuration must not bring about; hitting one is an error, too.
    """

    def __init__(self, names: Iterable[str], impossible: Iterable[str] = ()) -> None:
        self._hits = Counter(dict.fromkeys(names, 0))
        self._impossible = set(impossible)
        assert self._impossible <= self._hits.keys()

    def hit(self, name: str, happened: object = True) -> None:
        """Count a situation if it happened."""
        if name not in self._hits:
            raise KeyError(f"no bin is called {name!r}")
        if happened:
            assert name not in self._impossible, f"{name!r} happened, which is impossible"
            self._hits[name] += 1

    @property
    def holes(self) -> list[str]:
        """Bins that were never hit."""
        return sorted(name for name, count in self._hits.items() if not count and name not in self._impossible)

    def check(self) -> None:
        """Fail on a hole."""
        assert not self.holes, f"coverage holes: {self.holes}"


def handshake_bins(port: str) -> tuple[str, ...]:
    """The four states of a valid/ready pair, and what a port must have been through."""
    return (
        f"{port}: idle",
        f"{port}: valid, not ready",
        f"{port}: ready, not valid",
        f"{port}: moves",
        f"{port}: moves twice in a row",
    )


class HandshakeCoverage:
    """Fills ``handshake_bins`` of a port."""

    def __init__(self, bins: Bins, port: str) -> None:
        self._bins, self._port, self._moved = bins, port, False

    def sample(self, valid: bool, ready: bool) -> None:
        """One cycle."""
        moves = valid and ready
        self._bins.hit(f"{self._port}: idle", not valid and not ready)
        self._bins.hit(f"{self._port}: valid, not ready", valid and not ready)
        self._bins.hit(f"{self._port}: ready, not valid", ready and not valid)
        self._bins.hit(f"{self._port}: moves", moves)
        self._bins.hit(f"{self._port}: moves twice in a row", moves and self._moved)
        self._moved = moves
