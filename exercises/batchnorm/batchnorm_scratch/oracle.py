"""The oracle: torch's own, with the channels moved to where it wants them, and without its counter."""

from torch import nn


class BatchNorm1d(nn.BatchNorm1d):
    def __init__(self, D, eps=1e-5, momentum=0.1):
        super().__init__(D, eps=eps, momentum=momentum)
        self.register_buffer("num_batches_tracked", None)

    def forward(self, x):
        return super().forward(x.movedim(-1, 1)).movedim(1, -1)
