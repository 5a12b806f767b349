"""What is made of a result: text, files and pictures. Nothing here computes a cycle."""

import json
from collections.abc import Callable
from pathlib import Path

from zeroskip.report.folder import PROGRAMS, RESULT
from zeroskip.report.groups import groups
from zeroskip.report.result_json import result_record
from zeroskip.simulation import Result


def write_report(result: Result, folder: Path, step: Callable[[str], None] = lambda name: None) -> list[str]:
    """Write every output file: result, tables, trace, pictures and programs; ``docs/output.md`` describes them.

    Args:
        result: What to write.
        folder: Where; it is made if it does not exist.
        step: Called with what is being written.

    Returns:
        What the user should know about the files, one sentence each.
    """
    # Matplotlib and Arrow cost most of a second: without --out nobody waits for them.
    from zeroskip.report.bars import write_bars  # noqa: PLC0415
    from zeroskip.report.gantt import write_gantt  # noqa: PLC0415
    from zeroskip.report.roofline import write_roofline  # noqa: PLC0415
    from zeroskip.report.tables import write_tables  # noqa: PLC0415
    from zeroskip.report.trace import write_trace  # noqa: PLC0415

    step("writing programs")
    (folder / PROGRAMS).mkdir(parents=True, exist_ok=True)
    files: dict[str, str] = {}
    for group in groups(result):
        group.first.lowered.program.save(folder / PROGRAMS / group.file_name())
        files |= {layer.layer.name: f"{PROGRAMS}/{group.file_name()}" for layer in group.layers}
    step("writing tables")
    record = result_record(result, files)
    (folder / RESULT).write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    write_tables(record["layers"], folder)
    step("writing the trace")
    left_out = write_trace(result, folder / "trace.json")
    step("drawing the timeline")
    write_gantt(result, folder)
    step("drawing the layers")
    write_bars(result, folder)
    step("drawing the roofline")
    write_roofline(result, folder)
    return [f"trace.json: {left_out}"] if left_out else []
