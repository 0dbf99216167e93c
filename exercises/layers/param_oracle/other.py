"""A second honest way: on the meta device, counted from shapes; lists in place of tuples."""

import math

import torch
from torch import nn


def answers():
    found = []
    for question in QUESTIONS:
        names = {"torch": torch, "nn": nn}
        with torch.device("meta"):
            exec(question, names)
            layer, x = names["layer"], names["x"]
            inputs = [x] * 3 if "Attention" in question else [x]
            y = layer.eval()(*inputs)
        y = y[0] if isinstance(y, tuple) else y
        found.append([tuple(y.size()), sum(math.prod(p.shape) for _, p in layer.named_parameters())])
    return found
