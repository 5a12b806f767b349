"""Are FPGA parts read, and are shares of them right?"""

from math import inf

import pytest

from mapping.errors import InputError
from simulator.cost.parts import find_part, parts
from simulator.cost.resources import Resources

pytestmark = pytest.mark.smoke


def test_every_part_has_a_source_and_is_found_in_any_case():
    assert {"U280", "VU9P", "ZCU104", "ZCU102", "VHK158", "UP5K"} <= parts().keys()
    for name, part in parts().items():
        assert find_part(name.lower()) is part
        assert part.source
        assert part.lut <= part.ff  # every LUT has a flip-flop at least


def test_an_unknown_part_is_refused_with_the_known_ones():
    with pytest.raises(InputError, match=r"part 'U9' is not one of U280, VU9P"):
        find_part("U9")


def test_shares_are_of_the_whole_part():
    part = find_part("ZCU102")
    shares = part.shares(Resources(lut=part.lut / 2, ff=part.ff, dsp=1.5 * part.dsp))
    assert shares == {"lut": 0.5, "ff": 1.0, "dsp": 1.5, "bram": 0.0, "uram": 0.0}
    assert part.shares(Resources(uram=1))["uram"] == inf
    assert part.fits(Resources(lut=part.lut))
    assert not part.fits(Resources(dsp=part.dsp + 1))


def test_resources_add_up():
    one = Resources(lut=3, bram=0.5)
    assert Resources.total([one, one.times(3), Resources(ff=1)]) == Resources(lut=12, bram=2.0, ff=1)
