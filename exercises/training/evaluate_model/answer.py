"""The reference: flags noted and given back, sums over samples, one forward a batch without gradients."""

import torch


def evaluate(model, batches, loss_fn) -> dict:
    modes = [(m, m.training) for m in model.modules()]
    total, right, n = 0.0, 0, 0
    model.eval()
    try:
        with torch.no_grad():
            for x, y in batches:
                logits = model(x)  # (b, C)
                total += loss_fn(logits, y).item() * len(y)
                right += (logits.argmax(dim=-1) == y).sum().item()
                n += len(y)
    finally:
        for module, training in modes:
            module.training = training
    return {"loss": total / n, "acc": right / n, "n": n}
