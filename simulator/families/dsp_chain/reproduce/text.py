"""The words of the page."""

INTRO = (
    "Written by `zeroskip reproduce dsp_chain`; nothing on it is typed in but the text and the published numbers.",
    """Zeng et al., FlightLLM (FPGA'24, arXiv 2401.03868), published with their paper a profiler of a simulated VHK158
    and its outputs for LLaMA2-7B (FlightLLM/flightllm_test_demo). This page generates the programs anew from the sizes
    of the model and the published splits, runs them by this project's rules of time, and compares every printed digit.
    Times of the artifact contain its correction factor of 3.2, by which every instruction is faster; it is undocumented
    there, so
    agreement with the artifact says nothing about a board. What is known of a board stands further down.""",
)

TABLE = """Milliseconds of each queue and in all, and instructions. **=** means that every printed digit is that of the
    artifact; otherwise both numbers stand in the cell, ours first."""

MASKS = """The masks of the attention are files of the artifact that this project does not have. Those of the prompt of
    512 tokens are rebuilt from four published counts (heads, MISC time, numbers of LD and of MM) as heads that see the
    first 64 tokens and a window; that a solution in whole numbers exists supports the rebuilt masks but does not prove
    them, and which head comes last in a layer was chosen for the last four digits of the total: {order}. So of that row
    the number of LD and MM, the time of MISC and the last digits of the total are inputs. The times of LD, ST, MM and
    SYS and all other rows are not."""

LAYERS = """Microseconds of the first decoder layer at a context of 512, rounded as published, and instructions of LD,
    MV and MISC."""

CASES = """A decode of n tokens behind a prompt of p adds up the steps of p + 1 to p + n tokens, each rounded up to 16.
    The A100 runs vLLM; its numbers are the artifact's."""

ABLATIONS = """Every matrix of LLaMA2-7B pruned alike, in 4 bits, an index of 4 bits for each kept weight of an N:16
    block, a byte for each block. VHK158: the artifact's service times with programs that fit on chip; U280: pipelines
    and latencies. In brackets the speedup over dense. The paper reports **{claim} times** the computation efficiency
    from both kinds of sparsity; the densities it used are not public, so the ratios can only be set side by side."""

INDICES = """8:16 in 4 bits takes as many bytes as dense: eight values and eight indices of 4 bits. It doubles the speed
    of what the chains bound (prompts), and of nothing that HBM bounds (decode on the U280); block sparsity does
    both."""

ON_CHIP = """Bandwidth utilisation of a decode step on the U280 at a context of 512: bytes moved over what 460 GB/s
    would have moved. On-chip decode leaves out the transfers of activations between layers. The paper's gain does not
    come out: these transfers are few, most of the loss is the efficiency of 0.70 and the barrier between layers, and
    what the paper's baseline transfers beside weights is not public."""

STORAGE = """Instructions of one core, 7, 3, 4, 4, 3 and 1 words of 32 bits for LD, ST, MM, MV, MISC and SYS, contexts
    and prompts up to 2048 tokens. Without length adaption every length has a program as long as that of its bucket (16
    tokens for contexts, 128 for prompts). The paper: terabytes become gigabytes, {ratio} times less. The last column is
    what is left if layers that are alike share their instructions, too."""

BOARD = """The U280 runs three cores at 225 MHz. Measured: a third party ran the published bitstream and counted cycles
    of a decode step; 3.43 GB of weights lay in HBM. Modelled: dense in 4 bits, {weights:.2f} GB, to which a table of
    embeddings in 8 bits would add 0.13 GB. No constant was fitted: sizes and efficiencies are the artifact's, bandwidth
    is the board's (460 GB/s, unverified), and the depths of pipelines and latencies are assumptions made beforehand,
    each marked so in the configuration."""

CAUSES = """Where the error comes from. A line through both measurements has {measured_slope:.0f} cycles for each token
    of context and {measured_base:,.0f} without any; ours has {our_slope:.0f} and {our_base:,.0f}. So the part that does
    not depend on the context (weights, norms, overheads) is {base_error:+.1%}, and a token of the cache costs
    {slope_share:.0%} of what it costs on the board. The table says how far each assumption moves the error."""

CAUSE_NOTES = """The board's slope is {bandwidth:.0f} GB/s of int8 keys and values, which is less than half of what the
    weights get. If a step loaded the whole cache once more, as the artifact's concatenation does, our slope would be
    {with_concat:.0f}. The rest cannot be told apart from outside: how a cache that grows lies in the channels, waiting
    for the slowest of three cores, refresh, and the exchange of vectors between cores, which the model takes as
    free."""

MEMORY = """Two other machines whose time is mostly HBM, as checks of the memory path alone. HiSparse (FPGA'22): 64 bits
    for each non-zero through 16 channels of a U280 at the artifact's efficiency of 0.70. The path alone gives the same
    rate at every density and is an upper bound; HiSparse falls with the density because of what is not streaming. Its
    own marginal cost between 5 % and 50 % is {marginal:.0f} GB/s, {marginal_share:.0%} of 16 channels, where the path
    assumes 70 %; its time at density 0 would be {fixed:.0f} us."""

EDGE = """EdgeLLM (TCAS-I'25): one matrix of 4096 x 4096 with fewer bits for each weight. The published speedups are
    4.125 over the bits. Profiler: the bytes alone. Microarch: with {issue} cycles of issue for each LD, whose number
    does not fall with the bits. Its Wq of 4 bits takes {measured:.1f} us on the board ({ideal:.2f} us at full
    bandwidth); the path takes {ours:.1f} us at an efficiency of 0.70."""
