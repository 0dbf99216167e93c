"""A second honest way: by the parameter's name and shape, with nn.init."""

import math

from torch import nn


def init_weights_(model):
    narrow = 0.02 / math.sqrt(2 * model.config.n_layer)
    for name, p in model.named_parameters():
        if p.dim() == 2:
            nn.init.normal_(p, mean=0.0, std=narrow if name.endswith("c_proj.weight") else 0.02)
        elif name.endswith("bias"):
            nn.init.zeros_(p)
        else:
            nn.init.ones_(p)
