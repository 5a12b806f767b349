"""How long a memory with state takes for a request: one plain function for each kind, called by both executors.

The function must compile under Numba as it stands, so it uses integers, indexing and loops only. ``params``
and ``state`` are flat vectors; the constants below give their layout, ``simulator.memory.config`` fills them.

Banked DRAM, everything in accelerator cycles (assumptions and sources in ``docs/memory.md``):

* **Segments.** The box of a request is a list of contiguous runs. Runs that touch are merged, from the
  innermost axis outwards; what remains is cut at page boundaries. They are served in order, in whole bursts.
* **Address.** ``page = address // page_bytes``, ``bank = page % banks``, ``row = page // banks``.
* **Transfer.** n bursts take ``n * burst_num / burst_den`` cycles. The unused part of a segment's last cycle
  is carried to the next segment: a request is rounded up once, and no product grows with its size.
* **Row.** Open: 0. Closed: tRCD. Another row open: tRP + tRCD, not before tRAS after the bank's activation.
* **Overlap.** The port looks one page ahead. A page in another bank is prepared from the moment the first
  transfer of the current page begins, a page in the same bank from the moment its last transfer ends:
  ``transfer begins = max(transfer before ends, page ready)``.
* **Latency.** Column commands are pipelined, so tCL is paid once, at the end of the request.
* **Refresh.** Falls due every tREFI, begins then or when the running segment or request has ended, takes
  tRFC, and leaves all rows closed. A request that starts during one waits for the rest of it.
"""

import numpy as np
import numpy.typing as npt

from simulator.memory.commands.service import serve as serve_commands

Vector = list[int] | npt.NDArray[np.int64]

# Columns of a request, in the order of simulator.engine.job.REQUEST_FIELDS.
ADDRESS, IMAGES, ROWS, COLS, RUN_BYTES, IMAGE_STRIDE, ROW_STRIDE, COL_STRIDE = range(8)

# Layout of params. Times in cycles.
KIND, PAGE_BYTES, BANKS, BURST_BYTES, BURST_NUM, BURST_DEN = range(6)
T_RCD, T_RP, T_CL, T_RAS, T_RFC, T_REFI = range(6, 12)
PARAMS = 12

# Layout of state: two words, then two for every bank.
NEXT_REFRESH, FREE = range(2)  # cycle at which a refresh falls due; end of the last request
FIRST_BANK = 2
OPEN_ROW, ACTIVATED = range(2)  # offset of a bank's open row and of the cycle of its activation
BANK_WORDS = 2

BANKED, COMMANDS = 1, 2  # values of params[KIND]
KINDS = (BANKED, COMMANDS)
CLOSED = -1  # value of an OPEN_ROW


def service(params: Vector, state: Vector, request: Vector, start: int) -> int:
    """Serve one request with the function of the memory's kind: ``banked``, or ``commands.service.serve``."""
    if params[KIND] == COMMANDS:
        return serve_commands(params, state, request, start)
    return banked(params, state, request, start)


def banked(params: Vector, state: Vector, request: Vector, start: int) -> int:
    """Serve one request and advance the state.

    Args:
        params: (12,) constants of the memory.
        state: (2 + 2 * banks,) or longer; changed.
        request: (9,) columns ``REQUEST_FIELDS``; reads and writes cost the same.
        start: Cycle at which the request is granted, not before the end of the one before it.

    Returns:
        Cycles until the last byte has been moved; 0 for an empty request.
    """
    page_bytes, banks, burst_bytes = int(params[PAGE_BYTES]), int(params[BANKS]), int(params[BURST_BYTES])
    burst_num, burst_den = int(params[BURST_NUM]), int(params[BURST_DEN])
    t_refi, t_ras, t_rp, t_rcd = int(params[T_REFI]), int(params[T_RAS]), int(params[T_RP]), int(params[T_RCD])
    images, rows, cols, run = int(request[IMAGES]), int(request[ROWS]), int(request[COLS]), int(request[RUN_BYTES])
    base, image_stride, row_stride, col_stride = (
        int(request[ADDRESS]),
        int(request[IMAGE_STRIDE]),
        int(request[ROW_STRIDE]),
        int(request[COL_STRIDE]),
    )
    if images * rows * cols * run == 0:
        return 0
    if col_stride == run:
        run, cols = run * cols, 1
    if cols == 1 and row_stride == run:
        run, rows = run * rows, 1
    if cols == rows == 1 and image_stride == run:
        run, images = run * images, 1

    free = int(state[FREE])
    time = start  # of the next column command; its data follow tCL later
    lookahead = start  # earliest cycle for preparing a page in another bank
    last_page = -1
    credit = 0  # unused part of the last cycle, in 1 / BURST_DEN cycles
    for index in range(images * rows * cols):
        address = base + index // (rows * cols) * image_stride
        address += index // cols % rows * row_stride + index % cols * col_stride
        stop = address + run
        while address < stop:
            due = int(state[NEXT_REFRESH])
            if due <= time:
                due += (time - due) // t_refi * t_refi  # of those in idle time only the last can still block
                time = lookahead = max(time, max(due, free) + int(params[T_RFC]))
                last_page = -1  # nothing is prepared ahead across a refresh
                state[NEXT_REFRESH] = due + t_refi
                for bank in range(banks):
                    state[FIRST_BANK + bank * BANK_WORDS + OPEN_ROW] = CLOSED

            page = address // page_bytes
            bank, row = page % banks, page // banks
            slot = FIRST_BANK + bank * BANK_WORDS
            open_row = int(state[slot + OPEN_ROW])
            if open_row != row:
                activate = time if bank == last_page % banks else lookahead
                if open_row != CLOSED:
                    activate = max(activate, int(state[slot + ACTIVATED]) + t_ras) + t_rp
                state[slot + OPEN_ROW], state[slot + ACTIVATED] = row, activate
                time = max(time, activate + t_rcd)

            if page != last_page:
                lookahead, last_page = time, page
            end = min(stop, (page + 1) * page_bytes)
            bursts = -(-end // burst_bytes) - address // burst_bytes
            work = bursts * burst_num - credit
            cycles = -(-work // burst_den)
            credit = cycles * burst_den - work
            time += cycles
            free = time
            address = end
    state[FREE] = time + int(params[T_CL])
    return time + int(params[T_CL]) - start
