"""Rules that every program keeps to on its machine."""

from simulator.families.dram_pim.config import DramPimConfig
from simulator.program import Program, ProgramError


def check(program: Program, config: DramPimConfig) -> None:
    """Refuse channels, banks, rows, columns and registers that the machine does not have, and columns without inputs.

    Raises:
        ProgramError: It names the instruction.
    """
    program.validate()
    for opcode in program.isa.opcodes[:-1]:
        rows = program.of(opcode.name)
        legal = {
            "mask": (0, config.all_channels),
            "bank": (-1, config.banks - 1),
            "register": (0, config.registers - 1),
        }
        if opcode.name == "MAC_ABK":
            legal["row"] = (0, config.rows - 1)
        for name, (low, high) in legal.items():
            values = program.operand(opcode.name, name, rows)
            outside = (values < low) | (values > high)
            if outside.any():
                bad = int(outside.argmax())
                raise ProgramError(
                    f"instruction {rows[bad]}: {opcode.name}.{name}={values[bad]} outside [{low}, {high}]"
                )
    rows = program.of("MAC_ABK")
    ends = program.operand("MAC_ABK", "column", rows) + program.operand("MAC_ABK", "count", rows)
    beyond = (ends > config.row_columns) & (program.operand("MAC_ABK", "n", rows) > 0)
    if beyond.any():
        raise ProgramError(
            f"instruction {rows[int(beyond.argmax())]}: columns beyond the {config.row_columns} of a row"
        )
    loads = program.of("WR_GB")
    if len(rows) and (not len(loads) or loads[0] > rows[0]):
        raise ProgramError(f"instruction {rows[0]}: products before anything is in the buffer")
