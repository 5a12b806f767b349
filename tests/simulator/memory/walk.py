"""The banked memory as ``docs/memory.md`` tells it: segment by segment, nothing counted together."""

from simulator.memory import service as layout


def walk(params, state, request, start):
    """What ``simulator.memory.service.banked`` returns and does to the state."""
    base, images, rows, cols, run, image_stride, row_stride, col_stride = map(int, request[:8])
    page_bytes, banks, burst_bytes = (
        params[layout.PAGE_BYTES],
        params[layout.BANKS],
        params[layout.BURST_BYTES],
    )
    if images * rows * cols * run == 0:
        return 0
    if col_stride == run:
        run, cols = run * cols, 1
    if cols == 1 and row_stride == run:
        run, rows = run * rows, 1
    if cols == rows == 1 and image_stride == run:
        run, images = run * images, 1
    free = state[layout.FREE]
    time = lookahead = start
    last_page, credit = -1, 0
    for index in range(images * rows * cols):
        address = base + index // (rows * cols) * image_stride
        address += index // cols % rows * row_stride + index % cols * col_stride
        stop = address + run
        while address < stop:
            due = state[layout.NEXT_REFRESH]
            if due <= time:
                due += (time - due) // params[layout.T_REFI] * params[layout.T_REFI]
                time = lookahead = max(time, max(due, free) + params[layout.T_RFC])
                last_page = -1
                state[layout.NEXT_REFRESH] = due + params[layout.T_REFI]
                for bank in range(banks):
                    state[layout.FIRST_BANK + bank * layout.BANK_WORDS + layout.OPEN_ROW] = layout.CLOSED
            page = address // page_bytes
            bank, row = page % banks, page // banks
            slot = layout.FIRST_BANK + bank * layout.BANK_WORDS
            open_row = state[slot + layout.OPEN_ROW]
            if open_row != row:
                activate = time if bank == last_page % banks else lookahead
                if open_row != layout.CLOSED:
                    activate = max(activate, state[slot + layout.ACTIVATED] + params[layout.T_RAS])
                    activate += params[layout.T_RP]
                state[slot + layout.OPEN_ROW], state[slot + layout.ACTIVATED] = row, activate
                time = max(time, activate + params[layout.T_RCD])
            if page != last_page:
                lookahead, last_page = time, page
            end = min(stop, (page + 1) * page_bytes)
            bursts = -(-end // burst_bytes) - address // burst_bytes
            work = bursts * params[layout.BURST_NUM] - credit
            cycles = -(-work // params[layout.BURST_DEN])
            credit = cycles * params[layout.BURST_DEN] - work
            time += cycles
            free = time
            address = end
    state[layout.FREE] = time + params[layout.T_CL]
    return time + params[layout.T_CL] - start
