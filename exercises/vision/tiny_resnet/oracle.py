"""The oracle: torchvision's recipe spelled out with functions; batches from a fixed list of numbers."""

import random

import torch
import torch.nn.functional as F
from torch import nn


class ResidualBlock(nn.Module):
    def __init__(self, i, o, stride=1):
        super().__init__()
        self.stride = stride
        self.conv1, self.bn1 = nn.Conv2d(i, o, 3, bias=False), nn.BatchNorm2d(o)
        self.conv2, self.bn2 = nn.Conv2d(o, o, 3, bias=False), nn.BatchNorm2d(o)
        if (i, 1) != (o, stride):
            self.down = nn.Sequential(nn.Conv2d(i, o, 1, bias=False), nn.BatchNorm2d(o))

    def forward(self, x):
        y = self.bn1(F.conv2d(x, self.conv1.weight, stride=self.stride, padding=1))
        y = self.bn2(F.conv2d(y.clamp(min=0), self.conv2.weight, padding=1))
        if hasattr(self, "down"):
            x = self.down[1](self.down[0](x[:, :, :: self.stride, :: self.stride]))
        return (x + y).clamp(min=0)


def fit(x, y, x_test, y_test, steps=150, seed=0):
    torch.manual_seed(seed)
    dice = random.Random(seed)
    head = nn.Linear(16, 1 + max(y.tolist()))
    model = nn.Sequential(ResidualBlock(1, 8, 2), ResidualBlock(8, 16, 2), nn.AvgPool2d(4), nn.Flatten(), head)
    opt = torch.optim.AdamW(model.parameters(), lr=0.01)
    for _ in range(steps):
        i = dice.sample(range(len(x)), 64)
        opt.zero_grad()
        F.nll_loss(model(x[i]).log_softmax(1), y[i]).backward()
        opt.step()
    model.eval()
    guesses = model(x_test).detach().argmax(1).tolist()
    return model, sum(a == b for a, b in zip(guesses, y_test.tolist(), strict=True)) / len(y_test)
