"""The reference: as many zeros in front as the filter reaches back, and then the ordinary convolution."""

import torch.nn.functional as F


def causal_conv1d(x, w, dilation=1):
    reach = (w.shape[2] - 1) * dilation
    return F.conv1d(F.pad(x, (reach, 0)), w, dilation=dilation)
