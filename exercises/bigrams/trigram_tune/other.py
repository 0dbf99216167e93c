"""A second honest way: index vectors, float32 throughout, all the losses on dev first and a lookup of the smallest."""

import torch


def indices(words):
    rows = []
    for word in words:
        ids = [0, 0] + [ord(c) - ord("a") + 1 for c in word] + [0]
        rows += [ids[i : i + 3] for i in range(len(ids) - 2)]
    return torch.tensor(rows).T


def nll(table, where):
    return table[where[0], where[1], where[2]].mean().item()


def tune(train, dev, test, alphas):
    seen = torch.zeros(27, 27, 27)
    seen.index_put_(tuple(indices(train)), torch.tensor(1.0), accumulate=True)
    where = indices(dev)
    tables = [-((seen + a).log() - (seen + a).sum(-1, keepdim=True).log()) for a in alphas]
    losses = torch.tensor([nll(table, where) for table in tables])
    k = losses.argmin().item()
    return {"alpha": alphas[k], "dev": losses[k].item(), "test": nll(tables[k], indices(test))}
