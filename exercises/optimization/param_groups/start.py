"""Which parameters decay."""

import torch


def configure_optimizers(
    model: torch.nn.Module, weight_decay: float, lr: float, betas: tuple[float, float], device_type: str
) -> torch.optim.AdamW:
    """An AdamW over the model's trainable parameters, in groups.

    model: any module; some parameters may be frozen (requires_grad False), some tied (one Parameter, several names)
    weight_decay: that of the parameters with two or more dimensions: matrices and tables. All others (biases, the
        norms' gains) are in groups whose weight_decay is 0
    lr, betas: for all groups
    device_type: "cuda" or "cpu", where it will run; the fused form of AdamW is asked for on "cuda" only
    returns: a torch.optim.AdamW that holds every trainable parameter exactly once, and no frozen one; any number of
        groups in any order

    Example: for GPT-2 with its vocabulary padded to 50,304 it holds 50 tensors that decay, 124,354,560 numbers, and
    98 that do not, 121,344 numbers.
    """
    raise NotImplementedError  # TODO
