"""Checks for five-silent-bugs: what comes back, one bug after the other, order, seed, and whether it learns."""

import torch
from torch import nn
from torch.nn.modules import module as modules
from torch.optim.optimizer import register_optimizer_step_post_hook

from graders.kit import at_most, holds

BATCH = 32


class Call:
    """One call of the model: what went in and came out, in which mode, and the gradient that came back."""

    def __init__(self, model, x, out):
        self.x, self.out = x.detach().clone(), out.detach().flatten().clone()
        self.modes = {m.training for m in model.modules()}
        self.gradient = None


class Spy:
    """Watches every module and optimizer that runs inside of the block, wherever it was made."""

    def __enter__(self):
        self.calls, self.rates, self.depth = [], [], 0
        self.known, self.fresh, self.dead, self.stale = set(), {}, 0, 0
        self.handles = [
            modules.register_module_forward_pre_hook(self.enters),
            modules.register_module_forward_hook(self.leaves),
            register_optimizer_step_post_hook(self.steps),
        ]
        return self

    def __exit__(self, *error):
        for handle in self.handles:
            handle.remove()

    def enters(self, module, args):
        self.depth += 1

    def leaves(self, module, args, out):
        self.depth -= 1
        if self.depth or not args or not isinstance(out, torch.Tensor) or not list(module.parameters()):
            return
        call = Call(module, args[0], out)
        self.calls.append(call)
        if out.requires_grad:
            out.register_hook(lambda g: setattr(call, "gradient", g.flatten().clone()))
        for p in module.parameters():
            if p not in self.known:
                self.known.add(p)
                self.handles.append(p.register_hook(lambda g, p=p: self.arrives(p, g)))

    def arrives(self, p, g):
        """What one backward pass brings to a parameter, before it is added to anything."""
        self.fresh[p] = g.clone() + self.fresh.get(p, 0)

    def steps(self, optimizer, args, kwargs):
        ps = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        self.dead += not any(bool(p.grad.any()) for p in ps)
        near = (torch.allclose(p.grad, self.fresh[p], rtol=1e-3, atol=1e-6) for p in ps if p in self.fresh)
        self.stale += not all(near)
        self.fresh.clear()
        self.rates.append(optimizer.param_groups[0]["lr"])

    def trained(self):
        """The calls that a gradient came back to."""
        return [c for c in self.calls if c.gradient is not None]


def labels(call):
    """The labels that the mean squared error must have been given: its gradient is 2 (out − label) / batch."""
    return call.out - call.gradient * len(call.x) / 2


def rows(x, part):
    """Which rows of x these are; −1 for others."""
    same = (part[:, None] == x[None]).all(-1)
    return torch.where(same.any(1), same.int().argmax(1), -1)


def data(draw, n, d=None):
    """A curve of several features: x [n, d], y [n], and as many samples again to measure on."""
    d = d or draw.integer(4, 7)
    w, x = draw.uniform(d, low=0.5, high=1.5), draw.normal(2 * n, d)
    y = (x @ w) + x[:, 0].abs() + draw.number(1.0, 3.0)
    return x[:n], y[:n], x[n:], y[n:]


def some(draw):
    """A number of samples that leaves a short last batch, of two at least."""
    return BATCH * draw.integer(2, 3) + draw.integer(2, 20)


def run(submission, given, **options):
    with Spy() as spy:
        result = submission.train(*given, **options)
    return result, spy


def test_result(submission, draw, observe):
    """It returns model, history and val; the model has its BatchNorm and its Dropout; the data is as it was"""
    given = data(draw, some(draw))
    before = [t.clone() for t in given]
    result, _ = run(submission, given, epochs=3)
    observe("keys", sorted(result))
    parts = list(result["model"].modules())
    observe("a BatchNorm1d", any(isinstance(m, nn.BatchNorm1d) for m in parts))
    observe("Dropout, its share", [m.p for m in parts if isinstance(m, nn.Dropout)])
    observe("length of history", len(result["history"]))
    same = all(torch.equal(a, b) for a, b in zip(given, before, strict=True))
    observe("the data", same, holds("is_true", "What was passed in has been written to."))
    observe("learning rate of each step", sorted(set(run(submission, given, epochs=1, lr=0.005)[1].rates)))


def test_loss(submission, draw, observe):
    """Each prediction is compared with one label, not with those of the whole batch"""
    given = data(draw, some(draw))
    _, spy = run(submission, given, epochs=2)
    found = torch.cat([labels(c) for c in spy.trained()])
    known = ((found[:, None] - given[1][None]).abs().amin(1) < 2e-3).all()
    says = "The gradient of a prediction points to no label at all: to the mean of a batch, say."
    observe("labels behind the gradients", bool(known), holds("is_true", says))


def test_pairs(submission, draw, observe):
    """And that label is its own"""
    given = data(draw, some(draw))
    _, spy = run(submission, given, epochs=2)
    own = all(bool(((labels(c) - given[1][rows(given[0], c.x)]).abs() < 2e-3).all()) for c in spy.trained())
    observe("each sample has its own label", own, holds("is_true", "Samples are trained toward labels of others."))


def test_gradients(submission, draw, observe):
    """Each step uses the gradient of its own batch alone"""
    given = data(draw, some(draw))
    _, spy = run(submission, given, epochs=2)
    observe("steps without any gradient", spy.dead)
    observe("steps with more, or less, than the gradient of their batch", spy.stale)
    observe("steps taken, to batches", len(spy.rates) - len(spy.trained()))


def test_epochs(submission, draw, observe):
    """Every epoch takes every sample once, in train mode, in a fresh order, the short last batch too"""
    given = data(draw, n := some(draw))
    _, spy = run(submission, given, epochs=3)
    calls = [c for c in spy.calls if (rows(given[0], c.x) >= 0).all()]
    observe("sizes of the batches", [len(c.x) for c in calls])
    modes = all(c.modes == {True} for c in calls)
    observe("modes while training", modes, holds("is_true", "The model is trained in eval mode."))
    order = torch.cat([rows(given[0], c.x) for c in calls])
    observe("samples of each epoch", [part.sort().values for part in order.split(n)])
    orders = {tuple(part.tolist()) for part in order.split(n)} | {tuple(range(n))}
    observe("different orders", len(orders))


def test_history(submission, draw, observe):
    """history and val are plain floats; an entry is the mean over the samples of an epoch"""
    given = data(draw, n := some(draw))
    result, spy = run(submission, given, epochs=3)
    kinds = [type(v).__name__ for v in [*result["history"], result["val"]]]
    observe("types of the losses", sorted(set(kinds)))
    squares = torch.cat([(c.gradient * len(c.x) / 2).square() for c in spy.trained()])
    means = [part.mean().item() for part in squares.split(n)]
    near = all(abs(float(a) - b) < 1e-3 * b for a, b in zip(result["history"], means, strict=False))
    says = "An entry of history is not the mean over the samples of that epoch."
    observe("means over an epoch's samples", near, holds("is_true", says))


def test_eval(submission, draw, observe):
    """Measuring is done in eval mode, leaves no trace, and the model comes back in it"""
    given = _, _, x_val, y_val = data(draw, some(draw))
    result, spy = run(submission, given, epochs=3)
    model = result["model"]
    training = [c.modes for c in spy.calls if (rows(x_val, c.x) >= 0).all()]
    says = "While the validation data went through, a layer was in train mode."
    observe("modes while measuring", all(m == {False} for m in training), holds("is_true", says))
    modes = {m.training for m in model.modules()}
    observe("mode of the model", modes == {False}, holds("is_true", "The model does not come back in eval mode."))
    counts = [m.num_batches_tracked.item() for m in model.modules() if isinstance(m, nn.BatchNorm1d)]
    observe("batches that BatchNorm has seen", counts)
    with torch.no_grad():
        again = (model.eval()(x_val).flatten() - y_val).square().mean().item()
    observe(
        "val", abs(float(result["val"]) - again) < 1e-3 * again, holds("is_true", "val is not what the model gives.")
    )


def test_seed(submission, draw, observe):
    """The same seed gives the same result, another seed another one"""
    given = data(draw, some(draw))
    one, same, other = (submission.train(*given, epochs=2, seed=s)["history"] for s in (3, 3, 4))
    observe("the same seed", one == same, holds("is_true", "Two runs with one seed differ."))
    observe("another seed", one != other, holds("is_true", "Two runs with different seeds are the same."))
    zero, default = submission.train(*given, 2, seed=0)["history"], submission.train(*given, 2)["history"]
    observe("without a seed", zero == default, holds("is_true", "Without seed=… it is not as with seed=0."))


def test_learns(submission, draw, observe):
    """A hundred samples, 40 epochs: the error on new data is a small part of the variance"""
    given = data(draw, 100, 5)
    result, spy = run(submission, given)
    observe("epochs, and learning rates", [len(result["history"]), *sorted(set(spy.rates))])
    share = float(result["val"]) / given[3].var().item()
    observe("error on new data, in variances", share, at_most(bound=0.3, says="It still learns badly."))
