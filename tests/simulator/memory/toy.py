"""A memory with round numbers, and requests to it."""

from simulator.memory import service as layout
from simulator.memory.service import service

PAGE, BANKS, BURST = 64, 4, 16  # bytes, banks, bytes: page p lies in bank p % 4
BURST_CYCLES = 4
RCD, RP, CL, RAS, RFC, REFI = 5, 7, 3, 30, 50, 10_000


def toy_params(*, burst_num=BURST_CYCLES, burst_den=1):
    params = [0] * layout.PARAMS
    params[layout.KIND] = layout.BANKED
    params[layout.PAGE_BYTES], params[layout.BANKS], params[layout.BURST_BYTES] = PAGE, BANKS, BURST
    params[layout.BURST_NUM], params[layout.BURST_DEN] = burst_num, burst_den
    params[layout.T_RCD], params[layout.T_RP], params[layout.T_CL] = RCD, RP, CL
    params[layout.T_RAS], params[layout.T_RFC], params[layout.T_REFI] = RAS, RFC, REFI
    return params


def toy_state():
    return [REFI, 0] + [layout.CLOSED, 0] * BANKS


def run(address, size):
    """A request for contiguous bytes."""
    return box(address, run_bytes=size)


def box(address, *, images=1, rows=1, cols=1, run_bytes, image_stride=0, row_stride=0, col_stride=0):
    return [address, images, rows, cols, run_bytes, image_stride, row_stride, col_stride, 0]


def serve(*requests, params=None, state=None):
    """Service times of (request, start) pairs, in order, from a cold memory."""
    params, state = params or toy_params(), toy_state() if state is None else state
    return [service(params, state, request, start) for request, start in requests]
