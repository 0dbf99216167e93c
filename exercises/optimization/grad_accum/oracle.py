"""The oracle: the mean loss of each pair, weighted by how much was asked in it; gradients by autograd.grad."""

import torch
import torch.nn.functional as F


def accum_step(model, micro, opt, max_norm):
    params = list(model.parameters())
    counts = [float(y.ne(-100).sum()) for _, y in micro]
    sums, mean = [torch.zeros_like(p) for p in params], 0.0
    for (x, y), count in zip(micro, counts):
        out = model(x)
        logits = out if isinstance(out, torch.Tensor) else out[0]
        costs = F.cross_entropy(logits.permute(0, 2, 1), y, reduction="none")
        part = costs.sum() / sum(counts)
        mean += float(part)
        for s, g in zip(sums, torch.autograd.grad(part, params)):
            s += g
    norm = torch.cat([s.flatten() for s in sums]).norm()
    scale = min(1.0, float(max_norm / norm))
    for p, s in zip(params, sums):
        p.grad = s * scale
    opt.step()
    return mean
