"""Checks for tbptt-detach: one chunk, several, a short last one, the state that is carried, other cells and dtypes."""

import torch

from graders.kit import equal, holds

CLOSE = equal(rtol=1e-3, atol=1e-5, because="several float32 updates add up their roundings")


class Elman(torch.nn.Module):
    """The plain recurrent cell, which has nothing but what the docstring names."""

    def __init__(self, i, h):
        super().__init__()
        self.hidden_size = h
        self.x, self.h = torch.nn.Linear(i, h), torch.nn.Linear(h, h, bias=False)

    def forward(self, x, h):
        return torch.tanh(self.x(x) + self.h(h))


class Bench:
    """A small net, a stream and an optimizer that counts its steps."""

    def __init__(self, draw, t, make=Elman, momentum=0.0, dtype=torch.float32):
        b, i, h, v = draw.sizes(4, low=2, high=6)
        self.cell = draw.fill(make(i, h), scale=0.6).to(dtype)
        self.head = draw.fill(torch.nn.Linear(h, v), scale=0.8).to(dtype)
        self.x, self.y = draw.normal(t, b, i, dtype=dtype), draw.integers(0, v, t, b)
        params = [*self.cell.parameters(), *self.head.parameters()]
        self.opt = torch.optim.SGD(params, lr=0.5, momentum=momentum)
        self.steps = 0
        self.opt.register_step_post_hook(self._stepped)

    def _stepped(self, *args):
        self.steps += 1

    def run(self, submission, observe, name, chunk):
        """Train; observe the losses, the number of updates and the weights."""
        before = self.x.clone(), self.y.clone()
        losses = submission.train_stream(self.cell, self.head, self.x, self.y, chunk, self.opt)
        observe(f"losses, {name}", losses, CLOSE)
        observe(f"updates, {name}", self.steps)
        weights = {
            f"{part}.{n}": p.detach() for part in ("cell", "head") for n, p in getattr(self, part).named_parameters()
        }
        observe(f"weights, {name}", weights, CLOSE)
        same = torch.equal(self.x, before[0]) and torch.equal(self.y, before[1])
        observe("x and y stay as they were", same, holds("is_true", "x or y has been written to."))


def test_one_chunk(submission, draw, observe):
    """A single chunk: one loss, one update, with gradients through all of its steps"""
    Bench(draw, t=6).run(submission, observe, "T = 6, chunk = 6", 6)


def test_chunks(submission, draw, observe):
    """Several: the state goes on, its history does not"""
    Bench(draw, t=6).run(submission, observe, "T = 6, chunk = 3", 3)
    Bench(draw, t=12).run(submission, observe, "T = 12, chunk = 4", 4)
    Bench(draw, t=4).run(submission, observe, "T = 4, chunk = 1", 1)


def test_short(submission, draw, observe):
    """The last chunk may be shorter; chunk may be larger than T"""
    for t, chunk in ((7, 3), (5, 4), (3, 8), (1, 2)):
        Bench(draw, t=t).run(submission, observe, f"T = {t}, chunk = {chunk}", chunk)


def test_others(submission, draw, observe):
    """Another cell, momentum, float64, a head that is a function"""
    Bench(draw, t=8, make=torch.nn.GRUCell, momentum=0.5).run(submission, observe, "a GRUCell, momentum", 3)
    Bench(draw, t=8, dtype=torch.float64).run(submission, observe, "float64", 3)
    bench = Bench(draw, t=5)
    losses = submission.train_stream(bench.cell, lambda h: bench.head(h).tanh(), bench.x, bench.y, 2, bench.opt)
    observe("losses, the head a function", losses, CLOSE)
