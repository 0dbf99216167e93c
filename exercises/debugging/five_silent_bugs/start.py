"""A training script that runs, prints falling losses, and learns badly. Five bugs; not one of them raises."""

import torch
from torch import nn
from torch.nn import functional as F


def build(d: int) -> nn.Module:
    """A regression net for d features: [B, d] to [B, 1]. It is as it should be, and stays so."""
    return nn.Sequential(nn.Linear(d, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 1))


def train(
    x: torch.Tensor,
    y: torch.Tensor,
    x_val: torch.Tensor,
    y_val: torch.Tensor,
    epochs: int = 40,
    lr: float = 0.02,
    seed: int = 0,
) -> dict[str, object]:
    """Fit y from x by Adam on the mean squared error, and measure on data that was not trained on.

    x: float32 [N, D], y: float32 [N], row by row; x_val [M, D], y_val [M]; none of them is changed
    epochs: passes over the data, each in a fresh order, in batches of 32; a short last batch counts like any other
    lr: Adam's learning rate
    seed: fixes the start values and everything that is drawn: the same seed gives the same result
    returns: {"model": the trained net, in eval mode,
              "history": one float an epoch: the mean over its samples of the loss that they were trained with,
              "val": a float: the mean squared error on x_val, y_val in eval mode, at the end}

    Every batch goes through the model once, and the model learns nothing from x_val.
    """
    # TODO: from outside, this is what is wrong: the predictions end near the mean of y, whatever x is; samples are
    # trained toward labels that are not theirs; each step follows all batches so far, not its own; the memory grows
    # with every batch; and measuring twice gives two different errors.
    torch.manual_seed(seed)
    model = build(x.shape[1])
    opt = torch.optim.Adam(model.parameters(), lr=lr)
    history = []
    for _ in range(epochs):
        x = x[torch.randperm(len(x))]
        y = y[torch.randperm(len(y))]
        total = 0.0
        for begin in range(0, len(x), 32):
            xb, yb = x[begin : begin + 32], y[begin : begin + 32]
            out = model(xb)
            loss = F.mse_loss(out, yb)
            loss.backward()
            opt.step()
            total = total + loss * len(xb)
        history.append(total / len(x))
    val = F.mse_loss(model(x_val), y_val)
    return {"model": model, "history": history, "val": val}
