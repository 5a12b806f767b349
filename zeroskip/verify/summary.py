"""The JUnit report of ``zeroskip verify``, and waveforms."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from zeroskip.verify.pool import Simulation

NO_WAVE = "no waveform could be written"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a JUnit report says of one configuration or bench; ``fault`` is empty where all is well."""

    name: str
    seconds: float
    fault: str


def write_junit(verdicts: Sequence[Verdict], path: Path) -> None:
    """One test case per configuration or bench."""
    failures = sum(bool(verdict.fault) for verdict in verdicts)
    suite = ElementTree.Element("testsuite", name="zeroskip verify", tests=str(len(verdicts)), failures=str(failures))
    for verdict in verdicts:
        case = ElementTree.SubElement(
            suite, "testcase", classname="zeroskip.verify", name=verdict.name, time=f"{verdict.seconds:.3f}"
        )
        if verdict.fault:
            failure = ElementTree.SubElement(case, "failure", message=verdict.fault.splitlines()[0])
            failure.text = verdict.fault
    ElementTree.ElementTree(suite).write(path, encoding="unicode", xml_declaration=True)


def keep_wave(simulation: Simulation, name: str) -> Path | None:
    """Move the waveform of a run to the current folder."""
    wave = simulation.wave()
    if wave is None:
        return None
    target = Path(f"verify-{name}{wave.suffix}").resolve()
    shutil.move(wave, target)
    return target
