"""A second honest way: an identity that is always there, shuffled epochs, a generator, one flat Sequential."""

import torch
from torch import nn
from torch.nn import functional as F


class ResidualBlock(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        if stride == 1 and i == o:
            self.down = nn.Identity()
        else:
            self.down = nn.Sequential(nn.Conv2d(i, o, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(o))
        self.conv1 = nn.Conv2d(i, o, kernel_size=3, stride=stride, padding=1, bias=False)
        self.conv2 = nn.Conv2d(o, o, kernel_size=3, padding="same", bias=False)
        self.bn1, self.bn2 = nn.BatchNorm2d(o), nn.BatchNorm2d(o)

    def forward(self, x):
        inner = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(torch.add(inner, self.down(x)))


def fit(x, y, x_test, y_test, steps=150, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed + 1)
        model = nn.Sequential(
            ResidualBlock(1, 8, stride=2),
            ResidualBlock(8, 16, stride=2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(16, y.max().item() + 1),
        )
    shuffle = torch.Generator().manual_seed(seed)
    opt = torch.optim.AdamW(model.parameters(), lr=0.01, weight_decay=0.0)
    order = torch.empty(0, dtype=torch.long)
    model.train()
    for _ in range(steps):
        if len(order) < 64:
            order = torch.randperm(x.shape[0], generator=shuffle)
        batch, order = order[:64], order[64:]
        loss = F.cross_entropy(model(x[batch]), y[batch])
        opt.zero_grad(set_to_none=False)
        loss.backward()
        opt.step()
    model.train(False)
    with torch.inference_mode():
        hits = torch.cat([model(part).max(1).indices for part in x_test.split(100)]) == y_test
    return model, hits.sum().item() / hits.numel()
