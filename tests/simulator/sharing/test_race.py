"""The race finds what trying mappings one after another finds, whichever it guesses first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.engine.kernel import UNKNOWN
from simulator.sharing import race

pytestmark = pytest.mark.golden


@st.composite
def fields(draw):
    """Bounds and cycles of some mappings: small numbers, so that many are equal."""
    bounds = draw(st.lists(st.integers(0, 3), min_size=1, max_size=5))
    return bounds, [bound + draw(st.integers(0, 2)) for bound in bounds]


def one_after_another(bounds, cycles, most):
    best = None
    for option in sorted(range(len(bounds)), key=lambda place: (bounds[place], place))[:most]:
        if best is not None and bounds[option] >= cycles[best]:
            break
        if best is None or cycles[option] < cycles[best]:
            best = option
    return best


@settings(max_examples=1000, deadline=None)
@given(fields(), st.integers(1, 6), st.integers(-1, 4), st.sets(st.integers(0, 4)))
def test_the_winner_is_that_of_trying_one_after_another(field, most, guess, lowered):
    bounds, cycles = field
    low, shift = 3, [99] * 3  # mappings of another layer stand before
    tried = []

    def attempt(p, deadline, *_):
        tried.append(p)
        return cycles[p] if cycles[p] < deadline else UNKNOWN

    program_of = [UNKNOWN] * low + [place if place in lowered else UNKNOWN for place in range(len(bounds))]
    guess = low + guess if 0 <= guess < len(bounds) else UNKNOWN
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(race, "attempt", attempt)
        for _ in range(len(bounds) + 1):
            found, took, needed = race.race_of(
                low, low + len(bounds), most, guess, shift + bounds, program_of, (), (), ()
            )
            if needed == UNKNOWN:
                break
            assert (found, program_of[needed]) == (UNKNOWN, UNKNOWN)
            program_of[needed] = needed - low
    expected = one_after_another(bounds, cycles, most)
    assert (found - low, took) == (expected, cycles[expected])
