"""Where the words of a command-level memory stand: its request, its parameters, its state."""

NONE = -1
NEVER = 1 << 62
CLOSED = -1  # no row is open
COMMANDS = 2  # value of params[KIND], see simulator.memory.service

# Columns of a request, in the place of simulator.engine.job.REQUEST_FIELDS.
COMMAND_REQUEST = ("operation", "mask", "bank", "row", "count")
OPERATION, MASK, BANK, ROW, COUNT = range(5)

# params: head. N_* are numbers of commands, O_* offsets: the first four into params, the others into a channel's state.
KIND, N_CHANNELS, GROUPS, N_BANKS, GROUP_BANKS, N_COMMANDS, DEPTH, REFI, RING_WORDS, STRIDE, LOG_ROWS = range(11)
N_ACT, N_PRE, N_ACT_ALL, N_PRE_ALL, N_REFRESH, N_MODE = range(11, 17)
O_OPERATION, O_COMMAND, O_FIRST, O_CONSTRAINT = range(17, 21)
O_OPEN, O_READY, O_COUNT, O_ORDERED, O_ISSUED, O_READS, O_ACTIVE, O_RING, O_LOG = range(21, 30)
PARAMS_HEAD = 30

# One operation of the host.
OP_KIND, OP_FINAL, OP_REGISTERS, OP_BLOCKING, OP_READER = range(5)
OPERATION_WORDS = 5
HOST_ONLY, ORDERED, UNORDERED = range(3)  # values of OP_KIND

# One command.
C_SCOPE, C_NEED, C_EFFECT, C_CLOSING, C_LATENCY, C_ACCESS, C_STEADY = range(7)  # C_STEADY: runs of it are regular
COMMAND_WORDS = 7
NO_NEED, NEED_BANK, NEED_ALL = range(3)  # values of C_NEED: rows that must be open
NO_EFFECT, OPEN_BANK, OPEN_ALL, CLOSE_BANK, CLOSE_ALL = range(5)  # values of C_EFFECT

# One constraint: O_FIRST gives, for each level and command, where those begin that the command sets off.
K_AFTER, K_CYCLES, K_WINDOW, K_RING = range(4)
CONSTRAINT_WORDS = 4
LEVELS = ("channel", "bankgroup", "bank")

# state: head, then the channels (STRIDE words each), then the log.
LOG_USED = 0
STATE_HEAD = 1
# One channel: head, then open rows, first legal cycles, counts, buffers, rings at the offsets O_*.
(
    NOW,  # first cycle at which the controller can issue
    MODE,  # 1: the registers are accessible
    NEXT_REFRESH,
    ALL_ROW,  # the row that is open in every bank, or CLOSED
    OPEN_COUNT,  # banks with an open row
    SINCE,  # cycle from which a row has been open
    ACTIVE_CYCLES,  # cycles with an open row, up to the last time that all were closed
    ORDERED_HELD,  # 1 while the next ordered request has not issued its own command
    ISSUED_PLACE,  # where in the ring of issue cycles the next ordered request writes its own: over the oldest
    READ_COUNT,
    WRITE_COUNT,
    ACTIVE_COUNT,
    WRITE_MODE,
    LAST_READ,  # cycle at which the host saw the last data
    WRITE_DONE,  # cycle at which the last write or computation ended
    ACCESSES,  # commands that needed an open row
    MISSES,  # of these, those for which a row had to be opened
) = range(17)
CHANNEL_HEAD = 17

# One entry of a buffer; E_FINAL is NONE for a barrier.
E_FINAL, E_REGISTERS, E_BANK, E_ROW, E_MISSED, E_READER = range(6)
ENTRY_WORDS = 6
# One line of the log: cycle, channel, command, bank, row.
LOG_WORDS = 5
