"""A pruned network on the screen and as JSON."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mapping.accuracy import Evaluation, PrunedLayer, PrunedNetwork, Pruning
from zeroskip.report.screen import grid, plain_table, show


@dataclass(frozen=True, kw_only=True)
class Report:
    """What ``zeroskip prune`` did.

    Attributes:
        model: What the user called it.
        source: Its file.
        output: What was written.
        pruning: How.
        pruned: The layers, and the network.
        samples: Calibration samples.
        difference: Largest difference between ONNX Runtime's outputs of the pruned layers and our products, as a
            share of the rounding bound of float32 sums.
        evaluation: Accuracies; None if not asked for.
    """

    model: str
    source: Path
    output: Path
    pruning: Pruning
    pruned: PrunedNetwork
    samples: int
    difference: float
    evaluation: Evaluation | None


def report_record(report: Report) -> dict[str, Any]:
    """Everything as plain values."""
    evaluation = report.evaluation
    return {
        "format": 1,
        "model": report.model,
        "source": str(report.source),
        "output": str(report.output),
        "pattern": str(report.pruning.pattern),
        "criterion": report.pruning.criterion,
        "seed": report.pruning.seed,
        "calibration_samples": report.samples,
        "density": report.pruned.density,
        "runtime_difference_of_rounding_bound": report.difference,
        "layers": [_layer_record(layer) for layer in report.pruned.layers],
        "evaluation": None
        if evaluation is None
        else {
            "set": evaluation.task.title,
            "samples": evaluation.samples,
            "scores": {name: [asdict(score) for score in scores] for name, scores in evaluation.scores.items()},
        },
    }


def _layer_record(layer: PrunedLayer) -> dict[str, Any]:
    return {
        "name": layer.site.layer.name,
        "op": layer.site.layer.op,
        "weight_shape": list(layer.site.layer.shape.weight_shape),
        "pruned": layer.mask is not None,
        "density": layer.density,
        "weight_error": layer.weight_error,
        "output_error": layer.output_error,
        "own_tensor": layer.own_tensor,
    }


def print_report(report: Report) -> None:
    """Print what was done, a row for each layer, and the accuracies."""
    pruning, pruned = report.pruning, report.pruned
    header = {
        "model": f"{report.model} ({report.source})",
        "pattern": f"{pruning.pattern} by {pruning.criterion}",
        "calibration": f"{report.samples} samples" if report.samples else "none",
        "written": f"{report.output}: {pruned.density:.1%} of the weights of {len(pruned.layers)} layers",
        "checked": "ONNX Runtime computes the pruned layers as we do: largest difference "
        f"{report.difference:.2g} of the float32 rounding bound",
    }
    table = plain_table("layer", "weights", "kept", "weight error", "output error", "note")
    for layer in pruned.layers:
        shape = "x".join(map(str, layer.site.layer.shape.weight_shape))
        output = "-" if layer.output_error is None else f"{layer.output_error:.3f}"
        error = f"{layer.weight_error:.3f}" if layer.mask is not None else "-"
        note = "own tensor: it was shared or computed" if layer.own_tensor else ""
        note = "dense" if layer.mask is None else note
        table.add_row(layer.site.layer.name, shape, f"{layer.density:.1%}", error, output, note)
    show(grid(header), table)
    if report.evaluation is not None:
        _print_evaluation(report.evaluation)


def _print_evaluation(evaluation: Evaluation) -> None:
    """A row for each score, a column for each network."""
    table = plain_table("score", *evaluation.scores, title=f"On {evaluation.task.title}")
    for row in zip(*evaluation.scores.values(), strict=True):
        cells = [f"{one.value:.4f}" + ("" if one.error is None else f" ± {one.error:.4f}") for one in row]
        table.add_row(row[0].name, *cells)
    show(table, grid({"floor": "the pruned layers with all weights zero", "±": "standard error over the samples"}))
