"""The reference: the state is cut from its history where a chunk begins, and nowhere else."""

import torch


def train_stream(cell, head, x, y, chunk, opt):
    h = x.new_zeros(x.shape[1], cell.hidden_size)
    losses = []
    for start in range(0, len(x), chunk):
        h = h.detach()
        logits = []
        for x_t in x[start : start + chunk]:
            h = cell(x_t, h)
            logits.append(head(h))
        targets = y[start : start + chunk]
        loss = torch.nn.functional.cross_entropy(torch.stack(logits).flatten(0, 1), targets.flatten())
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return losses
