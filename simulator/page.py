"""A page of text and tables, as Markdown: what a family writes when it compares itself with what is published."""

from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True)
class Page:
    """A title and blocks: paragraphs, headings (``## ...``) and tables."""

    title: str
    blocks: Sequence[str | Table]

    def __str__(self) -> str:
        blocks = [str(block) if isinstance(block, Table) else _wrapped(block) for block in self.blocks]
        return "\n\n".join([f"# {self.title}", *blocks]) + "\n"


def _wrapped(paragraph: str) -> str:
    return fill(" ".join(paragraph.split()), LINE, break_long_words=False, break_on_hyphens=False)
