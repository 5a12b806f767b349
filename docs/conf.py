"""The documentation site: every page of this folder and a reference of the public Python interface.

The pages are written to be read as files too, so they link to notebooks and Verilog beside this folder: such a link
becomes one to the repository.
"""

import os
from importlib.metadata import version as installed
from os.path import dirname, normpath
from pathlib import Path
from typing import Any

from docutils import nodes
from pygments.lexers.special import TextLexer
from sphinx.addnodes import download_reference, pending_xref
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

HERE = Path(__file__).parent
ROOT = HERE.parent

project = "zeroskip"
author = "the zeroskip authors"
project_copyright = author
version = release = installed("zeroskip")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"zeroskip {release}"
exclude_patterns = ["_build"]

myst_heading_anchors = 3
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_default_options = {"members": True}

# Where the repository can be browsed, such as https://host/owner/zeroskip/blob/main; without it they are plain text.
REPOSITORY = os.environ.get("ZEROSKIP_REPOSITORY", "").rstrip("/")


class OutsideLinks(SphinxTransform):
    """Links from a page to what lies outside this folder, before anybody looks for them among the pages."""

    default_priority = 1

    def apply(self, **_: Any) -> None:  # noqa: ANN401  # the interface of docutils
        """Replace them; a link that leads nowhere stays, and warns."""
        for kind in (pending_xref, download_reference):
            for link in list(self.document.findall(kind)):
                target, _, fragment = str(link["reftarget"]).partition("#")
                if link.get("refdomain") == "doc":  # MyST has taken the suffix away
                    target += ".md"
                path = Path(normpath(HERE / dirname(self.env.docname) / target))
                if target and path.exists() and path.is_relative_to(ROOT) and not path.is_relative_to(HERE):
                    link.replace_self(_outside(path.relative_to(ROOT).as_posix(), fragment, link.children))


def _outside(path: str, fragment: str, children: list[nodes.Node]) -> nodes.Node:
    if not REPOSITORY:
        return nodes.inline("", "", *children)
    uri = f"{REPOSITORY}/{path}" + (f"#{fragment}" if fragment else "")
    return nodes.reference("", "", *children, refuri=uri, internal=False)


def setup(app: Sphinx) -> dict[str, bool]:
    """Sphinx calls this."""
    app.add_transform(OutsideLinks)
    app.add_lexer("csv", TextLexer)  # Pygments knows none
    return {"parallel_read_safe": True, "parallel_write_safe": True}
