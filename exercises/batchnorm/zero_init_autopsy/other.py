"""A second honest way: an nn.Module and an optimizer; the loss is measured, after a few thousand steps."""

import math

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, V, act, zero):
        super().__init__()
        self.act = act
        for name, shape in {"E": (V, 4), "W1": (4, 7), "b1": (7,), "W2": (7, V), "b2": (V,)}.items():
            draw = torch.zeros if name in zero else torch.randn
            setattr(self, name, nn.Parameter(draw(shape, dtype=torch.float64)))

    def loss(self, x, y):
        h = self.act(self.E[x] @ self.W1 + self.b1)
        return nn.functional.cross_entropy(h @ self.W2 + self.b2, y)


def train(net, x, y, steps, lr):
    opt = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(steps):
        opt.zero_grad()
        loss = net.loss(x, y)
        loss.backward()
        yield loss.item(), " ".join(n for n, p in net.named_parameters() if p.grad.abs().max() > 0)
        opt.step()


def answers():
    torch.manual_seed(1)
    found = []
    for question in QUESTIONS:
        names = {"torch": torch}
        exec(question, names)
        if "act" in names:
            x, y = torch.arange(8), torch.tensor([0, 0, 0, 1, 1, 2, 5, 7])
            steps = train(Net(8, names["act"], names["zero"].split()), x, y, 3, 0.05)
            found.append([reached for _, reached in steps])
            continue
        y = torch.tensor([ord(letter) - ord("a") for letter in names["y"]])
        count = 1 if names["bits"] == "before step 1" else 4000
        *_, (loss, _) = train(Net(names["V"], torch.tanh, "E W1 b1 W2 b2"), y, y, count, 3.0)
        found.append(loss / math.log(2))
    return found
