"""Checks for lr-sweep: the rates, the losses, no graph, gradients, what is put back, early ends, exceptions."""

import torch

from graders.kit import equal, holds

MSE = torch.nn.functional.mse_loss
CLOSE = equal(rtol=1e-3, atol=1e-5, because="a dozen steps add up the roundings of rates and weights")
GRADS = "A .grad is left that is neither None nor zero."


def bench(draw, n, norm=False, dtype=torch.float32):
    """A small regression: a model, and a batch for every step. The targets lie far off, so every step matters."""
    b, i, h, o = draw.sizes(4, low=3)
    layers = [torch.nn.Linear(i, h), torch.nn.Tanh(), torch.nn.Linear(h, o)]
    if norm:
        layers.insert(1, torch.nn.BatchNorm1d(h))
    model = draw.fill(torch.nn.Sequential(*layers).to(dtype), scale=0.5)
    batches = [(draw.normal(b, i, dtype=dtype), draw.normal(b, o, mean=2, dtype=dtype)) for _ in range(n)]
    return model, batches


def state(model):
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


def restored(observe, model, before):
    """Observe that parameters and buffers are as they were, and no gradient is left."""
    for name, value in state(model).items():
        observe(f"{name} afterwards", value, equal(says=f"{name} is not what it was before the sweep."))
        observe(f"{name} as it was", torch.equal(value, before[name]), holds("is_true", f"{name} is not as it was."))
    clean = all(p.grad is None or not p.grad.count_nonzero() for p in model.parameters())
    observe("no gradient is left", clean, holds("is_true", GRADS))


def test_rates(submission, draw, observe):
    """lrs has n rates from lo to hi, each the same factor above the one before"""
    for lo, hi, n in (
        (1e-4, 1e-2, 7),
        (draw.number(1e-3, 2e-3), draw.number(0.02, 0.04), draw.integer(4, 9)),
        (2e-3, 5e-2, 2),
    ):
        model, batches = bench(draw, n)
        lrs, _ = submission.sweep(model, MSE, batches, lo, hi, n)
        observe(f"lrs of sweep(…, lo={lo:.3g}, hi={hi:.3g}, n={n})", lrs)


def test_losses(submission, draw, observe):
    """losses[i] is the loss before update i, of batch i, after plain steps with lrs[0] … lrs[i − 1]"""
    for n, more in ((2, 0), (9, 0), (12, 3)):
        model, batches = bench(draw, n + more)
        given = iter(batches) if more else batches
        _, losses = submission.sweep(model, MSE, given, 5e-3, 0.3, n)
        observe(f"losses of {n} steps, {n + more} batches", losses, CLOSE)


def test_plain(submission, draw, observe):
    """lrs and losses are float32 and hang on no graph, whatever the model's dtype"""
    model, batches = bench(draw, 4)
    for name, values in zip(("lrs", "losses"), submission.sweep(model, MSE, batches, 1e-3, 0.1, 4), strict=True):
        plain = isinstance(values, torch.Tensor) and not values.requires_grad
        observe(f"{name} without a graph", plain, holds("is_true", f"{name} hangs on a graph."))
    model, batches = bench(draw, 4, dtype=torch.float64)
    for name, values in zip(("lrs", "losses"), submission.sweep(model, MSE, batches, 1e-3, 0.1, 4), strict=True):
        observe(f"{name} of a model in float64", values, CLOSE)


def test_grads(submission, draw, observe):
    """What was in .grad before plays no part, and nothing is left there"""
    model, batches = bench(draw, 5)
    for p in model.parameters():
        p.grad = draw.normal(*p.shape, scale=3)
    _, losses = submission.sweep(model, MSE, batches, 5e-3, 0.2, 5)
    observe("losses of a model whose .grad was full", losses, CLOSE)
    clean = all(p.grad is None or not p.grad.count_nonzero() for p in model.parameters())
    observe("no gradient is left", clean, holds("is_true", GRADS))


def test_restored(submission, draw, observe):
    """Parameters and buffers have the values of before, in the same tensors"""
    model, batches = bench(draw, 6, norm=True)
    before, held = state(model), list(model.parameters())
    _, losses = submission.sweep(model, MSE, batches, 5e-3, 0.3, 6)
    restored(observe, model, before)
    same = len(held) == len([*model.parameters()]) and all(
        a is b for a, b in zip(held, model.parameters(), strict=True)
    )
    observe("the parameters are the same objects", same, holds("is_true", "The model holds other parameters now."))
    observe("losses of a model with batch norm", losses, CLOSE)


def test_not_finite(submission, draw, observe):
    """A loss that is not finite is noted, and is the last one; everything is put back"""
    for bad in (float("inf"), float("nan")):
        n, at = draw.integer(6, 9), draw.integer(2, 4)
        model, batches = bench(draw, n, norm=True)
        before = state(model)
        batches[at][1][0, 0] = bad
        lrs, losses = submission.sweep(model, MSE, batches, 5e-3, 0.2, n)
        observe(f"lrs of {n} steps, batch {at} gives {bad}", lrs)
        observe(f"losses of {n} steps, batch {at} gives {bad}", losses, CLOSE)
        restored(observe, model, before)
    model = draw.fill(torch.nn.Linear(3, 1))
    before = state(model)
    batches = [(draw.normal(8, 3), draw.normal(8, 1)) for _ in range(40)]
    _, losses = submission.sweep(model, MSE, batches, 1e-2, 1e6, 40)
    observe("the last loss of a sweep up to 1e6", losses[-1])
    restored(observe, model, before)


def test_exception(submission, draw, observe):
    """An exception reaches the caller, and everything is put back all the same"""
    model, batches = bench(draw, 6, norm=True)
    before = state(model)
    calls = []

    def loss_fn(guess, y):
        calls.append(1)
        if len(calls) == 4:
            raise ArithmeticError("the loss of batch 3")
        return MSE(guess, y)

    observe.raises("sweep(…) when loss_fn raises", submission.sweep, model, loss_fn, batches, 5e-3, 0.3, 6,
                   type="ArithmeticError")  # fmt: skip
    restored(observe, model, before)
