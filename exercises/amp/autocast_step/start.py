"""One training step in mixed precision."""

import torch


def amp_step(
    model: torch.nn.Module,
    x: torch.Tensor,
    y: torch.Tensor,
    opt: torch.optim.Optimizer,
    device: torch.device | str,
    dtype: torch.dtype,
    max_norm: float,
) -> float:
    """Take one optimizer step on one batch, computing the forward in a low precision, and return the loss.

    model: maps x (B, ...) to logits (B, C); its weights are float32 and stay float32
    x, y: one batch; y (B,) int64 holds the right classes; model, x and y stand on `device` already: move nothing
    opt: an optimizer over the model's parameters
    device: a torch.device, or its name as a string, with or without an index: "cpu", "cuda:3"; autocast wants to
        know the kind of device only, as a string: "cpu", "cuda"
    dtype: what the matrix products of the forward run in: torch.bfloat16, or torch.float16
    max_norm: the joint norm of all gradients is at most this when the optimizer steps
    returns: the loss of this batch before the step, a Python float

    The forward runs under autocast with `dtype`, and so does the loss: the mean cross entropy of the logits and y.
    Backward, clipping and step run outside of autocast. The step uses the gradients of this batch alone, whatever
    was in .grad before. No loss scaler here: that is the next exercise.

    Example: amp_step(model, x, y, opt, "cuda:0", torch.bfloat16, 1.0)
    """
    opt.zero_grad()
    loss = None  # TODO: forward and loss, under autocast
    # TODO: backward, clip, step: in which order, and where?
    raise NotImplementedError
    return loss.item()
