"""The oracle: an embedding as the table; weight decay for the pull: the slope of l2 · mean W² is 2 · l2 / V² · W."""

import torch


def train_net(x, y, V, steps, lr, l2=0.0):
    table = torch.nn.Embedding(V, V)
    opt = torch.optim.SGD(table.parameters(), lr=lr, weight_decay=2 * l2 / V**2)
    for _ in range(steps):
        opt.zero_grad()
        torch.nn.functional.cross_entropy(table(x), y).backward()
        opt.step()
    return table.weight.detach()
