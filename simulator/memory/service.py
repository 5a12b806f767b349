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

from math import gcd

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


def merged(request: Vector) -> tuple[int, int, int, int, int, int, int]:
    """The runs of a request with as few axes as they have: images, rows, columns, bytes of a run, and the strides."""
    images, rows, cols, run = int(request[IMAGES]), int(request[ROWS]), int(request[COLS]), int(request[RUN_BYTES])
    image_stride, row_stride, col_stride = (
        int(request[IMAGE_STRIDE]),
        int(request[ROW_STRIDE]),
        int(request[COL_STRIDE]),
    )
    if col_stride == run:
        run, cols = run * cols, 1
    if cols == 1 and row_stride == run:
        run, rows = run * rows, 1
    if cols == rows == 1 and image_stride == run:
        run, images = run * images, 1
    # Runs at equal distances are one axis, whatever axes they came from.
    if cols == 1:
        cols, col_stride, rows = rows, row_stride, 1
    elif row_stride == cols * col_stride:
        cols, rows = cols * rows, 1
    if cols == rows == 1:
        cols, col_stride, images = images, image_stride, 1
    elif rows == 1 and image_stride == cols * col_stride:
        cols, images = cols * images, 1
    return images, rows, cols, run, image_stride, row_stride, col_stride


def least(params: Vector, request: Vector) -> int:
    """Cycles that a request takes at least: its bursts, each run rounded outward, and tCL; 0 for an empty one."""
    images, rows, cols, run, _, _, _ = merged(request)
    bursts = images * rows * cols * -(-run // int(params[BURST_BYTES]))
    if bursts == 0:
        return 0
    return -(-bursts * int(params[BURST_NUM]) // int(params[BURST_DEN])) + int(params[T_CL])


def refreshed(params: Vector, state: Vector, time: int, free: int) -> int:
    """When the refresh that is due at ``time`` is over; it closes all rows."""
    due, t_refi = int(state[NEXT_REFRESH]), int(params[T_REFI])
    due += (time - due) // t_refi * t_refi  # of those in idle time only the last can still block
    state[NEXT_REFRESH] = due + t_refi
    for bank in range(int(params[BANKS])):
        state[FIRST_BANK + bank * BANK_WORDS + OPEN_ROW] = CLOSED
    return max(time, max(due, free) + int(params[T_RFC]))


def page_of(address: int, page_bytes: int, banks: int, page_end: int, bank: int, row: int) -> tuple[int, int, int]:
    """End, bank and row of the page of an address, given those of another page, which is likely the one before."""
    if page_end - page_bytes <= address < page_end:
        return page_end, bank, row
    if page_end <= address < page_end + page_bytes:
        if bank + 1 < banks:
            return page_end + page_bytes, bank + 1, row
        return page_end + page_bytes, 0, row + 1
    page = address // page_bytes
    return (page + 1) * page_bytes, page % banks, page // banks


def opened(params: Vector, state: Vector, bank: int, row: int, time: int, prepare: int) -> int:
    """When a row is open, if it is prepared from cycle ``prepare`` on; not before ``time``."""
    slot = FIRST_BANK + bank * BANK_WORDS
    open_row = int(state[slot + OPEN_ROW])
    if open_row == row:
        return time
    if open_row != CLOSED:
        prepare = max(prepare, int(state[slot + ACTIVATED]) + int(params[T_RAS])) + int(params[T_RP])
    state[slot + OPEN_ROW], state[slot + ACTIVATED] = row, prepare
    return max(time, prepare + int(params[T_RCD]))


def together(address: int, run: int, stride: int, count: int, burst_bytes: int, limit: int) -> tuple[int, int]:
    """How many of ``count`` equal runs in a page begin before a refresh falls due, and their bursts.

    Args:
        address: First byte of the first run, which begins in any case.
        run: Bytes of a run.
        stride: Bytes from run to run.
        count: Runs in the page.
        burst_bytes: Bytes of a burst.
        limit: A run begins in time where the runs before it are at most so many bursts.
    """
    if stride % burst_bytes == 0:
        each = -(-(address + run) // burst_bytes) - address // burst_bytes
        if (count - 1) * each > limit:
            count = max(0, limit) // each + 1
        return count, count * each
    period = burst_bytes // gcd(stride, burst_bytes)  # runs after which their alignment to bursts repeats
    done = bursts = 0
    while done < count and (done == 0 or bursts <= limit):
        if done == period:
            periods = max(1, min(count // period, limit // bursts))
            done, bursts = done * periods, bursts * periods
            if done == count:
                break
        bursts += -(-(address + done * stride + run) // burst_bytes) - (address + done * stride) // burst_bytes
        done += 1
    return done, bursts


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
    images, rows, cols, run, image_stride, row_stride, col_stride = merged(request)
    if images * rows * cols * run == 0:
        return 0
    page_bytes, banks, burst_bytes = int(params[PAGE_BYTES]), int(params[BANKS]), int(params[BURST_BYTES])
    burst_num, burst_den = int(params[BURST_NUM]), int(params[BURST_DEN])

    # Divisions are what takes time here: what does not change is found once.
    aligned = col_stride % burst_bytes == row_stride % burst_bytes == image_stride % burst_bytes == 0
    each = -(-(int(request[ADDRESS]) + run) // burst_bytes) - int(request[ADDRESS]) // burst_bytes

    free, due = int(state[FREE]), int(state[NEXT_REFRESH])
    time = start  # of the next column command; its data follow tCL later
    lookahead = start  # earliest cycle for preparing a page in another bank
    last_page, last_bank = 0, banks - 1  # a page is known by its end
    page_end, bank, row = 0, banks - 1, -1
    credit = 0  # unused part of the last cycle, in 1 / BURST_DEN cycles
    for line in range(images * rows):
        first = int(request[ADDRESS]) + line // rows * image_stride + line % rows * row_stride
        address, col = first, 0
        while col < cols:
            if due <= time:
                time = lookahead = refreshed(params, state, time, free)
                due = int(state[NEXT_REFRESH])
                last_page, last_bank = 0, banks - 1  # nothing is prepared ahead across a refresh
            page_end, bank, row = page_of(address, page_bytes, banks, page_end, bank, row)
            if page_end != last_page:
                time = opened(params, state, bank, row, time, time if bank == last_bank else lookahead)
                lookahead, last_page, last_bank = time, page_end, bank

            # The segment, and the runs behind it in this page up to the next refresh: their times only add up.
            start_of_run = first + col * col_stride
            end = start_of_run + run
            left = page_end - end
            if address == start_of_run and left >= 0:
                count = cols - col
                if count > 1 and col_stride:
                    count = min(count, left // col_stride + 1)
                room = (due - 1 - time) * burst_den + credit
                bursts = count * each
                if not aligned or (bursts - each) * burst_num > room:
                    count, bursts = together(address, run, col_stride, count, burst_bytes, room // burst_num)
            else:  # a part of a run that crosses pages
                end = min(end, page_end)
                bursts = -(-end // burst_bytes) - address // burst_bytes
                count = int(left >= 0)
            work = bursts * burst_num - credit
            cycles = -(-work // burst_den)
            credit = cycles * burst_den - work
            time += cycles
            free = time
            col += count
            address = first + col * col_stride if count else end
    state[FREE] = time + int(params[T_CL])
    return time + int(params[T_CL]) - start


FUNCTIONS = (merged, least, refreshed, page_of, opened, together, banked)
