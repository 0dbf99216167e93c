"""The reference: a scale for each output, applied to its row of weights; what is left goes into the bias."""

import torch
from torch import nn


@torch.no_grad()
def fold(linear, bn):
    scale = 1 / torch.sqrt(bn.running_var + bn.eps)  # (out,)
    bias = -bn.running_mean if linear.bias is None else linear.bias - bn.running_mean
    if bn.weight is not None:
        scale = scale * bn.weight
    folded = nn.Linear(linear.in_features, linear.out_features, dtype=linear.weight.dtype)
    folded.weight.copy_(scale[:, None] * linear.weight)
    folded.bias.copy_(bias * scale if bn.bias is None else bias * scale + bn.bias)
    return folded
