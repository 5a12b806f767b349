"""The executors that give times: `cycle` (SimPy) and `fast` (compiled), and the timeline that both return."""
