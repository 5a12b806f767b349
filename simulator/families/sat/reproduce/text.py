"""The words of the page, and the published number."""

from simulator.families.sat.reproduce.measure import ASSUMED_ADD_LATENCY, BATCH

PUBLISHED_SPEEDUP = 1.75  # arXiv 2309.13015, abstract: average of BDWP 2:8 over dense training on the same SAT

INTRO = (
    "Written by `zeroskip reproduce sat`; nothing on it is typed in but the text, the published number and the "
    "assumed latency of the adder.",
    f"""Fang et al., arXiv:2309.13015 (IEEE TCAD 2023), report that training with BDWP at 2:8 is on average
    **{PUBLISHED_SPEEDUP} times** as fast as dense training on the same SAT. This page compares that average with
    simulated training steps. Only the abstract and third-party notes were available: the array of 32 x 32, the clock,
    which networks the average is over, their layers, the batch of {BATCH}, the scratchpads and the DRAM channels are
    **not confirmed**. So the seconds are no reproduction of the paper, and agreement of the mean is weak evidence.""",
)

RULES = (
    """A step is the forward, backward and weight-update products of every layer, each in the mapping that offline
    scheduling finds, then the optimiser: WUVE, with fp32 weights and velocities in DRAM, and SORE, which prunes the new
    weights behind it. Layers run one after another. The first layer is dense and has no backward pass; the last layer,
    products of two activations and all weight updates are dense.""",
    """Every tile is fetched from DRAM (sizes and traffic: `mapping/training.py`, `simulator/families/sat/`): a weight
    update reads the unfolded input, once for every kernel position, and the backward pass of a strided convolution
    reads the gradient once for each of its phases. **Not modelled**: batch normalisation, activation functions,
    softmax, pooling, additions and the loss. They take as long with pruned weights, so they would lower the
    speedup.""",
)

ARRAY_ALONE = """
    "Array alone" is the closed form of the same step: each product one GEMM in one tile, memory without limits,
    no optimiser, the better dataflow per product, an overhead of 2R + C - 2 cycles for every fold. The whole machine
    hides the R cycles of an output-stationary drain, so it need not be slower everywhere. "MAC bound" counts
    multiplications only."""

BOUNDS = """
    If a share r = N / M of the multiplications is left in a sparse stage, the three stages are equal and sparse
    products use the array no better than dense ones, the speedup is at most 3 / (r + 2) with one sparse stage,
    3 / (2r + 1) with two and 1 / r with all three. Means over the five networks; BDWP does not prune the update, the
    last row is there for comparison only."""

STAGES = "Seconds of each stage at the clock of the configuration (not confirmed), dense training / BDWP 2:8."

ABLATIONS = f"""
    Each row changes one mechanism of the machine. A cell is the speedup over dense training on that same machine and,
    in brackets, how long its 2:8 step takes in steps of the machine as configured. The latency of SAT's adder is not
    public: {ASSUMED_ADD_LATENCY} stages are **assumed** in the last two rows, to show what interleaving is for. Without
    it a sum is continued only every {ASSUMED_ADD_LATENCY} cycles. A dense weight-stationary product adds once in a
    processing element and does not notice; a sparse one adds N products there, so scheduling may run a pruned layer as
    a dense one."""

NOT_FITTED = (
    "No constant was fitted to it. The work that is not modelled would lower it; networks, sizes and machine that are "
    "not confirmed can move it either way."
)
