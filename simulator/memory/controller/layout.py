"""Where the words of a controller stand: its policy, its banks, its progress."""

# Values of the policy's words, in the order of the choices of ``ControllerConfig``.
OPEN, OPEN_ADAPTIVE, CLOSED_PAGE, CLOSED_ADAPTIVE = range(4)
FIFO, FR_FCFS_GRP, FR_FCFS = range(3)
BANKWISE, READ_WRITE, SHARED = range(3)
IN_ORDER_OF_DATA, IN_ORDER_OF_REQUESTS = range(2)
NO_REFRESH, ALL_BANK = range(2)
SIMPLE, ARBITER_FIFO, ARBITER_REORDER = range(3)

# policy: the ten parameters in the order of the fields of ``ControllerConfig``, then what the device adds.
(
    PAGE,
    SCHEDULER,
    BUFFER,
    BUFFER_SIZE,
    RESPONSES,
    REFRESH,
    POSTPONED,
    PULLED_IN,
    ARBITER,
    ACTIVE,
) = range(10)
(
    N_RD,  # numbers of commands
    N_RDA,
    N_WR,
    N_WRA,
    T_REFI,  # cycles
    T_RAS,
    T_RP,
    T_READ,  # from a read to its last data
    T_WRITE,
    T_READ_PRE,  # from a read to the precharge that follows it
    T_WRITE_PRE,
) = range(10, 21)
POLICY_WORDS = 21

# banks: (banks, BANK_WORDS)
(
    HEAD,  # first waiting request, the oldest; NONE if there is none
    TAIL,
    LENGTH,
    CHOSEN,  # the request that it works on
    COMMAND,  # what that needs next
    STALE,  # 1 where both have to be found again
    ACTIVATED,  # cycle of the last activation
    FRESH,  # 1 from an activation to the column command after it
) = range(8)
BANK_WORDS = 8

# requests: (n, REQUEST_WORDS); what is put in, then what comes out.
(
    R_BANK,
    R_ROW,
    R_COLUMN,
    R_WRITE,
    R_ARRIVAL,  # earliest cycle at which the initiator sends it
    R_NEXT,  # neighbours in the queue of its bank
    R_BEFORE,
    R_SENT,  # cycle at which the arbiter takes it
    R_TAKEN,  # cycle at which the controller takes it
    R_COLUMN_AT,  # cycle of its column command
    R_LEFT,  # cycle at which the response leaves the controller, NONE before that is known
    R_DONE,  # cycle at which the initiator has the response
) = range(12)
REQUEST_WORDS = 12

# progress
(
    ARRIVED,  # requests that the controller has taken
    READY_AT,  # earliest cycle at which the controller can be offered the next one, NEVER while unknown
    ARBITER_AT,  # cycle at which the arbiter took the last one
    TAKEN_AT,  # cycle at which the controller took the last one
    WAITING_READS,
    WAITING_WRITES,
    LAST_BANK,  # of the last request taken
    LAST_WRITE,  # whether the last column command wrote
    SERVED,  # column commands
    NEXT_ID,  # the response that leaves next, where they leave as requests came
    LEFT_AT,  # cycle at which the last response left the controller
    NEXT_DONE,  # the response that the arbiter delivers next, where it delivers as requests came
    DONE_AT,  # cycle at which the last response was delivered
    DELIVERED,  # responses
    TRIGGER,  # cycle at which the refresh logic acts next
    DEBT,  # refreshes postponed; negative: pulled in
    AHEAD,  # 1 while refreshes are issued ahead of time
    FORCED,  # 1 while banks are blocked for a refresh
    REFRESH_COMMAND,  # what the refresh logic wants to issue, or NONE
    CLOSED_BY_ALL,  # banks that precharges of all banks have closed
    PRECHARGED_AT,  # cycle at which the last automatic precharge has ended
    HITS,  # column commands for which no row had to be opened
    MOST_DEBT,  # the largest debt with which a refresh fell due
    LEAST_DEBT,  # the smallest with which one ended
) = range(24)
PROGRESS_WORDS = 24
