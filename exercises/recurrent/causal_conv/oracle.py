"""The oracle: zeros on both sides by conv1d itself, and the outputs past the end cut off."""

import torch


def causal_conv1d(x, w, dilation=1):
    reach = (w.shape[-1] - 1) * dilation
    return torch.conv1d(x, w, padding=reach, dilation=dilation)[..., : x.shape[-1]]
