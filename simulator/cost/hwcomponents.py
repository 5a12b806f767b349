"""A technology from the component models of hwcomponents (Accelergy project), at a node of CMOS.

Integer adders and multipliers and registers are those of its library (Aladdin, ISCA 2014, at 40 nm), SRAM is CACTI's
with a port of 64 bits, LPDDR4 and HBM2 are its constants. What it has no model of, such as floating point, is that of
``cmos-45nm`` times its scaling between nodes (Stillmaker and Baas, Integration 58, 2017); a DRAM is not scaled.
"""

import re
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

from mapping.errors import InputError
from simulator.cost.energy import DEFAULT, Cost, Sram, SramPoint, Technology, technology

PREFIX: Final = "hwcomponents:"
NEEDS = (3, 12)
# The models of adders, registers and scaling reach from 7 to 130 nm; above 90 nm its SRAM falls back to 22 nm.
SMALLEST_NM, LARGEST_NM = 7, 90
BASE_M = 45e-9  # of cmos-45nm
PORT_BITS = 64
SRAM_KIB = (1, 8, 32, 128, 1024)
PACKAGES = ("hwcomponents", "hwcomponents-library", "hwcomponents-cacti", "hwcomponents-neurosim")
_INTEGER = re.compile(r"(add|mul)\.int(\d+)")
_DRAM = {"lpddr4-3200": "LPDDR4", "hbm2": "HBM2"}


def hwcomponents_technology(name: str) -> Technology:
    """The technology called ``hwcomponents:NODE``, for example ``hwcomponents:22nm``.

    Raises:
        InputError: No such node, a Python or an installation in which the package does not run, or a model that fails.
    """
    node = _node_m(name)
    models = _Models(name)
    base = technology(DEFAULT)
    factor = models.scaling(node)

    def scaled(cost: Cost) -> Cost:
        source = f"{cost.source}; times {factor:.4g} from 45 nm, hwcomponents.scaling.tech_node_energy"
        status = "derived" if cost.status == "published" else cost.status
        return Cost(pj=cost.pj * factor, status=status, source=source)

    dram = {key: models.cost(_DRAM[key], {}, "read", bits_per_action=1) for key in _DRAM}
    return Technology(
        description=f"CMOS at {node * 1e9:g} nm by the models of hwcomponents {models.version}",
        operation={key: models.integer(key, node) or scaled(cost) for key, cost in base.operation.items()},
        register_bit=models.register(node),
        sram=models.sram(node),
        dram=base.dram | dram,
        link_bit=None if base.link_bit is None else scaled(base.link_bit),
        dram_action=base.dram_action,
    )


def _node_m(name: str) -> float:
    """The node in metres."""
    text = name.removeprefix(PREFIX)
    if not re.fullmatch(r"\d+(\.\d+)?nm", text) or not SMALLEST_NM <= float(text[:-2]) <= LARGEST_NM:
        raise InputError(f"technology {name}: the node is from {SMALLEST_NM}nm to {LARGEST_NM}nm, as in {PREFIX}22nm")
    return float(text[:-2]) / 1e9


class _Models:
    """The package, asked for one energy after another."""

    def __init__(self, name: str) -> None:
        if sys.version_info < NEEDS:
            have, need = (".".join(map(str, numbers[:2])) for numbers in (sys.version_info, NEEDS))
            raise InputError(f"technology {name}: hwcomponents needs Python {need} or later, this is {have}")
        try:
            self.package: Any = import_module("hwcomponents")
            import_module("hwcomponents_library")
            import_module("hwcomponents_cacti")
        except ImportError as error:
            raise InputError(f"technology {name}: {error}; install {' '.join(PACKAGES)}") from error
        self.name, self.version = name, version("hwcomponents")

    def joules(self, component: str, attributes: dict[str, float], action: str, **arguments: float) -> float:
        """Energy of an action of the model that the package chooses for a component."""
        try:
            return float(self.package.get_action_cost(component, attributes, action, arguments).energy)
        except Exception as error:  # whatever a model raises; the package wraps it in a page of its log
            reason = re.search(r"(?:Exception|Error): (.*?)(?:\. Please|\n|$)", str(error))
            why = reason[1] if reason else str(error).splitlines()[0]
            raise InputError(f"technology {self.name}: hwcomponents has no {component} {attributes}: {why}") from error

    def cost(self, component: str, attributes: dict[str, float], action: str, **arguments: float) -> Cost:
        """The same as a price with its source."""
        pj = self.joules(component, attributes, action, **arguments) * 1e12
        return Cost(pj=pj, status="derived", source=f"hwcomponents {self.version}: {component}.{action}")

    def scaling(self, node: float) -> float:
        """Energy at a node over that at 45 nm."""
        return float(self.package.scaling.tech_node_energy(node, BASE_M))

    def integer(self, operation: str, node: float) -> Cost | None:
        """An integer operation; None if it is none."""
        found = _INTEGER.fullmatch(operation)
        if found is None:
            return None
        component, action = ("IntAdder", "add") if found[1] == "add" else ("IntMultiplier", "multiply")
        return self.cost(component, {"tech_node": node, "width": int(found[2])}, action)

    def register(self, node: float) -> Cost:
        """A bit written and read."""
        attributes = {"tech_node": node, "width": 1}
        both = sum(self.joules("Register", attributes, action) for action in ("write", "read"))
        return Cost(pj=both * 1e12, status="derived", source=f"hwcomponents {self.version}: Register, write and read")

    def sram(self, node: float) -> Sram:
        """Bits by size, from CACTI."""
        points = []
        for kib in SRAM_KIB:
            attributes = {"tech_node": node, "width": PORT_BITS, "size": kib * 8192}
            read, write = (self.joules("SRAM", attributes, way, bits_per_action=1) for way in ("read", "write"))
            points.append(SramPoint(kib=kib, pj=read * 1e12, write_pj=write * 1e12))
        source = f"hwcomponents {self.version}: SRAM by CACTI, a port of {PORT_BITS} bits"
        return Sram(points=points, status="derived", source=source)
