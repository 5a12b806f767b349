"""Pictures for screens and for papers."""

from pathlib import Path

from matplotlib.figure import Figure


def save_figure(figure: Figure, stem: Path) -> None:
    """Write ``stem.png`` and ``stem.svg``."""
    for kind in ("png", "svg"):
        figure.savefig(stem.with_suffix(f".{kind}"), format=kind)
