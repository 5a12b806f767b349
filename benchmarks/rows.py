"""One measurement beside another, and how both are shown."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rich.table import Table

from zeroskip.report.screen import plain_table

AIM = "aim"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A measurement beside another one.

    Attributes:
        what: What was measured.
        ours: The measurement.
        unit: Of both measurements.
        beside: What stands beside it: a limit or a peer measured in the same run, or ``AIM``.
        theirs: Its value.
        better: Whether more or less of the unit is better; ``same`` where the two should be equal.
        note: What else there is to know.
    """

    what: str
    ours: float
    unit: str
    beside: str
    theirs: float
    better: Literal["more", "less", "same"]
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times better ours is; for ``same``, ours over theirs."""
        return self.theirs / self.ours if self.better == "less" else self.ours / self.theirs

    def record(self) -> dict[str, Any]:
        """The row as plain values."""
        return asdict(self) | {"ratio": self.ratio}


def table(title: str, rows: Sequence[Row]) -> Table:
    """Rows for the screen."""
    shown = plain_table("what", title=title)
    for heading in ("ours", "beside it", "unit", "ratio"):
        shown.add_column(heading, justify="right", no_wrap=True)
    shown.add_column("beside", no_wrap=True)
    shown.add_column("note")
    for row in rows:
        ratio = f"{row.ratio:.5f}" if row.better == "same" else f"{_number(row.ratio)}x"
        shown.add_row(row.what, _number(row.ours), _number(row.theirs), row.unit, ratio, row.beside, row.note)
    return shown


def _number(value: float) -> str:
    """Three significant digits; counts in full."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:#.3g}"
