"""Do the proofs of reduction node, overflow adjust unit and block sequencer fail on faulty ones?

That they hold is shown with those of the other modules, in tests/rtl/test_proofs.py.
"""

import pytest

from rtl.bench.build import RTL
from rtl.bench.proofs import PROOFS, Proof, prove
from tests.rtl.dsp_chain.mutants import DSP_MUTANTS
from tests.rtl.tools import need_yosys

pytestmark = pytest.mark.rtl

# Faults that a proof of the module rules out; the others lie in registers, which only the benches look at.
FAULTS = (
    "node reads +131072 as -131072",
    "upper lane not given back its borrow",
    "part beside the cascade lost",
    "part beside taken as unsigned",
    "unpacked sum read as a lane",
    "row 1 not 0 when unpacked",
    "sum written where none ends",
    "borrow lost at the adjustment",
    "part beside stays in the cascade, too",
    "ended segment leaves something beside",
    "block a beat short",
    "every pass clears",
    "every pass is written",
    "first block without weights dropped",
    "slots go on from block to block",
    "passes go to other columns",
    "chain cut behind every group",
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.replace(" ", "-"))
def test_a_fault_is_not_proven_right(fault):
    need_yosys()
    (mutant,) = (mutant for mutant in DSP_MUTANTS if mutant.fault == fault)
    path = RTL / mutant.file
    proof = next(proof for proof in PROOFS if f"/{proof.toplevel}.sv" in mutant.file)
    replaced = {path: path.read_text().replace(mutant.original, mutant.mutated)}
    with pytest.raises(AssertionError, match=r"a property fails|not proven within"):
        prove(Proof(toplevel=proof.toplevel, parameters=proof.parameters, replaced=replaced))
