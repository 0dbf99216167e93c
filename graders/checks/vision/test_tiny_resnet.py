"""Checks for tiny-resnet: the block's keys and values, then fit: what it returns, its steps, no trace, learning."""

import inspect

import torch
from torch.nn.modules.module import register_module_forward_hook
from torch.optim import optimizer

from graders.kit import holds

MODE = "The model that came back is not in eval mode."
SEED = "Two calls with the same seed and the same training data gave different models."
WEIGHTS = "The weights depend on the test data."
AVERAGES = "The running averages depend on the test data."
STALE = "At a step the gradients were not those of this batch alone."
POOR = "Fewer than 90 % of the test pictures are told apart after 60 steps."
OTHER = "The accuracy is not that of the returned model on the test data."


def shapes(draw, n, noise=0.1):
    """Noisy pictures of four shapes (disc, frame, plus, cross), anywhere and of any size."""
    y = draw.integers(0, 4, n)
    r = draw.uniform(n, 1, 1, low=3.5, high=5.5)
    dy = (torch.arange(16.0)[:, None] - draw.uniform(n, 1, 1, low=6, high=9)).abs()
    dx = (torch.arange(16.0) - draw.uniform(n, 1, 1, low=6, high=9)).abs()
    far = torch.maximum(dy, dx)
    plus, cross = torch.minimum(dy, dx) < 1, (dy - dx).abs() < 1
    kinds = [dy**2 + dx**2 < r**2, (far < r) & (far > r - 1.5), plus & (far < r), cross & (far < r)]
    pictures = torch.stack(kinds, 1)[torch.arange(n), y].float()
    return (pictures + draw.normal(n, 16, 16, scale=noise))[:, None], y


def block(submission, draw, i, o, stride=1):
    """A block whose every weight and running average is drawn."""
    made = draw.fill(submission.ResidualBlock(i, o, stride))
    for name, value in sorted(made.named_buffers()):
        if "mean" in name:
            value.copy_(draw.normal(*value.shape, scale=0.3))
        elif "var" in name:
            value.copy_(draw.uniform(*value.shape, low=0.5, high=2))
    return made


class Watched:
    """Notes what the blocks give and what the optimizer does, while a submission trains."""

    def __init__(self, submission):
        self.kind = submission.ResidualBlock
        self.outs, self.grads, self.steps, self.rates = [], [], 0, set()

    def forward(self, module, args, out):
        if isinstance(module, self.kind) and module.training and out.requires_grad:
            self.outs.append(list(out.shape))

    def before(self, opt, args, kwargs):
        self.grads = [p.grad.clone() for group in opt.param_groups for p in group["params"] if p.grad is not None]
        self.steps += 1
        self.rates |= {(type(opt).__name__, group["lr"]) for group in opt.param_groups}

    def __enter__(self):
        self.hooks = [register_module_forward_hook(self.forward)]
        self.hooks.append(optimizer.register_optimizer_step_pre_hook(self.before))
        return self

    def __exit__(self, *error):
        for hook in self.hooks:
            hook.remove()


def test_keys(submission, draw, observe):
    """The block's parameters; down only where it is needed"""
    i, o = draw.sizes(2, low=3)
    for args in ((i, i), (i, o), (i, i, 2), (o, i, 3)):
        made = submission.ResidualBlock(*args)
        observe(f"ResidualBlock{args}", {n: list(p.shape) for n, p in sorted(made.named_parameters())})
        observe(f"keys of ResidualBlock{args}", sorted(made.state_dict()))


def test_block(submission, draw, observe):
    """Stride 1, equal channels: relu(x + two convolutions), relu(x) when these are zero"""
    for training in (False, True):
        b, i, h, w = draw.sizes(4, low=3)
        made = block(submission, draw, i, i).train(training)
        observe.call(f"forward(x [{b}, {i}, {h}, {w}]), training={training}", made, draw.normal(b, i, h, w))
    made = submission.ResidualBlock(i, i)
    with torch.no_grad():
        made.conv1.weight.zero_()
        made.conv2.weight.zero_()
    observe.call("both convolutions zero", made, draw.normal(b, i, h, w))
    observe.call("both convolutions zero, x ≥ 0", made, draw.uniform(b, i, h, w))


def test_block_down(submission, draw, observe):
    """Other channels, other strides: down brings x to the shape of the sum"""
    for stride in (1, 2, 3):
        b, i, o, h, w = draw.sizes(5, low=3)
        made = block(submission, draw, i, o, stride).eval()
        observe.call(f"{i} to {o} channels, stride {stride}, [{h}, {w}]", made, draw.normal(b, i, h, w))
    made = block(submission, draw, i, i, 2)
    observe.call("equal channels, stride 2, training", made, draw.normal(b, i, h, w))
    observe("its buffers afterwards", {n: v for n, v in sorted(made.named_buffers())})


def test_returns(submission, draw, observe):
    """fit: a model in eval mode and a float; steps of AdamW, batches of 64, two blocks"""
    (x, y), test = shapes(draw, 150), shapes(draw, 37)
    steps = draw.integer(2, 3)
    observe("steps if nothing is said", inspect.signature(submission.fit).parameters["steps"].default)
    with Watched(submission) as watched:
        model, accuracy = submission.fit(x, y, *test, steps=steps)
    observe("type of the accuracy", type(accuracy).__name__)
    observe("logits", list(model(test[0]).shape))
    observe("steps", watched.steps)
    observe("optimizer", sorted(watched.rates))
    observe("what the blocks gave in training", watched.outs)
    observe("sizes of the parameters", sorted(p.numel() for p in model.parameters()))
    observe("in eval mode", not any(m.training for m in model.modules()), holds("is_true", MODE))


def state(model):
    """Weights, running averages."""
    return dict(model.named_parameters()), dict(model.named_buffers())


def same(one, two):
    return one.keys() == two.keys() and all(torch.equal(value, two[name]) for name, value in one.items())


def test_trace(submission, draw, observe):
    """Equal seeds give equal models; the test data leaves no trace in them"""
    (x, y), test, other = shapes(draw, 100), shapes(draw, 50), shapes(draw, 70)
    how = {"steps": 4, "seed": draw.integer(1, 99)}
    (w1, b1), (w2, b2), (w3, b3) = (state(submission.fit(x, y, *t, **how)[0]) for t in (test, test, other))
    observe("the same call twice", same(w1, w2) and same(b1, b2), holds("is_true", SEED))
    observe("weights, other test data", same(w2, w3), holds("is_true", WEIGHTS))
    observe("running averages, other test data", same(b2, b3), holds("is_true", AVERAGES))
    w4, w5 = (state(submission.fit(x, y, *test, 2, seed)[0])[0] for seed in (0, how["seed"]))
    w6 = state(submission.fit(x, y, *test, steps=2)[0])[0]
    observe("without a seed it is that of 0", same(w4, w6), holds("is_true", SEED))
    observe("another seed, another model", not same(w4, w5), holds("is_true", "Two seeds gave the same model."))


def test_gradients_fresh(submission, draw, observe):
    """Each step uses the gradient of its own batch alone"""
    x = draw.normal(1, 1, 16, 16) * torch.tensor([1.0, -1.0] * 50)[:, None, None, None]  # two pictures, again and again
    y = torch.tensor([0, 1] * 50)
    with Watched(submission) as watched:
        model, _ = submission.fit(x, y, x, y, steps=20)
    model.train()
    model.zero_grad()
    torch.nn.functional.cross_entropy(model(x), y).backward()
    now = sum(p.grad.norm() for p in model.parameters() if p.grad is not None)
    was = sum(g.norm() for g in watched.grads)
    observe("gradient at the last step, and after it", bool(was < 5 * now + 0.1), holds("is_true", STALE))


def test_learns(submission, draw, observe):
    """After 60 steps 9 of 10 new pictures are told apart; the accuracy is that of the given labels"""
    (x, y), (x_test, true) = shapes(draw, 400), shapes(draw, 300)
    told = torch.where(torch.arange(300) < 100, (true + 1) % 4, true)  # labels of which a third is wrong
    model, accuracy = submission.fit(x, y, x_test, told, steps=60)
    with torch.no_grad():
        guesses = model(x_test).argmax(1)
    good = (guesses == true).double().mean().item()
    observe("right on new pictures", good >= 0.9, holds("is_true", POOR))
    again = (guesses == told).double().mean().item()
    observe("measured again", abs(accuracy - again) < 1e-5, holds("is_true", OTHER))
