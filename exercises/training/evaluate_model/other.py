"""A second honest way: a context manager for the modes, everything gathered first and counted at the end."""

from contextlib import contextmanager

import torch


@contextmanager
def evaluating(model):
    before = {name: module.training for name, module in model.named_modules()}
    for module in model.modules():
        module.train(False)
    try:
        yield
    finally:
        for name, module in model.named_modules():
            module.training = before[name]


@torch.inference_mode()
def evaluate(model, batches, loss_fn):
    losses, hits = [], []
    with evaluating(model):
        for x, y in batches:
            out = model(x)
            losses.append(loss_fn(out, y).double().repeat(y.shape[0]))
            hits.append(torch.max(out, 1).indices.eq(y))
    losses, hits = torch.cat(losses), torch.cat(hits)
    return {"n": hits.numel(), "loss": losses.mean().item(), "acc": hits.double().mean().item()}
