"""The training loop, in the right order."""

from collections.abc import Callable, Iterable

import torch


def train(
    model: torch.nn.Module,
    train_dl: Iterable,
    val_dl: Iterable,
    opt: torch.optim.Optimizer,
    loss_fn: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    device: torch.device | str,
    epochs: int,
    max_norm: float | None = None,
    on_epoch: Callable[[dict], None] | None = None,
) -> list[dict]:
    """Train the model for some epochs, validating after each, and return the history.

    model: maps a batch x to predictions; already on `device`
    train_dl, val_dl: give batches (x, y) each time they are iterated over; the last batch may be shorter
    opt: an optimizer over the model's parameters
    loss_fn: loss_fn(model(x), y) is a 0-d tensor, the mean over the batch
    device: where each batch is moved to
    epochs: how often to go through train_dl
    max_norm: if given, the joint norm of all gradients is at most this in every step
    on_epoch: if given, called once after each validation with
        {"epoch": epoch, "model": model.state_dict(), "optimizer": opt.state_dict(), "history": the list so far}
    returns: one entry an epoch, {"epoch": 0, 1, …, "train_loss": float, "val_loss": float};
        both losses are means over samples, as Python floats

    The model is in train mode for every training batch, in eval mode and without gradients during validation, and
    in train mode when `train` returns.
    """
    history: list[dict] = []
    for epoch in range(epochs):
        raise NotImplementedError  # TODO: an epoch of training, a validation, an entry
    return history
