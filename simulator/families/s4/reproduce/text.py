"""The words of the page."""

from simulator.families.s4.reproduce.measure import ABLATION_RATE, BATCH, SEQUENCE

INTRO = (
    """Written by `zeroskip reproduce s4`; nothing on it is typed in but the text and the published numbers, whose
    sources stand in `simulator/families/s4/reproduce/published.py`.""",
    """Moffett AI publishes rates and sizes of the Antoum chip, throughputs of whole networks, and patents; not its
    clock, the shape of its MAC arrays, the size of a bank, its schedule, or any cycle count. So this page shows whether
    a machine built from the published rates **can** give the published throughputs, and what they would imply. It is no
    reproduction cycle by cycle, and nothing was fitted.""",
)

RULES = f"""
    Simulated: one chip of `s4`, {BATCH["resnet50"]} images, {BATCH["bert-large"]} sequences of BERT-large or
    {BATCH["bert-base"]} of BERT-base, {SEQUENCE} tokens each with padding, times the number of chips (they split the
    batch). All weights are pruned to banks, but for layers whose channels are not a multiple of 4 (the first one of
    ResNet-50); products of two activations are dense. Everything is int8 but softmax, GELU and layer normalisation.
    Layers run one after another; activations stay in L2. Not simulated: host, decoding of images, tokenising,
    embedding, pooling. A deviation is given where the sparsity is stated."""

BOUNDS = """
    Throughput that the MACs, the vector units (VPU) and the DRAM of a chip would allow alone, at the work that is left;
    the lowest holds. The last columns give the share of the time that passes in layers where each of them is the
    busiest unit: a network whose MACs hold as a whole may have layers whose residual additions or softmax take longer
    than their products."""

IMPLIED = f"""
    The sparsity at which the simulated chip would be as fast as published, on straight lines in 1 / rate between the
    simulated rates, and the same for its MACs at full rate. MLPerf's BERT rows need more than 16x if every sequence is
    padded to {SEQUENCE} tokens; the submissions do not state whether they are. ByteMLPerf states 16x, so that a lower
    implied rate there measures what the real chip or its software loses beyond this model."""

SPEEDUP = """
    Speedup over the same network, dense, on the same chip. It is sublinear because the first layer of ResNet-50 and the
    attention products of BERT stay dense, because vector work does not shrink, and because the fixed cycles of a pass
    weigh more the fewer pairs it has."""

BIG_AGAINST_SMALL = """
    A sparse large network against a dense small one on the same chip: the vendor's paper (arXiv 2207.08006) claims that
    sparse BERT-large beats dense BERT-base; its table could not be read. The accuracy of either is not simulated."""

ABLATIONS = f"""
    What is not public, changed one at a time: samples per second on one chip at {ABLATION_RATE}x, and in brackets
    relative to the machine as configured. The product of MACs and clock stays the published rate. With an L2 of 8 MB
    the activations of these batches lie in DRAM: the published throughputs need an L2 that holds them, or batches that
    are cut up on the chip, which is not simulated."""

NOT_FITTED = """
    No constant was fitted to these numbers. Every assumed value is a field of the configuration that says so:
    `zeroskip show --family s4 s4`."""
