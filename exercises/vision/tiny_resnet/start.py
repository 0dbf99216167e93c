"""A residual network for small pictures."""

import torch
from torch import nn


class ResidualBlock(nn.Module):
    """Two convolutions, and a way around them.

    i, o: channels in and out; stride: of the first convolution

    conv1 (3 × 3, this stride) → bn1 → ReLU → conv2 (3 × 3, stride 1) → bn2, plus x, then ReLU. Both convolutions have
    padding 1 and no bias. Where x has another shape than the sum needs (stride not 1, or i not o), it goes through
    down: Sequential of a 1 × 1 convolution of this stride, without bias, and a BatchNorm; elsewhere there is no down.

    Keys of the state_dict: conv1.weight, conv2.weight, those of bn1 and bn2, and, where it exists, down.0 and down.1.
    """

    def __init__(self, i: int, o: int, stride: int = 1):
        super().__init__()
        raise NotImplementedError  # TODO

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x: [B, i, H, W]; not changed. Returns [B, o, H', W'], H' = (H − 1) // stride + 1, W' likewise."""
        raise NotImplementedError  # TODO


def fit(
    x: torch.Tensor,
    y: torch.Tensor,
    x_test: torch.Tensor,
    y_test: torch.Tensor,
    steps: int = 150,
    seed: int = 0,
) -> tuple[nn.Module, float]:
    """Train a small classifier of ResidualBlocks, and measure it. Returns (model, accuracy).

    x: [N, 1, 16, 16] float32, N at least 64; y: [N] int64, classes from 0 to y.max(); x_test, y_test: as these
    steps: how many batches of 64 pictures are trained on, in any order, each with one step of AdamW, lr=0.01
    seed: equal seeds and training data give equal models
    model: ResidualBlock(1, 8, 2), ResidualBlock(8, 16, 2), the mean over all places, Linear(16, classes): from
        [B, 1, 16, 16] to logits [B, classes]. It is returned in eval mode
    accuracy: a Python float, the share of test pictures whose largest logit is at the right class, in eval mode

    The test data is for measuring alone: it leaves no trace in weights or running averages. Of four noisy shapes, 60
    steps are enough for 90 % and 150 for 95 %.
    """
    raise NotImplementedError  # TODO
