"""Lowering to S4: a layer in a mapping becomes a program, without a Python loop over instructions.

The steps of the loop nest are rows of arrays. A step brings the weight tile and the activations that changed, and turns
the rings once; after the last channels of an output tile the vector unit and the store follow. Weights and activations
are double-buffered apart: a group of steps that shares a weight tile (or an activation tile) hands its half back with
its last pass. Weights come from DRAM once where L2 holds them all, else again with every tile.
"""

from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np

from mapping.arrays import BoolArray, IntArray
from mapping.graph import Layer
from mapping.sparsity import Pattern
from mapping.tiling import Mapping
from simulator.families.s4.config import S4Config
from simulator.families.s4.geometry import Geometry, pairs_per_filter, pixels
from simulator.families.s4.isa import (
    FETCH,
    LOAD,
    NOC,
    S4_ISA,
    SPU,
    STORE,
    TO_FETCH,
    TO_LOAD,
    TO_NOC,
    TO_SPU,
    TO_STORE,
    TO_VECTOR,
    VECTOR,
)
from simulator.families.s4.layout import Layout, layout
from simulator.families.s4.mapping import as_s4
from simulator.families.s4.room import check_room
from simulator.families.s4.vector import vector_work
from simulator.families.s4.work import kept_weights
from simulator.program import Program

Columns = IntArray | BoolArray | int
BUFFERS = 2


@dataclass(frozen=True, kw_only=True)
class Steps:
    """The steps of the loop nest in order, (s,) each: indices of the tiles."""

    group: IntArray
    output: IntArray
    wave: IntArray
    channel: IntArray

    @cached_property
    def new_weights(self) -> BoolArray:
        """Whether the weight tile differs from the step before."""
        return _changes(self.group, self.output, self.channel)

    @cached_property
    def new_activations(self) -> BoolArray:
        """Whether the activations do."""
        return _changes(self.group, self.wave, self.channel)

    @cached_property
    def first_channel(self) -> BoolArray:
        """Whether an output tile begins."""
        return self.channel == 0

    @cached_property
    def last_channel(self) -> BoolArray:
        """Whether it ends."""
        return self.channel == self.channel.max()


def enumerate_steps(geometry: Geometry) -> Steps:
    """All steps of a mapping in the order of its loops."""
    groups, outputs = len(geometry.groups), len(geometry.outputs)
    waves, channels = len(geometry.waves), len(geometry.channels)
    if geometry.mapping.tiling.order == "outputs_outer":
        group, output, wave, channel = np.indices((groups, outputs, waves, channels)).reshape(4, -1)
    else:
        group, wave, output, channel = np.indices((groups, waves, outputs, channels)).reshape(4, -1)
    return Steps(group=group, output=output, wave=wave, channel=channel)


def _changes(*indices: IntArray) -> BoolArray:
    """Whether any index differs from the step before; the first step always does."""
    changed = np.ones(len(indices[0]), bool)
    changed[1:] = np.logical_or.reduce([index[1:] != index[:-1] for index in indices])
    return changed


def lower(layer: Layer, pattern: Pattern, mapping: Mapping, config: S4Config) -> Program:
    """The program of one layer on one chip.

    Args:
        layer: What to run; its weights, if it has any, keep to ``pattern``.
        pattern: The pattern the layer is pruned to.
        mapping: How it runs.
        config: The machine.

    Raises:
        InputError: A mapping of another family, or one that does not fit.
    """
    check_room(layer, as_s4(mapping), config)
    geometry = Geometry(shape=layer.shape, mapping=as_s4(mapping), config=config)
    builder = _Builder(layer, geometry, layout(geometry), enumerate_steps(geometry))
    builder.add_weights()
    builder.add_activations()
    builder.add_passes()
    builder.add_outputs()
    builder.macs[builder.passes] = kept_weights(layer, pattern, geometry, builder.steps)
    return builder.program(
        {
            "layer": layer.name,
            "shape": asdict(layer.shape),
            "pattern": str(pattern),
            "executed": str(mapping.pattern),
            "mapping": str(mapping),
            "tiling": asdict(mapping.tiling),
            "team": geometry.mapping.team,
            "split": geometry.mapping.split,
            "config": config.model_dump(),
        }
    )


class _Builder:
    """The columns of a program while they are filled in."""

    def __init__(self, layer: Layer, geometry: Geometry, place: Layout, steps: Steps) -> None:
        self.layer, self.geometry, self.place, self.steps = layer, geometry, place, steps
        self.config, self.shape = geometry.config, layer.shape
        # A second operand that is an activation is brought from L2; where it does not fit it is loaded as weights.
        self.bring = layer.dynamic and place.in_l2.weights
        self.loads = self._loaded_steps()
        counts = np.stack(
            [
                self.loads,
                steps.new_weights,
                steps.new_activations,
                np.ones_like(steps.group, bool),
                steps.last_channel,
                steps.last_channel,
            ],
            axis=1,
        ).astype(np.int64)
        self.row = counts.cumsum().reshape(counts.shape) - counts  # of each kind's instruction, if the step has one
        self.passes = self.row[:, SPU]
        total = int(counts.sum())
        self.opcode = np.zeros(total, np.uint8)
        self.queue = np.zeros(total, np.uint8)
        self.wait = np.zeros(total, np.uint16)
        self.release = np.zeros(total, np.uint16)
        self.operands = np.zeros((total, S4_ISA.width), np.int64)
        self.macs = np.zeros(total, np.int64)

    def add_weights(self) -> None:
        """LOAD, and SPREAD or BRING, with the tokens between them and the passes."""
        steps, new, loads = self.steps, self.steps.new_weights, self.loads
        rows, load_rows = self.row[new, NOC], self.row[loads, LOAD]
        tile = self.geometry.weight_bytes[steps.output, steps.channel]
        groups = self.geometry.groups.count[steps.group]
        self._fill(
            "LOAD",
            LOAD,
            load_rows,
            self._of(loads, self._groups()),
            address=(self.place.weights[steps.output, steps.channel] + self._first_group() * self.place.group_bytes)[
                loads
            ],
            runs=1,
            run_bytes=tile[loads],
            group_stride=self.place.group_bytes,
        )
        self._fill(
            "BRING" if self.bring else "SPREAD",
            NOC,
            rows,
            self._of(new, self._groups() | self._outputs() | self._channels()),
            half=self._turn(new)[new],
            bytes=(tile * groups)[new],
        )
        self._exchange(new, NOC, TO_NOC)
        self.release[load_rows] |= TO_NOC
        self.wait[self.row[loads, NOC]] |= TO_LOAD
        if not self.place.in_l2.weights:  # a tile waits in one of two places in L2
            self.wait[load_rows[BUFFERS:]] |= TO_NOC
            self.release[self.row[loads, NOC][:-BUFFERS]] |= TO_LOAD

    def add_activations(self) -> None:
        """FETCH or PULL, with the tokens between them and the passes."""
        steps, new, shape, element = self.steps, self.steps.new_activations, self.shape, self.config.element_bytes
        geometry = self.geometry
        channels, groups = geometry.channels.count[steps.channel], geometry.groups.count[steps.group]
        moved = geometry.wave_pixels[steps.wave] * channels * groups * element
        fields = self._groups() | self._positions() | self._channels()
        own: dict[str, Columns] = {"half": self._turn(new)[new], "bytes": moved[new]}
        if not self.place.in_l2.inputs:
            first, count = _input_span(geometry)
            source = self._first_group() // geometry.mapping.split
            offset = source * shape.group_in_channels + geometry.channels.first[steps.channel]
            own |= {
                "address": (self.place.activations + (first[steps.wave] * shape.in_channels + offset) * element)[new],
                "runs": count[steps.wave][new],
                "run_bytes": (channels * element)[new],
                "stride": shape.in_channels * element,
                "group_stride": shape.group_in_channels * element if geometry.mapping.split == 1 else 0,
            }
        name = "FETCH" if self.place.in_l2.inputs else "PULL"
        self._fill(name, FETCH, self.row[new, FETCH], self._of(new, fields), **own)
        self._exchange(new, FETCH, TO_FETCH)

    def add_passes(self) -> None:
        """PASS instructions."""
        steps, geometry, positions = self.steps, self.geometry, self.shape.positions
        executed = geometry.mapping.pattern
        pairs = [pairs_per_filter(positions, int(count), executed) for count in geometry.channels.count]
        outputs, waves = geometry.outputs.count[steps.output], geometry.waves.count[steps.wave]
        self._fill(
            "PASS",
            SPU,
            self.passes,
            self._groups() | self._positions() | self._channels() | self._outputs(),
            ring=geometry.ring,
            filters=-(-outputs // geometry.ring),
            share=-(-waves // geometry.mapping.team),
            pairs=np.array(pairs, np.int64)[steps.channel],
            weight_half=self._turn(steps.new_weights),
            activation_half=self._turn(steps.new_activations),
            accumulate=~steps.first_channel,
            drain=steps.last_channel,
            output_half=self._turn(steps.first_channel),
        )

    def add_outputs(self) -> None:
        """VECTOR, and KEEP or STORE, with the tokens between the passes and them."""
        steps, done, shape, config = self.steps, self.steps.last_channel, self.shape, self.config
        geometry, half = self.geometry, self._turn(self.steps.first_channel)[self.steps.last_channel]
        groups, waves = geometry.groups.count[steps.group], geometry.waves.count[steps.wave]
        outputs = geometry.outputs.count[steps.output]
        elements = (groups * waves * outputs)[done]
        work = vector_work(self.layer.then, bf16=config.datapath == "bf16")
        self._fill(
            "VECTOR",
            VECTOR,
            self.row[done, VECTOR],
            {},
            half=half,
            shift=down_shift(self.layer, config),
            int_ops=work.int_ops * elements,
            float_ops=work.float_ops * elements,
            special_ops=work.special_ops * elements,
        )
        element, pixel_bytes = config.output_bytes, shape.out_channels * config.output_bytes
        own: dict[str, Columns] = {"half": half, "bytes": elements * element}
        if not self.place.in_l2.outputs:
            channel = self._first_group() * geometry.group_filters + geometry.outputs.first[steps.output]
            address = self.place.outputs + geometry.waves.first[steps.wave] * pixel_bytes + channel * element
            own |= {
                "address": address[done],
                "runs": waves[done],
                "run_bytes": (outputs * element)[done],
                "stride": pixel_bytes,
                "group_stride": geometry.group_filters * element,
            }
        stores, finished = self.row[done, STORE], self.passes[done]
        fields = self._of(done, self._groups() | self._positions() | self._outputs())
        self._fill("KEEP" if self.place.in_l2.outputs else "STORE", STORE, stores, fields, **own)
        self.release[finished] |= TO_VECTOR
        self.wait[self.row[done, VECTOR]] |= TO_SPU
        self.release[self.row[done, VECTOR]] |= TO_STORE
        self.wait[stores] |= TO_VECTOR
        self.wait[finished[BUFFERS:]] |= TO_STORE
        self.release[stores[:-BUFFERS]] |= TO_SPU

    def program(self, notes: dict[str, object]) -> Program:
        """The finished program."""
        return Program(
            isa=S4_ISA,
            queue=self.queue,
            opcode=self.opcode,
            wait=self.wait,
            release=self.release,
            operands=self.operands,
            macs=self.macs,
            notes=notes,
        )

    def _loaded_steps(self) -> BoolArray:
        """(s,) whether a step loads its weight tile from DRAM."""
        new = self.steps.new_weights
        if self.bring:
            return np.zeros_like(new)
        if not self.place.in_l2.weights:
            return new
        tile = np.ravel_multi_index(
            (self.steps.group, self.steps.output, self.steps.channel),
            (len(self.geometry.groups), len(self.geometry.outputs), len(self.geometry.channels)),
        )
        first = np.zeros_like(new)
        first[np.unique(tile, return_index=True)[1]] = True
        return first

    def _exchange(self, new: BoolArray, queue: int, to_queue: int) -> None:
        """Tokens of a double buffer that ``queue`` fills where ``new``, and passes read until the next one begins."""
        fills, first, last = self.row[new, queue], self.passes[new], self.passes[np.append(new[1:], True)]
        self.release[fills] |= TO_SPU
        self.wait[first] |= to_queue
        self.wait[fills[BUFFERS:]] |= TO_SPU
        self.release[last[:-BUFFERS]] |= to_queue

    @staticmethod
    def _turn(new: BoolArray) -> IntArray:
        """(s,) half of the buffer in which the tile of each step lies: they take turns."""
        return (new.cumsum() - 1) % BUFFERS

    def _first_group(self) -> IntArray:
        return self.geometry.groups.first[self.steps.group]

    def _groups(self) -> dict[str, Columns]:
        return {"group": self._first_group(), "groups": self.geometry.groups.count[self.steps.group]}

    def _positions(self) -> dict[str, Columns]:
        waves = self.geometry.waves
        return {"position": waves.first[self.steps.wave], "positions": waves.count[self.steps.wave]}

    def _channels(self) -> dict[str, Columns]:
        channels = self.geometry.channels
        return {"channel": channels.first[self.steps.channel], "channels": channels.count[self.steps.channel]}

    def _outputs(self) -> dict[str, Columns]:
        outputs = self.geometry.outputs
        return {"output": outputs.first[self.steps.output], "outputs": outputs.count[self.steps.output]}

    @staticmethod
    def _of(chosen: BoolArray, fields: dict[str, Columns]) -> dict[str, Columns]:
        return {name: values if isinstance(values, int) else values[chosen] for name, values in fields.items()}

    def _fill(self, opcode: str, queue: int, rows: IntArray, more: dict[str, Columns], /, **fields: Columns) -> None:
        self.opcode[rows] = S4_ISA.index(opcode)
        self.queue[rows] = queue
        for name, values in (more | fields).items():
            self.operands[rows, S4_ISA[opcode].column(name)] = values


def down_shift(layer: Layer, config: S4Config) -> int:
    """Bits by which sums are scaled down to int8, so that none overflows; 0 where accumulators are stored.

    A trained network has scales of its own, in their place: times do not depend on it.
    """
    if config.output == "accumulator" or config.datapath == "bf16":
        return 0
    return (127 * 127 * layer.k).bit_length() - 7


def _input_span(geometry: Geometry) -> tuple[IntArray, IntArray]:
    """First input pixel and pixels of the block that each wave reads from DRAM once, (w,) each."""
    shape, waves = geometry.shape, geometry.waves
    count = pixels(shape, waves.first, waves.count)
    image = shape.out_rows * shape.out_cols
    row = np.clip(waves.first % image // shape.out_cols * shape.stride[0] - shape.padding[0], 0, shape.in_rows - 1)
    first = (waves.first // image * shape.in_rows + row) * shape.in_cols
    if shape.kernel == (1, 1) and not any(shape.padding):
        first += waves.first % image % shape.out_cols * shape.stride[1]
    return first, np.minimum(count, shape.images * shape.in_rows * shape.in_cols - first)
