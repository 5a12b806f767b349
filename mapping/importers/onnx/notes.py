"""What this project writes into the metadata of an ONNX file, and reads from it."""

import json
from dataclasses import dataclass

import onnx
from onnx import helper

_TASK, _PRUNED = "zeroskip.task", "zeroskip.pruned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notes:
    """Notes in a file.

    Attributes:
        task: Name of the evaluation set that belongs to the network.
        pattern: What layers of it were pruned to.
        pruned: The names of these layers.
    """

    task: str | None = None
    pattern: str | None = None
    pruned: tuple[str, ...] = ()

    @property
    def patterns(self) -> dict[str, str]:
        """The pattern of each pruned layer, by name."""
        return {} if self.pattern is None else dict.fromkeys(self.pruned, self.pattern)

    @classmethod
    def read(cls, model: onnx.ModelProto) -> "Notes":
        """The notes of a file; those that somebody else damaged count as absent."""
        found = {entry.key: entry.value for entry in model.metadata_props}
        task = found.get(_TASK)
        try:
            pruned = json.loads(found.get(_PRUNED, "{}"))
            pattern, layers = str(pruned["pattern"]), tuple(map(str, pruned["layers"]))
        except (ValueError, KeyError, TypeError):
            return cls(task=task)
        return cls(task=task, pattern=pattern, pruned=layers)

    def write(self, model: onnx.ModelProto) -> None:
        """Put the notes into a file, in the place of those that it has."""
        found = {entry.key: entry.value for entry in model.metadata_props if entry.key not in (_TASK, _PRUNED)}
        if self.task is not None:
            found[_TASK] = self.task
        if self.pattern is not None:
            found[_PRUNED] = json.dumps({"pattern": self.pattern, "layers": list(self.pruned)})
        helper.set_model_props(model, found)
