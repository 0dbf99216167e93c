"""Checks for ninja-train: the first loss, one step tensor by tensor, running statistics, fifty steps, in place."""

import torch

from graders.kit import equal, holds

CLOSE = equal(rtol=1e-6, atol=1e-8, because="fifty steps in float64 add up their roundings")
TRAINED = ("C", "W1", "b1", "W2", "b2", "bngain", "bnbias")


class Bench:
    """A small model in float64, its data, and a generator; nothing starts at zero or one."""

    def __init__(self, draw, dtype=torch.float64):
        n, v, wide = draw.random.choice([40, 50]), draw.integer(6, 7), draw.integer(13, 14)
        k, d = draw.random.choice([(2, 4), (2, 5), (3, 4), (3, 5)])
        self.bs = draw.random.choice([9, 11])
        normal = lambda *shape, **how: draw.normal(*shape, dtype=dtype, **how)  # noqa: E731
        self.X, self.Y = draw.integers(0, v, n, k), draw.integers(0, v, n)
        p = {"C": normal(v, d), "W1": normal(k * d, wide, scale=0.4), "b1": normal(wide, scale=0.5)}
        p |= {"W2": normal(wide, v, scale=0.4), "b2": normal(v, scale=0.5)}
        p |= {"bngain": normal(1, wide, scale=0.2, mean=1.1), "bnbias": normal(1, wide, scale=0.3, mean=0.2)}
        p |= {"running_mean": normal(1, wide), "running_var": normal(1, wide).abs() + 0.5}
        self.params, self.given = p, dict(p)
        self.gen = torch.Generator().manual_seed(draw.integer(0, 10**6))

    def train(self, submission, steps, lr):
        return submission.train(self.params, self.X, self.Y, steps, self.bs, lr, self.gen)


def test_first_loss(submission, draw, observe):
    """The first loss is that of the batch which the generator draws, as a float"""
    for _ in range(2):
        with observe.operations() as ops:
            losses = Bench(draw).train(submission, 1, 0.1)
        says = "autograd.grad did the work. Here every gradient is yours."
        observe("autograd has no part in it", all(name != "grad" for name, _ in ops.calls), holds("is_true", says))
        observe("losses of one step", losses, CLOSE)


def test_one_step(submission, draw, observe):
    """After one step the seven trained tensors have moved against their gradients"""
    bench = Bench(draw)
    bench.train(submission, 1, 0.5)
    for name in TRAINED[::-1]:
        observe(f"{name} after one step", bench.params[name], CLOSE)


def test_running(submission, draw, observe):
    """The running statistics took in a tenth of the batch's"""
    bench = Bench(draw)
    bench.train(submission, 1, 0.1)
    observe("running_mean after one step", bench.params["running_mean"], CLOSE)
    observe("running_var after one step", bench.params["running_var"], CLOSE)


def test_two_steps(submission, draw, observe):
    """The second step uses its own batch and the new parameters, and nothing of the first"""
    bench = Bench(draw)
    losses = bench.train(submission, 2, 0.3)
    observe("losses of two steps", losses, CLOSE)
    for name in TRAINED[::-1]:
        observe(f"{name} after two steps", bench.params[name], CLOSE)


def test_in_place(submission, draw, observe):
    """The tensors that were handed in are the ones that changed; the data did not"""
    bench = Bench(draw)
    x, y = bench.X.clone(), bench.Y.clone()
    bench.train(submission, 2, 0.3)
    observe("the dict has the same names", list(bench.params) == list(bench.given))
    same = all(bench.params[name] is t for name, t in bench.given.items())
    says = "The dict holds new tensors now; whoever kept the old ones has an untrained model."
    observe("the dict holds the same tensors", same, holds("is_true", says))
    kept = torch.equal(x, bench.X) and torch.equal(y, bench.Y)
    observe("X and Y are as they were", kept, holds("is_true", "X or Y was written to."))
    quiet = not any(t.requires_grad for t in bench.given.values())
    observe("no tensor asks for gradients", quiet, holds("is_true", "A tensor asks for gradients now."))


def test_fifty(submission, draw, observe):
    """Fifty losses, and what is in the tensors afterwards"""
    bench = Bench(draw)
    before = torch.get_rng_state()
    losses = bench.train(submission, 50, 0.1)
    observe("losses of fifty steps", losses, CLOSE)
    observe("all tensors after fifty steps", [bench.given[name] for name in sorted(bench.given)], CLOSE)
    same = torch.equal(before, torch.get_rng_state())
    observe("nothing else was drawn", same, holds("is_true", "Numbers were drawn from the global generator."))
