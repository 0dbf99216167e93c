"""A second honest way: exp of log-probabilities minus one-hot rows; batch norm path by path, as in ninja-atomic."""

import torch
import torch.nn.functional as F


def ce_backward(logits, y):
    N, V = logits.shape
    logp = logits - torch.logsumexp(logits, dim=-1, keepdim=True)
    return (logp.exp() - F.one_hot(y, V)).mul(1.0 / N)


def bn_backward(dout, x, gamma, eps):
    with torch.no_grad():
        N = x.size(0)
        var, mean = torch.var_mean(x, dim=0, keepdim=True)
        rstd = torch.rsqrt(var + eps)
        diff = x - mean
        dbeta = dout.sum(dim=0)
        dgamma = torch.einsum("nh,nh->h", dout, diff * rstd)
        dxhat = dout * gamma
        dvar = (dxhat * diff).sum(0, keepdim=True) * -0.5 * rstd**3
        ddiff = dxhat * rstd + dvar * diff.mul(2 / (N - 1))
        dx = ddiff - ddiff.mean(0, keepdim=True)
        return dx, dgamma, dbeta
