"""The pictures of a page: lines over a common axis."""

from pathlib import Path

from matplotlib.figure import Figure

from simulator.page import Picture
from zeroskip.report.figures import save_figure

INCHES = (7.2, 4.6)
MARKERS = "osD^vPX*"


def draw(picture: Picture, stem: Path) -> None:
    """Draw a picture as PNG and SVG."""
    figure = Figure(figsize=INCHES, layout="constrained", dpi=150)
    axis = figure.subplots()
    for number, (name, points) in enumerate(picture.lines.items()):
        x, y = zip(*points, strict=True)
        axis.plot(x, y, marker=MARKERS[number % len(MARKERS)], markersize=4, linewidth=1.2, label=name)
    if picture.logarithmic:
        axis.set_xscale("log", base=2)
        axis.set_yscale("log", base=2)
        axis.xaxis.set_major_formatter("{x:g}")
        axis.yaxis.set_major_formatter("{x:g}")
    axis.set(xlabel=picture.across, ylabel=picture.up, title=picture.title)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    save_figure(figure, stem)
