"""Weight files: tensors with names, and rules that say which of them is which layer."""

from mapping.importers.tensors.network import Described, describe_tensors, load_tensors

__all__ = ["Described", "describe_tensors", "load_tensors"]
