"""The oracle: torch's own."""

import torch.nn.functional as F


def conv2d(x, w, b=None, stride=1, padding=0):
    return F.conv2d(x, w, b, stride=stride, padding=padding)
