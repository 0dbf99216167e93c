"""A second honest way: a loader with a generator of its own, labels as a column, the loss written out."""

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.first, self.norm, self.drop = nn.Linear(d, 64), nn.BatchNorm1d(64), nn.Dropout(0.1)
        self.last = nn.Linear(64, 1)

    def forward(self, x):
        return self.last(self.drop(self.norm(self.first(x)).relu()))


def train(x, y, x_val, y_val, epochs=40, lr=0.02, seed=0):
    torch.manual_seed(seed)
    net = Net(x.size(1))
    opt = torch.optim.Adam(net.parameters(), lr=lr)
    dice = torch.Generator().manual_seed(seed + 1)
    loader = DataLoader(TensorDataset(x, y[:, None]), batch_size=32, shuffle=True, generator=dice)
    history = []
    for _ in range(epochs):
        net.train()
        squares = []
        for xb, yb in loader:
            for p in net.parameters():
                p.grad = None
            off = (net(xb) - yb).square()
            off.mean().backward()
            opt.step()
            squares += off.detach().flatten().tolist()
        history.append(sum(squares) / len(squares))
    with torch.inference_mode():
        off = net.eval()(x_val)[:, 0].sub(y_val)
    return dict(history=history, val=float(off.pow(2).mean()), model=net)
