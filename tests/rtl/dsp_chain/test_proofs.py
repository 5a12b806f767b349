"""Do the proofs of reduction node, overflow adjust unit and block sequencer fail on faulty ones?

That they hold is shown with those of the other modules, in tests/rtl/test_proofs.py.
"""

import pytest

from rtl.bench.build import RTL
from rtl.bench.proofs import PROOFS, Proof, prove
from tests.rtl.dsp_chain.mutants import DSP_MUTANTS
from tests.rtl.tools import need_yosys

pytestmark = pytest.mark.rtl

# Some of those that a proof rules out; the table of tests/rtl/test_mutants.py says it of all.
FAULTS = (
    "node reads +131072 as -131072",
    "upper lane not given back its borrow",
    "part beside the cascade lost",
    "sum written where none ends",
    "borrow lost at the adjustment",
    "ended segment leaves something beside",
    "every pass clears",
    "first block without weights dropped",
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
