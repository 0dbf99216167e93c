"""A norm that has stopped learning is one more linear map: put it into the layer in front of it."""

from torch import nn


def fold(linear: nn.Linear, bn: nn.BatchNorm1d) -> nn.Linear:
    """One layer that gives what bn(linear(x)) gives in eval mode.

    linear: [out, in], with a bias or without (linear.bias is None)
    bn: over out channels, with running statistics; with weight and bias, or without (affine=False: both are None)
    returns: a new nn.Linear with a bias, of linear's dtype; its parameters share no memory with those of linear and bn

    Both modules stay as they are: parameters, buffers, and the mode that they are in. What counts are the running
    statistics, also if bn is in train mode.

    In eval mode, bn(z) = (z − running_mean) / √(running_var + bn.eps) · bn.weight + bn.bias, channel by channel.

    Example: weight [[2.]], bias [1.], and a bn without weight and bias, with running_mean [3.], running_var [0.16] and
    eps = 0.09, give weight [[4.]] and bias [-4.].
    """
    raise NotImplementedError  # TODO
