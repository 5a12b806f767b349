"""Readers of foreign model files."""

from mapping.importers.files import Options, load_file
from mapping.importers.onnx import load_onnx

__all__ = ["Options", "load_file", "load_onnx"]
