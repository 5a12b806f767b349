"""Benches: cocotb drives the Verilog, golden models and executors say what must come out."""
