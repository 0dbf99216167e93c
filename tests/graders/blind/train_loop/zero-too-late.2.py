"""Helper functions for a step, an epoch and the validation."""

from collections.abc import Callable, Iterable

import torch
from torch.nn.utils import clip_grad_norm_


def _step(model, opt, loss_fn, x, y, max_norm):
    loss = loss_fn(model(x), y)
    loss.backward()
    if max_norm is not None:
        clip_grad_norm_(model.parameters(), max_norm)
    model.zero_grad()
    opt.step()
    return loss.item()


def _train_epoch(model, dl, opt, loss_fn, device, max_norm):
    model.train()
    total, count = 0.0, 0
    for batch in dl:
        x, y = (t.to(device) for t in batch)
        size = x.shape[0]
        total += _step(model, opt, loss_fn, x, y, max_norm) * size
        count += size
    return total / count


@torch.no_grad()
def _validate(model, dl, loss_fn, device):
    model.eval()
    total, count = 0.0, 0
    for batch in dl:
        x, y = (t.to(device) for t in batch)
        size = x.shape[0]
        total += loss_fn(model(x), y).item() * size
        count += size
    model.train()
    return total / count


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
    history: list[dict] = []
    for epoch in range(epochs):
        entry = {"epoch": epoch}
        entry["train_loss"] = _train_epoch(model, train_dl, opt, loss_fn, device, max_norm)
        entry["val_loss"] = _validate(model, val_dl, loss_fn, device)
        history.append(entry)
        if on_epoch:
            on_epoch(dict(epoch=epoch, model=model.state_dict(), optimizer=opt.state_dict(), history=history))
    model.train()
    return history
