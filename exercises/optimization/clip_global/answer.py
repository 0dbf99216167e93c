"""The reference: one pass over the parameters, squares added in float64, one factor for all."""

import math


def clip_(params, max_norm) -> float:
    grads = [p.grad for p in params if p.grad is not None]
    norm = math.sqrt(sum(g.double().square().sum() for g in grads))
    if max_norm < norm < math.inf:
        for g in grads:
            g.mul_(max_norm / norm)
    return norm
