import os

# Before NumPy: test processes side by side with a BLAS thread per core each would wait for each other.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
