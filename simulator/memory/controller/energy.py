"""Energy of DRAM commands from the currents of a data sheet.

Each formula is that of DRAMPower (Chandrasekar et al., 2012; github.com/tukl-msd/DRAMPower), which follows Micron's
power calculation (TN-41-01): the current of a pattern beyond the background, times the supply, times how long it flows.
Neither input/output nor termination is part of it.
"""

from dataclasses import dataclass

from simulator.memory.controller.config import Device


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """What one device has done.

    Attributes:
        cycles: How long, until the last command has ended.
        active_cycles: Of these with a row open, from an activation to the command that closes the last open row.
        activations: Rows opened.
        precharges: Rows closed, automatically or together too.
        reads: Bursts.
        writes: Bursts.
        refreshes: Of all banks.
    """

    cycles: int
    active_cycles: int
    activations: int
    precharges: int
    reads: int
    writes: int
    refreshes: int


def energy_pj(activity: Activity, device: Device) -> dict[str, float]:
    """Energy of all devices of a rank by component [pJ]."""
    current, timing = device.current_ma, device.commands.timings
    idd2n, idd3n = current.idd2n, current.idd3n
    # mA * cycles of each component; mA * V * ns = pJ.
    charge = {
        "activate": (current.idd0 - idd3n) * timing["nRAS"] * activity.activations,
        "precharge": (current.idd0 - idd2n) * (timing["nRC"] - timing["nRAS"]) * activity.precharges,
        "read": (current.idd4r - idd3n) * timing["nBL"] * activity.reads,
        "write": (current.idd4w - idd3n) * timing["nBL"] * activity.writes,
        "refresh": (current.idd5 - idd3n) * timing["nRFC"] * activity.refreshes,
        "background, row open": idd3n * activity.active_cycles,
        "background, rows closed": idd2n * (activity.cycles - activity.active_cycles),
    }
    scale = device.supply.vdd * device.commands.cycle_ps / 1000 * device.devices
    return {name: value * scale for name, value in charge.items()}
