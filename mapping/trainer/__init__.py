"""A small reference trainer in NumPy: dense training and training with N:M weights, on labelled images."""

from mapping.networks.images import Images, read_images
from mapping.trainer.loop import Epoch, Plan, Run, train
from mapping.trainer.methods import TRAINERS, Masked, masked
from mapping.trainer.network import NETWORKS, Network

__all__ = [
    "NETWORKS",
    "TRAINERS",
    "Epoch",
    "Images",
    "Masked",
    "Network",
    "Plan",
    "Run",
    "masked",
    "read_images",
    "train",
]
