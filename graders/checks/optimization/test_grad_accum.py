"""Checks for grad-accum: gradient of equal pairs, calls, uneven pairs, clipping, loss, tuples, nothing asked."""

import torch
from torch import nn

from graders.kit import equal, holds, noted

CLOSE = equal(rtol=1e-5, atol=1e-7, because="clipping formulas differ by 1e-6 in the denominator")
V = 9


class Toy(nn.Module):
    """Tables, a bend and a head, in float64; notes on a list when it runs and when its gradient comes back."""

    def __init__(self, draw, pair=False):
        super().__init__()
        self.wte, self.mix, self.head = nn.Embedding(V, 5), nn.Linear(5, 4), nn.Linear(4, V)
        draw.fill(self.double(), scale=0.7)
        self.pair, self.events = pair, []

    def forward(self, idx):
        self.events.append("forward")
        logits = self.head(torch.tanh(self.mix(self.wte(idx).cumsum(1))))
        if logits.requires_grad:
            logits.register_hook(lambda g: self.events.append("backward"))
        return (logits, None) if self.pair else logits


class Bench:
    """A model, an SGD around it, and the gradients that its step has seen."""

    def __init__(self, draw, pair=False, lr=0.5):
        self.model = Toy(draw, pair)
        self.opt = torch.optim.SGD(self.model.parameters(), lr=lr)
        self.seen = []
        self.opt.register_step_pre_hook(self.stepping)
        for p in self.model.parameters():
            p.grad = draw.normal(*p.shape, dtype=p.dtype)  # left over from somewhere

    def stepping(self, opt, args, kw):
        self.model.events.append("step")
        self.seen.append({n: None if p.grad is None else p.grad.clone() for n, p in self.model.named_parameters()})

    def weights(self):
        return {n: p.detach().clone() for n, p in self.model.named_parameters()}


def pairs(draw, shapes, hidden=0.0):
    """Batches of these shapes; a share of the targets is −100."""
    made = []
    for b, length in shapes:
        y = draw.integers(0, V, b, length)
        mask = draw.uniform(b, length) < hidden
        mask[0, 0] = False
        made.append((draw.integers(0, V, b, length), y.masked_fill(mask, -100)))
    return made


def run(submission, draw, observe, micro, max_norm=1e9, pair=False, what=""):
    bench = Bench(draw, pair)
    bench.loss = submission.accum_step(bench.model, micro, bench.opt, max_norm)
    observe(f"gradients that the step saw{what}", bench.seen[-1] if bench.seen else None, CLOSE)
    observe(f"weights after it{what}", bench.weights(), CLOSE)
    return bench


def test_calls(submission, draw, observe):
    """Each pair's backward comes before the next one's forward; one step ends it"""
    micro = pairs(draw, [(2, 4)] * 3)
    bench = Bench(draw)
    submission.accum_step(bench.model, micro, bench.opt, 1e9)
    observe("calls", bench.model.events, noted())
    steps = bench.model.events.count("step") == 1 and bench.model.events[-1] == "step"
    observe("one step, at the end", steps, holds("is_true", "There was not one step, at the end."))
    fine = bench.model.events[:-1] == ["forward", "backward"] * 3
    observe("forward, backward, forward, …", fine, holds("is_true", "Forwards and backwards do not alternate."))


def test_gradient(submission, draw, observe):
    """With equal pairs the step has the gradient of one big batch, and nothing of what was there before"""
    b, length = draw.sizes(2, high=5)
    for count in (1, draw.integer(3, 4)):
        run(submission, draw, observe, pairs(draw, [(b, length)] * count), what=f", {count} pairs")


def test_uneven(submission, draw, observe):
    """Every asked position counts the same: pairs of other sizes, targets of −100, a short last pair"""
    b, length, other = draw.sizes(3, low=3, high=6)
    run(submission, draw, observe, pairs(draw, [(b, length), (b, length), (1, other)]), what=", a short last pair")
    micro = pairs(draw, [(b, length), (b, length), (b, other)], hidden=0.4)
    micro[0][1][:, 1:] = -100
    run(submission, draw, observe, micro, what=", some targets −100")


def test_clip(submission, draw, observe):
    """The joint norm is bounded once, when all is gathered"""
    micro = pairs(draw, [(3, 4), (2, 5), (3, 2)], hidden=0.2)
    for max_norm in (0.05, 1e9):
        bench = run(submission, draw, observe, micro, max_norm=max_norm, what=f", max_norm {max_norm:g}")
        grads = [g for g in bench.seen[-1].values() if g is not None] if bench.seen else []
        norm = torch.stack([g.norm() for g in grads]).norm().item() if grads else 0.0
        left = [p.grad for p in bench.model.parameters() if p.grad is not None]
        short = not left or torch.stack([g.norm() for g in left]).norm().item() <= max_norm * 1.001
        observe("what is left in .grad is within max_norm", short, noted())
        within = norm <= max_norm * 1.001
        observe("the joint norm is within max_norm", within, holds("is_true", "The step's gradients were too long."))


def test_loss(submission, draw, observe):
    """It returns the mean loss before the step, over all asked positions, as a float"""
    micro = pairs(draw, [(3, 4), (2, 5), (1, 3)], hidden=0.3)
    bench = Bench(draw)
    observe("what it returns", submission.accum_step(bench.model, micro, bench.opt, 1e9), CLOSE)


def test_tuple(submission, draw, observe):
    """A model that returns a tuple is understood; x and y stay as they are"""
    micro = pairs(draw, [(2, 3), (3, 3)], hidden=0.3)
    before = [(x.clone(), y.clone()) for x, y in micro]
    bench = run(submission, draw, observe, micro, pair=True, what=", the model returns a tuple")
    observe("loss", bench.loss, CLOSE)
    same = all(torch.equal(a, b) for new, old in zip(micro, before, strict=True) for a, b in zip(new, old, strict=True))
    observe("x and y as they were", same, holds("is_true", "x or y was changed."))


def test_nothing_asked(submission, draw, observe):
    """A pair in which nothing is asked adds nothing"""
    micro = pairs(draw, [(2, 3), (2, 4), (3, 2)])
    micro[1][1].fill_(-100)
    bench = run(submission, draw, observe, micro, what=", one pair asks nothing")
    observe("loss", bench.loss, CLOSE)
