"""Policy gradients on design spaces: small networks in NumPy, PPO, and the reward that makes many objectives one.

No deep-learning framework: a network here has a few thousand weights and learns from a few hundred points, so that the
start of such a framework would cost more than all of its learning.
"""
