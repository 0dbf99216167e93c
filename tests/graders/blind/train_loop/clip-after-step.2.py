"""One closure for both passes, gradients cleared and clipped by hand."""

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
    params = [p for group in opt.param_groups for p in group["params"]]

    def clear():
        for p in params:
            p.grad = None

    def clip():
        grads = [p.grad for p in params if p.grad is not None]
        norm = torch.sqrt(sum(g.pow(2).sum() for g in grads))
        if norm > max_norm:
            for g in grads:
                g.mul_(max_norm / (norm + 1e-6))

    def run(dl, training):
        model.train(training)
        losses, sizes = [], []
        for x, y in dl:
            x, y = x.to(device), y.to(device)
            with torch.set_grad_enabled(training):
                loss = loss_fn(model(x), y)
            if training:
                clear()
                loss.backward()
                opt.step()
                if max_norm is not None:
                    clip()
            losses.append(loss.item())
            sizes.append(len(y))
        return sum(l * s for l, s in zip(losses, sizes)) / sum(sizes)

    history: list[dict] = []
    for epoch in range(epochs):
        train_loss = run(train_dl, True)
        val_loss = run(val_dl, False)
        history.append({"epoch": epoch, "train_loss": train_loss, "val_loss": val_loss})
        if on_epoch is not None:
            state = {"epoch": epoch, "model": model.state_dict(), "optimizer": opt.state_dict()}
            on_epoch(state | {"history": history})
    model.train()
    return history
