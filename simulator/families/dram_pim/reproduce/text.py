"""The words of the pages."""

CENT_INTRO = (
    "Written by `zeroskip reproduce cent`; nothing on it is typed in but the text and the published numbers.",
    """CENT (arXiv:2502.07578, ASPLOS 2025) runs LLaMA on CXL devices of 32 channels of GDDR6-AiM. Its authors publish a
    trace generator, a simulator (arkhadem/aim_simulator, on Ramulator 2) and its results: eleven of their 611 rows
    (Yufeng98/CENT@8c79786, cent_simulation/simulation_results.csv) stand here beside ours.""",
    """What is independent and what is not: the commands, their timings and constraints, the rules of the controller and
    the order in which a block is written are the published ones, stated anew as a table
    (`simulator/memory/commands/tables/aim.toml`), a service function and a lowering. No time, count or energy is
    taken from the published results. So agreement shows that this model is that machine, not that the machine is
    real.""",
)
CENT_COLUMNS = """
    PP: stages of the pipeline; TP: devices over which matrices are spread; then channels of a block and tokens in the
    KV cache. One block is simulated, on all its channels; a token is every block after the other, both products with
    the embedding, and 0.15 ms of sampling on the CPU. CXL and accelerators are closed forms, there as here."""
CENT_ENERGY = """
    From counts of commands and instructions with the constants of CENT's calculator. Two of its conventions are kept,
    because the published energies contain them: standby power is charged for one channel of a device, not for all 32,
    and accelerators and controllers for one cycle an action."""
MICRO = """
    The traces that AiM's simulator ships, 1024 iterations each, refresh off. Its counts were found by running it once;
    they are not published. The last trace, one of each instruction, is not settled: in its newest stored version
    WR_SBK and RD_SBK say how many columns they move, a field that the simulator at that commit does not read, so the
    trace that ran is another. With one column each it takes 704 cycles here. With two it takes 672: a single write
    leaves the write buffer when its row opens, so that WR_GB changes the mode before the write issues and the write
    changes it back, two changes of 32 cycles more; two writes keep the buffer occupied and WR_GB waits. Neither is
    689."""
CLOSED_FORMS = (
    """Where one kind of command follows itself the cycles can be counted by hand. A row of 64 columns takes
    nRCDRDMAC + 63 nCCDL + nRTP + nRP = 226 cycles: 57 % of the peak rate at best, because all banks open their rows at
    once and nothing is left to hide behind.""",
    """The end of a trace: a barrier may issue a cycle after the last command, the host sees it a cycle later, and
    counts that cycle. n = 1024.""",
)
CENT_CAVEATS = (
    """Refresh is off, as in the published runs. There it is configured but never happens: the refresh manager sends one
    request for every rank, and this DRAM's hierarchy has no level of that name. With `--set refresh=true` the same
    block takes 8 to 12 % longer (docs/dram_pim.md).""",
    """A cycle is 0.5 ns: comments in the timing preset and CENT's 2 GHz imply it, no datasheet says so. CENT's
    generator writes where rotary embeddings are read back, and stores a new value vector in the first block of a
    device only; both are kept.""",
)
PIM_GPT_INTRO = (
    "Written by `zeroskip reproduce pim-gpt`; nothing on it is typed in but the text and the published ranges.",
    """PIM-GPT (arXiv:2310.09385v2; npj Unconventional Computing) runs eight GPT models of up to 1.4 billion
    parameters on GDDR6 with MAC units in its banks and an ASIC. Only abstract, parts of the text and notes by others
    were available. **Unverified**: every timing, the organisation (8 channels of 16 banks, 16 lanes at 1 GHz, rows of
    2 KB), the ASIC (256 adders, 128 multipliers), the list of models, currents and powers. **Assumed**: what is not
    even reported, such as registers of a bank, rows of a bank and terms of a series. So nothing here is a
    reproduction.""",
)
PIM_GPT_SPEED = """
    Tokens a second are the mean over 1024 generated tokens (time at five lengths, integrated). The output layer is
    not in the parameter counts of the paper, which are 12 L d^2; so tokens are given without and with it. "MAC bound"
    is one column in every bank every cycle. Row hits: column commands that found their row open; the paper is said
    (unverified) to have about 98 %."""
PIM_GPT_BASELINE = (
    """The published speedups, 41 to 137 over the GPU and 631 to 1074 over the CPU (a thesis notice has 639), are over
    measurements that are not public; notes by others name an NVIDIA T4 and a Xeon Gold 6154. Energy efficiency: 123
    to 383 and 320 to 602 (version 1 had 339 to 1085 and 890 to 1632).""",
    """Instead of a measured T4 there is its roofline: reading every weight once from 320 GB/s (NVIDIA's datasheet), at
    70 W. No T4 can be faster, so our speedup over it is a lower bound of the speedup over any measurement. The last two
    columns turn the published range around: how long a T4 would have to take for a token, given our speed.""",
)
PIM_GPT_ENERGY = """
    Energy with the unverified currents (IDD0 = 122, IDD2N = 92, IDD3N = 142, IDD4R = 530, IDD4W = 470, IDD5B = 277
    mA) at an assumed 1.35 V for two channels of a chip: an activation VDD (IDD0 - IDD2N) nRC, a column VDD (IDD4 -
    IDD3N) nCCD, a refresh VDD (IDD5B - IDD2N) nRFC, background VDD IDD3N, 149 mW of MAC units for each channel and
    305 mW of the ASIC. IDD0 below IDD3N contradicts JEDEC's definition of both (an activation would cost less than
    nothing over open rows), which is why IDD2N is subtracted: at least one of these numbers is wrong."""
SPARSE_INTRO = """
    What pruning buys where weights are multiplied in the banks, for one product of 4096 x 4096 on the 32 channels of
    CENT. Compressed N:M stores kept weights with their indices. As AiM is, its buffer sends one column of inputs for
    one of weights, so M / N columns pass for each column of kept weights, and only activations are saved. A wider
    buffer (16 columns) lets columns shrink as well; then rows decide: with a row for every output, the 98 cycles that
    opening and closing take stay, and at 1:16 hardly anything else is left. Packed, several outputs share a row.
    Pruned blocks need no indices: a column that is zero in all 16 banks of a channel is skipped, a row whose columns
    all are is never opened; blocks narrower than the banks of a channel skip little."""
