"""Everything in one function."""

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
    history: list[dict] = []
    model.train()
    for epoch in range(epochs):
        train_sum, train_n = 0.0, 0
        for x, y in train_dl:
            x, y = x.to(device), y.to(device)
            opt.zero_grad()
            loss = loss_fn(model(x), y)
            loss.backward()
            if max_norm is not None:
                torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            opt.step()
            train_sum += loss.item() * len(x)
            train_n += len(x)

        model.eval()
        val_sum, val_n = 0.0, 0
        with torch.no_grad():
            for x, y in val_dl:
                x, y = x.to(device), y.to(device)
                loss = loss_fn(model(x), y)
                val_sum += loss.item() * len(x)
                val_n += len(x)

        history.append({"epoch": epoch, "train_loss": train_sum / train_n, "val_loss": val_sum / val_n})
        if on_epoch is not None:
            on_epoch(
                {"epoch": epoch, "model": model.state_dict(), "optimizer": opt.state_dict(), "history": history}
            )
    model.train()
    return history
