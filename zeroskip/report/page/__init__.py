"""One self-contained page from a result or a study: everything it needs, Plotly too, stands in the file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any

from zeroskip import __version__

Figure = dict[str, Any]  # what Plotly calls a figure: data and layout, as JSON values
MAX_ROWS = 5000  # a browser draws and searches that many without a pause


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows to search, sort and filter; its rows are what the points of linked figures stand for.

    Attributes:
        columns: Names.
        rows: One value per column each: text, a number, a truth value or None.
        note: What the reader should know, such as rows that are left out.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A heading, a sentence and a figure.

    Attributes:
        name: Its anchor.
        title: The heading.
        text: What the figure shows and how to use it.
        figures: By label; where there are several, the reader chooses.
        linked: Whether the ``customdata`` of its points are rows of the table.
        axes: Columns of the table among which the reader chooses both axes.
    """

    name: str
    title: str
    text: str
    figures: Mapping[str, Figure]
    linked: bool = False
    axes: Sequence[str] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Page:
    """What is shown: facts as pairs, sections in order, one table."""

    title: str
    facts: Mapping[str, str]
    sections: Sequence[Section]
    table: Table


def render(page: Page) -> str:
    """The page as one HTML document.

    Raises:
        ModuleNotFoundError: Jinja2 or Plotly is not installed.
    """
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415  # an extra brings both
    from plotly.offline import get_plotlyjs  # noqa: PLC0415

    here = files(__package__)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(here.joinpath("page.html.j2").read_text(encoding="utf-8"))
    return template.render(
        page=page,
        version=__version__,
        data=_script_json({"sections": [vars(section) for section in page.sections], "table": vars(page.table)}),
        style=here.joinpath("page.css").read_text(encoding="utf-8"),
        script=here.joinpath("page.js").read_text(encoding="utf-8"),
        plotly=get_plotlyjs(),
    )


def _script_json(value: Any) -> str:  # noqa: ANN401  # any JSON
    """JSON that may stand in a script element, whatever its strings say; NaN and infinity are refused."""
    return json.dumps(value, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
