"""The reference: by the module's kind, and for the way back to the stream by its name."""

import torch
from torch import nn


@torch.no_grad()
def init_weights_(model: nn.Module) -> None:
    additions = 2 * len(model.transformer.h)  # attention and MLP, in each block
    for name, module in model.named_modules():
        if isinstance(module, (nn.Linear, nn.Embedding)):
            std = 0.02 / additions**0.5 if name.endswith("c_proj") else 0.02
            module.weight.normal_(std=std)
        if isinstance(module, nn.LayerNorm):
            module.weight.fill_(1.0)
        if getattr(module, "bias", None) is not None:
            module.bias.zero_()
