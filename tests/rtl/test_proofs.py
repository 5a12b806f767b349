"""Do the control modules lose, duplicate and reorder nothing, whatever comes in?

Proofs by temporal induction with Yosys; `rtl/formal` holds the properties. Each proof comes with situations that must
be reachable, so that none is vacuous, and each must fail on a faulty module.
"""

import pytest

from rtl.bench.build import RTL
from rtl.bench.proofs import PROOFS, Proof, prove
from tests.rtl.tools import need_yosys

pytestmark = pytest.mark.rtl


@pytest.mark.parametrize("proof", PROOFS, ids=lambda p: "-".join(map(str, [p.toplevel, *p.parameters.values()])))
def test_proven(proof):
    need_yosys()
    assert len(prove(proof)) >= 4  # covers reached


FAULTS = [
    ("zs_spill_register", "(front_valid_q && !pop)", "front_valid_q", "a property fails"),
    ("zs_spill_register", "in_ready_o  = !back_valid_q", "in_ready_o  = !front_valid_q", "a property fails"),
    ("zs_fifo", "(read_q == Last) ? '0 : read_q + 1'b1", "read_q + 1'b1", "a property fails"),
    ("zs_fifo", "count_q != CountWidth'(Depth)", "1'b1", "a property fails"),
    ("zs_token_counter", "send_i && (!full || down)", "send_i", "a property fails"),
    ("zs_arbiter", "pending_q[j] : (j < i)", "pending_q[j] : (j > i)", "a property fails"),
    ("zs_arbiter", "ahead_q   <= ahead;", "ahead_q   <= '0;", "a property fails"),
    ("zs_arbiter", "(holder_q & ~done_i) == '0;", "(holder_q) == '0;", "a property fails"),
    ("zs_dispatch", "!busy_q && ((wait_mask", "((wait_mask", "a property fails"),
    ("zs_dispatch", "ending ? release_mask", "busy_q ? release_mask", "a property fails"),
    ("zs_dispatch", ".out_ready_i(ending)", ".out_ready_i(start_o)", "a property fails"),
]


@pytest.mark.parametrize(("module", "original", "mutated", "verdict"), FAULTS)
def test_a_fault_is_not_proven_right(module, original, mutated, verdict):
    need_yosys()
    path = RTL / "common" / f"{module}.sv"
    text = path.read_text()
    assert text.count(original) == 1
    # Depths and widths that are no powers of two.
    proof = [p for p in PROOFS if p.toplevel == module][-2 if module in ("zs_fifo", "zs_arbiter") else -1]
    faulty = Proof(toplevel=module, parameters=proof.parameters, replaced={path: text.replace(original, mutated)})
    with pytest.raises(AssertionError, match=verdict):
        prove(faulty)
