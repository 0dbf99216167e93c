"""The reference: one pass function, with an optimizer for training and without one for validation."""

import torch


def run_epoch(model, batches, loss_fn, device, opt=None, max_norm=None) -> float:
    """One pass over the batches; returns the mean loss over samples."""
    total, count = 0.0, 0
    with torch.set_grad_enabled(opt is not None):
        for x, y in batches:
            x, y = x.to(device), y.to(device)
            if opt is None:
                loss = loss_fn(model(x), y)
            else:
                loss = step(model, x, y, loss_fn, opt, max_norm)
            total += loss.item() * len(x)
            count += len(x)
    return total / count


def step(model, x, y, loss_fn, opt, max_norm):
    """Clear, forward, loss, backward, clip, step."""
    opt.zero_grad()
    loss = loss_fn(model(x), y)
    loss.backward()
    if max_norm is not None:
        torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    opt.step()
    return loss


def train(model, train_dl, val_dl, opt, loss_fn, device, epochs, max_norm=None, on_epoch=None) -> list[dict]:
    history = []
    for epoch in range(epochs):
        model.train()
        train_loss = run_epoch(model, train_dl, loss_fn, device, opt, max_norm)
        model.eval()
        val_loss = run_epoch(model, val_dl, loss_fn, device)
        history.append({"epoch": epoch, "train_loss": train_loss, "val_loss": val_loss})
        if on_epoch is not None:
            state = {"epoch": epoch, "model": model.state_dict(), "optimizer": opt.state_dict()}
            on_epoch({**state, "history": history})
        model.train()
    return history
