"""Published numbers that the page sets beside ours. Nothing here goes into a model.

A1 is the artifact, FlightLLM/flightllm_test_demo@4a96251 (outputs of its profiler, README); A2 and A3 are the paper
(FPGA'24, arXiv 2401.03868); A4 is a third-party note whose writer ran the U280 bitstream.
"""

# A1: ms by queue, total, instructions.
QUEUES = ("LD", "ST", "MM", "MV", "MISC", "SYS")
DECODE = {
    144: (6.704711, 0.031453, 0.0, 8.810382, 0.225422, 0.000581, 9.281941, 103_765),
    256: (6.827646, 0.033316, 0.0, 8.890027, 0.245333, 0.000581, 9.429263, 103_765),
    512: (7.108639, 0.037573, 0.0, 9.072071, 0.290844, 0.000581, 9.809803, 103_765),
    640: (7.351315, 0.039702, 0.0, 9.254116, 0.313600, 0.000581, 10.113345, 112_981),
    1024: (7.670626, 0.046088, 0.0, 9.527182, 0.381867, 0.000581, 10.615256, 112_981),
    1536: (8.232612, 0.054603, 0.0, 9.982293, 0.472889, 0.000581, 11.420709, 122_197),
    2048: (8.794599, 0.063118, 0.0, 10.437404, 0.563911, 0.000581, 12.226162, 131_413),
}
PREFILL = {
    128: (104.406553, 0.932377, 274.240853, 0.0, 9.318400, 0.000492, 289.882369, 1_825_930),
    512: (426.847472, 4.000220, 1109.111324, 0.0, 49.550222, 0.000492, 1181.419287, 7_406_626),
}
ANCHORS = {528: 9.966955, 1040: 10.772408, 1552: 11.577861}

# A1, decode 512, first decoder layer: LD, MV, MISC in microseconds (None: not given) and instructions of these queues.
LAYERS = {
    "norm 1": ((0.07, 0.0, 0.71), None),
    "q": ((12.45, 15.93, 1.07), (258, 16, 24)),
    "k": ((12.45, 15.93, 1.07), (258, 16, 24)),
    "v": ((17.43, 22.76, 0.0), (130, 16, 0)),
    "concat k": ((4.25, None, None), None),
    "concat v": ((4.25, None, None), None),
    "scores": ((4.39, 2.84, 2.84), (257, 32, 32)),
    "values": ((4.79, 11.38, None), None),
    "o": ((17.50, 22.76, 0.36), (194, 16, 8)),
    "gate": ((46.97, 62.58, 0.98), (353, 44, 22)),
    "up": ((47.15, 62.58, 0.98), (529, 44, 22)),
    "down": ((46.19, 61.16, 0.36), (513, 56, 8)),
}

# A1 README: [prefill, decode] -> prefill ms, decode ms, tokens/s of the decode, and an A100 with vLLM (ms, tokens/s).
CASES = {
    (128, 512): (289.9, 4946.4, 103.5, 5727.0, 89.4),
    (128, 1024): (289.9, 10318.6, 99.2, 11645.2, 87.9),
    (128, 1536): (289.9, 16103.1, 95.4, 17561.8, 87.5),
    (512, 512): (1181.4, 5269.0, 97.2, 5879.7, 87.1),
    (512, 1024): (1181.4, 10950.5, 93.5, 11899.8, 86.1),
    (512, 1536): (1181.4, 17044.3, 90.1, 17627.1, 87.1),
}

# A4: cycles of one decode step on the board, lowest and highest of several runs.
ON_BOARD = {128: (3_937_100, 3_938_548), 512: (4_272_163, 4_272_339)}
ON_BOARD_WEIGHTS = 3.43e9  # bytes in HBM

# A2: sparsity 1.6 times the computation efficiency; bandwidth utilisation without and with on-chip decode; storage.
COMPUTATION_EFFICIENCY = 1.6
BANDWIDTH_UTILISATION = (0.356, 0.659)
STORAGE_RATIO = 500

# cornell-zhang/HiSparse@a4435bc3, table 3: density -> GOPS on a 512 x 33K layer; U280, 237 MHz, 16 matrix channels.
HISPARSE = {0.50: 21.9, 0.40: 18.9, 0.30: 16.5, 0.20: 14.8, 0.10: 9.7, 0.05: 5.7}
HISPARSE_SHAPE = (512, 33 * 1024)
HISPARSE_CLOCK_MHZ, HISPARSE_CHANNELS, HISPARSE_BITS = 237, 16, 64

# EdgeLLM (TCAS-I'25), third-party note: bits of a weight -> speedup; Wq of 4096 x 4096 in microseconds.
EDGE_LLM = {4.125: 1.0, 3.125: 1.32, 1.875: 2.2, 1.125: 3.67}
EDGE_LLM_WQ_US = (29.25, 38.5)  # ideal, measured
EDGE_LLM_CLOCK_MHZ, EDGE_LLM_BITS_PER_CYCLE = 280, 8192
