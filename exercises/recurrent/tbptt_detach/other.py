"""A second honest way: chunks by split, the loss summed step by step, the state kept as data after the update."""

import torch
import torch.nn.functional as F


def train_stream(cell, head, x, y, chunk, opt):
    state = torch.zeros(x.size(1), cell.hidden_size, dtype=x.dtype, device=x.device)
    history = []
    for xs, ys in zip(x.split(chunk), y.split(chunk)):
        for group in opt.param_groups:
            for p in group["params"]:
                p.grad = None
        total = 0.0
        for now, target in zip(xs.unbind(), ys.unbind()):
            state = cell(now, state)
            total = total + F.cross_entropy(head(state), target)
        loss = total / len(xs)
        loss.backward()
        opt.step()
        history.append(float(loss))
        with torch.no_grad():
            state = state.clone()
    return history
