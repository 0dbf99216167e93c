"""The oracle: one sample at a time, counted in plain Python; the modes kept as a list and set by hand."""

import torch


def evaluate(model, batches, loss_fn):
    parts = list(model.modules())
    was = [part.training for part in parts]
    loss, right, n = 0.0, 0, 0
    try:
        for part in parts:
            part.training = False
        for x, y in batches:
            with torch.no_grad():
                logits = model(x)
                mean = float(loss_fn(logits, y))
            for row, target in zip(logits.tolist(), y.tolist()):
                loss += mean
                right += row.index(max(row)) == target
                n += 1
    finally:
        for part, training in zip(parts, was):
            part.training = training
    return {"loss": loss / n, "acc": right / n, "n": n}
