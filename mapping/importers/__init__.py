"""Readers of foreign model files."""

from mapping.importers.onnx import load_onnx

__all__ = ["load_onnx"]
