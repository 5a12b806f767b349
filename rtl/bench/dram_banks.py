"""A behavioural DRAM channel: it takes commands and objects to every one that breaks a declared constraint."""

from collections import defaultdict, deque

from simulator.memory.commands.table import CommandTable


class ViolationError(AssertionError):
    """A command that the DRAM must not see in this cycle."""


class Banks:
    """All banks of a channel, for commands that address all of them.

    It reads the constraints as they are declared, one by one, and shares no code with the timing function.
    """

    def __init__(self, table: CommandTable) -> None:
        self._table = table
        self._issued: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=64))
        self._row: int | None = None
        self._last = -1
        self.registers = False
        self.tight: set[tuple[str, str]] = set()  # pairs that came at exactly their distance

    def take(self, cycle: int, command: str, row: int, registers: bool) -> None:
        """One command.

        Args:
            cycle: When.
            command: Its name.
            row: The row it addresses, where it does.
            registers: Whether its operation needs the mode in which registers are accessible.

        Raises:
            ViolationError: It breaks a constraint, or the rows or the mode are not as it needs them.
        """
        table, roles = self._table, self._table.roles
        if cycle <= self._last:
            raise ViolationError(f"cycle {cycle}: {command} in the cycle of another command or before it")
        self._check_distances(cycle, command)
        self._check_rows(cycle, command, row)
        if "mode" in roles:
            if command == roles["mode"]:
                self.registers = not self.registers
            elif self.registers != registers:
                raise ViolationError(f"cycle {cycle}: {command} in the wrong mode")
        effect = table.commands[command].effect
        if effect == "opens all":
            self._row = row
        elif effect == "closes all":
            self._row = None
        self._issued[command].append(cycle)
        self._last = cycle

    def _check_distances(self, cycle: int, command: str) -> None:
        for constraint in self._table.constraints:
            if command not in constraint.after:
                continue
            least = self._table.cycles(constraint.cycles)
            for before in constraint.before:
                past = self._issued[before]
                if len(past) >= constraint.window and cycle - past[-constraint.window] < least:
                    gap = cycle - past[-constraint.window]
                    raise ViolationError(
                        f"cycle {cycle}: {command} {gap} after {before}, at least {least} ({constraint.cycles})"
                    )
                if past and cycle - past[-1] == least:
                    self.tight.add((before, command))

    def _check_rows(self, cycle: int, command: str, row: int) -> None:
        roles = self._table.roles
        if self._table.commands[command].needs == "all rows" and self._row != row:
            raise ViolationError(f"cycle {cycle}: {command} needs row {row}, open is {self._row}")
        if command in (roles["act_all"], roles["refresh"]) and self._row is not None:
            raise ViolationError(f"cycle {cycle}: {command} with row {self._row} open")
