"""Sparse model in, tiles out: layers, patterns, storage formats and tiling. Knows no hardware clock."""
