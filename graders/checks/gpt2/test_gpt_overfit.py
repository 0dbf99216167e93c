"""Checks for gpt-overfit: the first loss, one batch, plain floats, one optimizer, clean gradients, learning."""

from contextlib import contextmanager
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from gpt2.model import GPT
from graders.kit import at_most, equal, holds, noted

NEAR = equal(rtol=1e-4, atol=1e-5, because="the loss is a mean of a hundred logarithms in float32")


class Toy(nn.Module):
    """A model of tables alone: what a position says depends on its own token and place. Notes what it was shown."""

    def __init__(self, draw, pair, vocab=11, width=4, length=6):
        super().__init__()
        self.wte, self.wpe, self.head = nn.Embedding(vocab, width), nn.Embedding(length, width), nn.Linear(width, vocab)
        draw.fill(self, scale=0.6)
        self.pair, self.shown, self.costs = pair, [], []

    def logits(self, idx):
        return self.head(torch.tanh(self.wte(idx) + self.wpe.weight[: idx.shape[1]]))

    def forward(self, idx):
        self.shown.append(idx.clone())
        logits = self.logits(idx)
        return (logits, None) if self.pair else logits


class Bench:
    """One run of the submission on a toy, and what was seen of it."""

    def __init__(self, submission, draw, steps=4, pair=False, ignore=True):
        self.model, b = Toy(draw, pair), draw.integer(2, 4)
        self.x, self.y = draw.integers(0, 11, b, 6), draw.integers(0, 11, b, 6)
        if ignore:
            self.y[0, 1:4] = -100
        self.lr, self.made, self.grads, self.rates, self.others, self.real = draw.number(0.01, 0.03), [], [], [], 0, []
        before = self.x.clone(), self.y.clone()
        with self.watched():
            self.losses = submission.overfit(self.model, self.x, self.y, steps, self.lr)
        self.untouched = torch.equal(self.x, before[0]) and torch.equal(self.y, before[1])

    def loss(self):
        return F.cross_entropy(self.model.logits(self.x).flatten(0, 1), self.y.flatten())

    @contextmanager
    def watched(self):
        """Note each optimizer that is made; at each step its rates, the true loss, and whether .grad is its slope."""
        init = torch.optim.Optimizer.__init__

        def making(opt, *args, **kw):
            self.made.append(type(opt).__name__)
            init(opt, *args, **kw)

        def stepping(opt, args, kw):
            closure = kw.get("closure", args[1] if len(args) > 1 else None)
            if closure is None:
                self.look(opt)
                return None

            def then_look():
                out = closure()
                self.look(opt)
                return out

            return (opt, then_look), {}

        torch.optim.Optimizer.__init__ = making
        handle = register_optimizer_step_pre_hook(stepping)
        try:
            yield
        finally:
            torch.optim.Optimizer.__init__ = init
            handle.remove()

    def look(self, opt):
        self.rates += [float(group["lr"]) for group in opt.param_groups]
        params = list(self.model.parameters())
        with torch.enable_grad():
            loss = self.loss()
        self.real.append(loss.item())
        slopes = torch.autograd.grad(loss, params)
        held = {id(p) for group in opt.param_groups for p in group["params"]}
        self.others += sum(id(p) not in held for p in params)
        pairs = [(p.grad, slope) for p, slope in zip(params, slopes, strict=True)]
        self.grads.append(all(g is not None and torch.allclose(g, s, rtol=1e-3, atol=1e-5) for g, s in pairs))


def test_first_loss(submission, draw, observe):
    """losses[0] is the mean cross entropy before any update, whether the model returns logits or a tuple"""
    for pair, ignore in ((False, False), (True, True)):
        bench = Bench(submission, draw, steps=1, pair=pair, ignore=ignore)
        losses = [float(loss) for loss in bench.losses]
        observe("losses of one step" + ", with some targets −100" * ignore, losses, NEAR)
    observe("x and y as they were", bench.untouched, holds("is_true", "x or y was changed."))


def test_one_batch(submission, draw, observe):
    """Each step has one forward pass, of x itself"""
    bench = Bench(submission, draw, steps=4)
    observe("forward passes in 4 steps", len(bench.model.shown))
    same = all(torch.equal(shown, bench.x) for shown in bench.model.shown)
    observe("all of x", same, holds("is_true", "A forward pass was given something else than x."))


def test_losses(submission, draw, observe):
    """There is a Python float for each step: the loss before that update"""
    bench = Bench(submission, draw, steps=draw.integer(3, 6))
    observe("how many, and of which type", [type(loss).__name__ for loss in bench.losses])
    pairs = zip(bench.losses, bench.real, strict=False)
    same = len(bench.losses) == len(bench.real) and all(abs(float(a) - b) < 1e-3 for a, b in pairs)
    observe("each is the loss before its update", same, holds("is_true", "A loss is not that before its update."))


def test_optimizer(submission, draw, observe):
    """One Adam or AdamW is made, over all parameters, with the given rate"""
    bench = Bench(submission, draw, steps=5)
    observe("optimizers", bench.made, noted())
    observe("one is made", len(bench.made) == 1, holds("is_true", "More than one optimizer was made, or none."))
    good = all(name in ("Adam", "AdamW") for name in bench.made)
    observe("it is Adam or AdamW", good, holds("is_true", "The optimizer is neither Adam nor AdamW."))
    given = all(abs(rate - bench.lr) < 1e-9 for rate in bench.rates)
    observe("its rate is lr", given, holds("is_true", "The optimizer's rate is not lr."))
    observe("it holds every parameter", bench.others == 0, holds("is_true", "The optimizer lacks some parameters."))


def test_gradients(submission, draw, observe):
    """The optimizer steps with the gradient of this step's loss"""
    bench = Bench(submission, draw, steps=4)
    clean = all(bench.grads)
    observe("gradients in each step", clean, holds("is_true", "A step used something else than its loss's gradient."))
    moved = bench.losses[-1] < bench.losses[0]
    observe("the loss falls", bool(moved), holds("is_true", "After four steps the loss is no lower."))


def test_learns(submission, draw, observe):
    """60 steps at 3e-3 take a small GPT below 0.2 on a batch of 4 × 32"""
    config = SimpleNamespace(n_embd=64, n_head=4, n_layer=2, block_size=32, vocab_size=65, padded_vocab=65, dropout=0.0)
    model = GPT(config)
    losses = submission.overfit(model, draw.integers(0, 65, 4, 32), draw.integers(0, 65, 4, 32), 60, 3e-3)
    low = float(losses[-1])
    observe("loss of the last step", low, at_most(bound=0.2, says="After 60 steps the loss is above 0.2."))
