"""Checks for train-loop: what the weights became, what the optimizer saw, modes, history, the epoch callback."""

import copy

import torch

from graders.kit import SpyLoader, SpyModel, Tape, equal, holds

CLOSE = equal(rtol=1e-4, atol=1e-6, because="clipping formulas differ by 1e-6 in the denominator")


class Bench:
    """A small model, ragged batches of regression data, and instruments around all of them."""

    def __init__(self, draw, dropout=0.0, lr=0.1):
        self.tape = Tape()
        d_in, d_hid, d_out, size = draw.sizes(4, low=3)
        layers = [
            torch.nn.Linear(d_in, d_hid),
            torch.nn.Tanh(),
            torch.nn.Dropout(dropout),
            torch.nn.Linear(d_hid, d_out),
        ]
        self.inner = draw.fill(torch.nn.Sequential(*layers))
        self.model = SpyModel(self.inner, self.tape)
        self.train_dl = SpyLoader(self._batches(draw, [size, size, 2], d_in, d_out), self.tape, "training")
        self.val_dl = SpyLoader(self._batches(draw, [size, 1], d_in, d_out), self.tape, "validation")
        self.opt = torch.optim.SGD(self.model.parameters(), lr=lr, momentum=0.5)
        self.norms, self.grads = [], []
        self.opt.register_step_pre_hook(self._stepping)

    @staticmethod
    def _batches(draw, sizes, d_in, d_out):
        return [(draw.normal(n, d_in), draw.normal(n, d_out, scale=2)) for n in sizes]

    def _stepping(self, optimizer, args, kwargs):
        self.tape("step")
        grads = [p.grad.detach().clone() for p in self.model.parameters() if p.grad is not None]
        self.norms.append(torch.stack([g.norm() for g in grads]).norm().item() if grads else 0.0)
        self.grads.append(grads)

    def train(self, submission, epochs, **options):
        """Run the submission's loop on this bench."""
        loss_fn = torch.nn.functional.mse_loss
        arguments = (self.model, self.train_dl, self.val_dl, self.opt, loss_fn, "cpu", epochs)
        return submission.train(*arguments, **options)

    def weights(self):
        return {name: p.detach().clone() for name, p in self.inner.named_parameters()}


def test_weights(submission, draw, observe):
    """After each number of epochs the weights are what clear, forward, loss, backward, step make them"""
    for epochs in (1, 3):
        bench = Bench(draw)
        bench.train(submission, epochs)
        observe("steps taken", len(bench.norms))
        observe(f"weights after {epochs} epochs", bench.weights(), CLOSE)


def test_order(submission, draw, observe):
    """Every step has a backward of its own, and every backward a forward"""
    bench = Bench(draw)
    bench.train(submission, 2)
    events = bench.tape.events
    observe(
        "calls",
        events,
        holds("each_before", "A step came without a backward before it.", first="backward", then="step"),
    )
    says = "A backward came without a forward before it."
    observe("calls", events, holds("each_before", says, first="forward", then="backward"))
    says = "A step was taken during validation."
    observe(
        "calls",
        events,
        holds("never_between", says, event="step", start="validation starts", end="validation ends"),
    )


def test_clipping(submission, draw, observe):
    """With max_norm the optimizer sees clipped gradients in the right direction; small ones stay"""
    for max_norm in (0.05, 1e6):
        bench = Bench(draw)
        bench.train(submission, 2, max_norm=max_norm)
        within = all(n <= max_norm * 1.001 for n in bench.norms)
        says = f"With max_norm={max_norm:g} the optimizer stepped with gradients of a larger joint norm."
        observe("the joint norms in step", within, holds("is_true", says))
        observe(f"gradients in the first step (max_norm={max_norm:g})", bench.grads[0], CLOSE)
        observe(f"weights after 2 epochs (max_norm={max_norm:g})", bench.weights(), CLOSE)


def test_modes(submission, draw, observe):
    """Train mode for training, eval mode without gradients for validation, train mode at the end"""
    bench = Bench(draw, dropout=0.5)
    bench.train(submission, 2)
    events = bench.tape.events
    inside = [e for e in between(events, "validation starts", "validation ends") if e.startswith("forward")]
    evaluating, recording = all("eval" in e for e in inside), not all("no grad" in e for e in inside)
    observe(
        "eval mode in validation",
        evaluating,
        holds("is_true", "The model was in train mode during validation."),
    )
    observe("no gradients in validation", not recording, holds("is_true", "Validation recorded a graph."))
    training = [e for e in between(events, "training starts", "training ends") if e.startswith("forward")]
    learning = all(e == "forward (train)" for e in training)
    observe("train mode in training", learning, holds("is_true", "The model was in eval mode during training."))
    observe("forwards in training and in validation", [len(training), len(inside)])
    observe("train mode when train returns", [m.training for m in bench.model.modules()])


def test_history(submission, draw, observe):
    """The history holds an entry an epoch with means over samples, as plain floats"""
    bench = Bench(draw)
    history = bench.train(submission, 3)
    observe("history", history, equal(rtol=1e-4, atol=1e-6))


def test_on_epoch(submission, draw, observe):
    """on_epoch is called after each validation with what a checkpoint needs"""
    bench = Bench(draw)
    calls = []

    def on_epoch(state):
        bench.tape("on_epoch")
        calls.append(copy.deepcopy(state))

    bench.train(submission, 2, on_epoch=on_epoch)
    observe("what on_epoch was given", calls, CLOSE)
    says = "on_epoch came before the validation of its epoch."
    observe("calls", bench.tape.events, holds("each_before", says, first="validation ends", then="on_epoch"))


def test_device(submission, draw, observe):
    """Batches are moved to the device"""
    bench = Bench(draw)
    moved = []

    class Batch:
        """Stands for a tensor, and notes where it is moved."""

        def __init__(self, value):
            self.value = value

        def to(self, device, *args, **kwargs):
            moved.append(str(torch.device(device)))
            return self.value

        def __len__(self):
            return len(self.value)

        @property
        def shape(self):
            return self.value.shape

    for loader in (bench.train_dl, bench.val_dl):
        loader.batches = [(Batch(x), Batch(y)) for x, y in loader.batches]
    bench.train(submission, 1)
    observe("tensors moved to the device", sorted(moved))


def between(events, start, end):
    """The events that fall between a start and the next end."""
    found, inside = [], False
    for event in events:
        inside = event == start or (inside and event != end)
        if inside and event != start:
            found.append(event)
    return found
