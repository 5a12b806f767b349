"""A page of text and tables, as Markdown: what a family writes when it compares itself with what is published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from textwrap import fill

LINE = 120


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under a header; all but the first column are aligned to the right."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def __str__(self) -> str:
        lines = [self.header, ["---", *["---:"] * (len(self.header) - 1)], *self.rows]
        return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Lines over a common axis; on a page it is a link, drawn where the page is written to a folder.

    Attributes:
        name: File name without its kind.
        title: What it shows.
        across: Label of the horizontal axis.
        up: Label of the vertical axis.
        lines: Points (x, y) of each line, by its name in the legend.
        logarithmic: Whether both axes are.
    """

    name: str
    title: str
    across: str
    up: str
    lines: Mapping[str, Sequence[tuple[float, float]]]
    logarithmic: bool = False

    def __str__(self) -> str:
        return f"![{self.title}]({self.name}.svg)"


@dataclass(frozen=True, slots=True)
class Page:
    """A title and blocks: paragraphs, headings (``## ...``), tables and pictures."""

    title: str
    blocks: Sequence[str | Table | Picture]

    @property
    def pictures(self) -> list[Picture]:
        """Its pictures, in order."""
        return [block for block in self.blocks if isinstance(block, Picture)]

    def __str__(self) -> str:
        blocks = [_wrapped(block) if isinstance(block, str) else str(block) for block in self.blocks]
        return "\n\n".join([f"# {self.title}", *blocks]) + "\n"


def _wrapped(paragraph: str) -> str:
    return fill(" ".join(paragraph.split()), LINE, break_long_words=False, break_on_hyphens=False)
