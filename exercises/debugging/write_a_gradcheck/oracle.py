"""The oracle: slopes along random directions, in both ways: forward differences' and the vector-Jacobian product's."""

import torch


def along(fn, xs, k, direction, h=1e-4):
    points = []
    for factor in (-2, -1, 1, 2):
        moved = list(xs)
        moved[k] = xs[k] + factor * h * direction
        with torch.no_grad():
            points.append(fn(*moved))
    return (8 * (points[2] - points[1]) - (points[3] - points[0])) / (12 * h)


def check(fn, inputs):
    xs = [torch.tensor(x.tolist(), dtype=torch.float64) for x in inputs]
    for _ in range(5):
        for k in range(len(xs)):
            asked = [x.clone().requires_grad_(j == k) for j, x in enumerate(xs)]
            direction = torch.randn(xs[k].shape, dtype=torch.float64)
            slope = along(fn, xs, k, direction)
            upstream = torch.randn_like(slope)
            asked[k] = asked[k].clone()
            asked[k].retain_grad()
            out = fn(*asked)
            if not out.requires_grad:
                if slope.abs().max() > 0:
                    return False
                continue
            try:
                out.backward(upstream)
            except Exception:
                return False
            got = 0.0 if asked[k].grad is None else (asked[k].grad * direction).sum().item()
            wanted = (slope * upstream).sum().item()
            size = (slope * upstream).abs().sum().item() + (
                0.0 if asked[k].grad is None else (asked[k].grad * direction).abs().sum().item()
            )
            if not abs(got - wanted) <= 1e-5 * size:
                return False
    return True
