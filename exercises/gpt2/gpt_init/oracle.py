"""The oracle: model.apply, and the flag that the test models carry; values copied in from fresh tensors."""

import torch
from torch import nn


def init_weights_(model):
    n = model.config.n_layer

    def fresh(module):
        if isinstance(module, nn.LayerNorm):
            module.reset_parameters()
        elif isinstance(module, (nn.Linear, nn.Embedding)):
            std = 0.02 * (2 * n) ** -0.5 if getattr(module, "is_residual_output", False) else 0.02
            module.weight.data.copy_(torch.randn(module.weight.shape) * std)
            if getattr(module, "bias", None) is not None:
                module.bias.data.copy_(torch.zeros(module.bias.shape))

    model.apply(fresh)
