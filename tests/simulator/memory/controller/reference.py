"""The controller of docs/dram_controller.md cycle by cycle, with lists: slow, and no code of the simulator's kernel."""

from tests.simulator.memory.commands.test_service import Checker


class Request:
    def __init__(self, number, bank, row, column, write, arrival):
        self.number, self.bank, self.row, self.column, self.write, self.arrival = (
            number,
            bank,
            row,
            column,
            write,
            arrival,
        )
        self.sent = self.taken = self.issued = self.data = self.left = self.done = None


class Reference:
    """Runs a trace to its end; ``requests`` and ``issued`` (cycle, command, bank) tell what happened."""

    def __init__(self, config, trace, device):
        self.config, self.table, self.device = config, device.commands, device
        banks, rows, columns = device.decode(trace.address)
        fields = zip(
            banks.tolist(), rows.tolist(), columns.tolist(), trace.write.tolist(), trace.arrival.tolist(), strict=True
        )
        self.requests = [Request(number, *each) for number, each in enumerate(fields)]
        self.checker = Checker(self.table)
        # The checker of the other kind of memory counts banks in groups of its own size.
        self.checker.near = self.near
        self.open = [None] * device.banks
        self.buffer, self.out, self.held, self.issued = [], [], [], []
        self.last_bank, self.last_write = 0, 0
        self.trigger = self.table.timings["nREFI"]
        self.debt, self.ahead, self.forced = 0, False, False
        self.run()

    def near(self, scope, one, other):
        if scope == "channel" or one is None or other is None:
            return scope == "channel"
        size = {"bank": 1, "bankgroup": self.device.group_banks}[scope]
        return one // size == other // size

    def run(self):
        cycle = 0
        while any(request.done is None or request.done > cycle for request in self.requests):
            self.respond(cycle)
            self.send(cycle)
            self.take(cycle)
            self.command(cycle)
            cycle += 1
            unsent = [r.arrival for r in self.requests if r.sent is None]
            if all(r.done is not None or r.sent is None for r in self.requests) and unsent and not self.forced:
                cycle = max(cycle, min(unsent[0], self.trigger))  # nothing can happen before

    def respond(self, cycle):
        """At most one response leaves the controller, and at most one reaches the initiator."""
        ready = [r for r in self.out if r.data <= cycle]
        if self.config.resp_queue == "fifo":
            ready = [r for r in ready if r is self.out[0]]
        else:
            waiting = min((r.number for r in self.requests if r.left is None), default=None)
            ready = [r for r in ready if r.number == waiting]
        for request in ready[:1]:
            request.left = cycle
            self.out.remove(request)
            self.held.append(request)
        passed = self.held[:1]
        if self.config.arbiter == "reorder":
            waiting = min((r.number for r in self.requests if r.done is None), default=None)
            passed = [r for r in self.held if r.number == waiting]
        for request in passed:
            request.done = cycle
            self.held.remove(request)

    def send(self, cycle):
        """The initiator sends at most one request a cycle, if the arbiter takes it."""
        request = next((r for r in self.requests if r.sent is None), None)
        if request is None or request.arrival > cycle:
            return
        before = self.requests[request.number - 1] if request.number else None
        if self.config.arbiter == "simple":
            if before is None or (before.taken is not None and before.taken < cycle):
                request.sent = cycle
        elif sum(r.sent is not None and r.done is None for r in self.requests) < self.config.max_active_transactions:
            request.sent = cycle

    def take(self, cycle):
        """At most one request a cycle enters the buffer."""
        request = next((r for r in self.requests if r.taken is None), None)
        if request is None or request.sent is None or any(r.taken == cycle for r in self.requests):
            return
        waiting = {
            "bankwise": [r for r in self.buffer if r.bank == self.last_bank],
            "shared": self.buffer,
            "read_write": max(([r for r in self.buffer if r.write == kind] for kind in (0, 1)), key=len),
        }[self.config.scheduler_buffer]
        if len(waiting) < self.config.request_buffer_size:
            request.taken, self.last_bank = cycle, request.bank
            self.buffer.append(request)

    def command(self, cycle):
        was_forced = self.forced
        refresh = self.refresh(cycle)
        wanted = [] if was_forced else [self.next_of(bank) for bank in range(self.device.banks)]
        legal = [each for each in wanted if each and self.checker.earliest(each[1], each[0].bank) <= cycle]
        if refresh and self.checker.earliest(refresh, None) <= cycle:
            self.issue(cycle, refresh, None, None)
        elif legal:
            request, name = min(legal, key=lambda each: each[0].number)
            self.issue(cycle, name, request.bank, request)

    def next_of(self, bank):
        """The request that a bank works on, and its next command."""
        queue = [r for r in self.buffer if r.bank == bank]
        if not queue:
            return None
        opened = self.open[bank]
        hits = [r for r in queue if r.row == opened]
        request = queue[0]
        if hits and self.config.scheduler == "fr_fcfs":
            request = hits[0]
        elif hits and self.config.scheduler == "fr_fcfs_grp":
            free = [r for i, r in enumerate(hits) if r.column not in [e.column for e in hits[:i]]]
            request = next((r for r in free if r.write == self.last_write), hits[0])
        if opened is None:
            return request, "ACT"
        if request.row != opened:
            return request, "PRE"
        more = len(hits) > 1
        if self.config.scheduler == "fifo":
            more = len(queue) > 1 and queue[1].row == opened
        closes = {
            "open": False,
            "open_adaptive": len(queue) > 1 and not more,
            "closed": True,
            "closed_adaptive": not more,
        }[self.config.page_policy]
        return request, ("WR" if request.write else "RD") + ("A" if closes else "")

    def refresh(self, cycle):
        """The command that the refresh logic wants now, or None."""
        if self.config.refresh_policy == "no_refresh" or cycle < self.trigger:
            return None
        interval = self.table.timings["nREFI"]
        if cycle >= self.trigger + interval:
            self.trigger, self.ahead = self.trigger + interval, False
        if not self.ahead and self.debt == self.config.refresh_max_postponed:
            self.forced = True
        elif self.buffer:
            self.debt += 0 if self.ahead else 1
            self.ahead = False
            self.trigger += interval
            return None
        return "PREA" if any(row is not None for row in self.open) else "REF"

    def issue(self, cycle, name, bank, request):
        assert self.checker.earliest(name, bank) <= cycle
        self.checker.past = [*self.checker.past[-80:], (cycle, name, bank)]  # none reaches further back
        self.checker.last = cycle
        self.issued.append((cycle, name, bank))
        if name == "ACT":
            self.open[bank] = request.row
        elif name in ("PRE", "RDA", "WRA"):
            self.open[bank] = None
        elif name == "PREA":
            self.open = [None] * len(self.open)
        elif name == "REF":
            self.debt -= int(self.ahead)
            self.forced, self.ahead = False, True
            if self.debt == -self.config.refresh_max_pulledin:
                self.ahead = False
                self.trigger += self.table.timings["nREFI"]
        if name[:2] in ("RD", "WR"):
            request.issued = cycle
            request.data = cycle + self.table.cycles("nWL + nBL" if request.write else "nRL + nBL")
            self.last_write = request.write
            self.buffer.remove(request)
            self.out.append(request)
            self.take(cycle)
