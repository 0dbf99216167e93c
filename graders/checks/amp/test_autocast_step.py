"""Checks for autocast-step: what ran under autocast, in which dtype, and what the optimizer saw."""

import torch

from graders.kit import equal, holds

CLOSE = equal(rtol=1e-2, atol=1e-3, because="products in a low precision, summed in another order")
LOSS = equal(rtol=1e-4, atol=1e-5, because="the logits are low-precision numbers, their loss is not")
INDEX = "autocast was asked for a device with its index. It knows kinds of devices only."


class Bench:
    """A classifier that notes the state of autocast, an optimizer with memory, and batches."""

    def __init__(self, draw, momentum=0.9):
        width, self.d_in = draw.sizes(2, low=4)
        self.classes = draw.integer(40, 90)
        layers = [torch.nn.Linear(self.d_in, width), torch.nn.GELU(), torch.nn.Linear(width, self.classes)]
        self.inner = draw.fill(torch.nn.Sequential(*layers), scale=0.5)
        self.model = Noting(self.inner, self.notes)
        self.opt = torch.optim.SGD(self.model.parameters(), lr=0.05, momentum=momentum)
        self.opt.register_step_pre_hook(self._stepping)
        self.events, self.dtypes, self.grads, self.norms = [], [], [], []
        self.draw = draw

    def notes(self, event):
        self.events.append(f"{event}, autocast {state()}")
        if event == "forward":
            self.dtypes += [p.dtype for p in self.inner.parameters()]

    def _stepping(self, optimizer, args, kwargs):
        self.notes("step")
        found = [None if p.grad is None else p.grad.detach().clone() for p in self.inner.parameters()]
        self.grads.append(found)
        self.norms.append(sum(g.double().square().sum().item() for g in found if g is not None) ** 0.5)

    def batch(self, n):
        return self.draw.normal(n, self.d_in), self.draw.integers(0, self.classes, n)

    def step(self, submission, n, device="cpu", dtype=torch.bfloat16, max_norm=1e6):
        return submission.amp_step(self.model, *self.batch(n), self.opt, device, dtype, max_norm)

    def weights(self):
        return {name: p.detach().clone() for name, p in self.inner.named_parameters()}


class Noting(torch.nn.Module):
    """Tells when its forward and its backward run."""

    def __init__(self, inner, notes):
        super().__init__()
        self.inner, self.notes = inner, notes

    def forward(self, x):
        self.notes("forward")
        out = self.inner(x)
        if out.requires_grad:
            out.register_hook(lambda g: self.notes("backward"))
        return out


def state():
    """What autocast does on the CPU just now: off, or a dtype."""
    return str(torch.get_autocast_dtype("cpu")).removeprefix("torch.") if torch.is_autocast_enabled("cpu") else "off"


def test_forward(submission, draw, observe):
    """The forward runs under autocast, in the dtype that was asked for"""
    for dtype in (torch.bfloat16, torch.float16):
        bench = Bench(draw)
        bench.step(submission, 5, dtype=dtype)
        observe(f"the forward (dtype={dtype})", [e for e in bench.events if e.startswith("forward")])


def test_weights_stay(submission, draw, observe):
    """Weights, gradients and the optimizer's memory are float32, before, during and after"""
    bench = Bench(draw)
    bench.step(submission, 6)
    observe("dtypes of the weights during the forward", bench.dtypes)
    observe("dtypes of the weights afterwards", [p.dtype for p in bench.inner.parameters()])
    kept = [s["momentum_buffer"] for s in bench.opt.state.values() if s.get("momentum_buffer") is not None]
    says = "The optimizer's memory holds numbers of a low precision."
    observe("the optimizer's memory is float32", all(b.dtype == torch.float32 for b in kept), holds("is_true", says))


def test_loss(submission, draw, observe):
    """The loss is a plain number with all the digits that float32 gives it"""
    for dtype in (torch.bfloat16, torch.float16):
        for n in (3, 4, 7, 1):
            observe(f"loss of {n} samples ({dtype})", Bench(draw).step(submission, n, dtype=dtype), LOSS)


def test_outside(submission, draw, observe):
    """Backward and step run outside of autocast"""
    bench = Bench(draw)
    bench.step(submission, 4)
    observe("backward", [e for e in bench.events if e.startswith("backward")])
    observe("step", [e for e in bench.events if e.startswith("step")])


def test_gradients(submission, draw, observe):
    """The optimizer steps once, with the gradients of this batch"""
    for dtype in (torch.bfloat16, torch.float16):
        bench = Bench(draw)
        bench.step(submission, 8, dtype=dtype)
        observe("steps taken", len(bench.grads))
        observe(f"gradients in the step ({dtype})", bench.grads[0], CLOSE)
        observe(f"weights afterwards ({dtype})", bench.weights(), CLOSE)


def test_clipping(submission, draw, observe):
    """The joint norm is at most max_norm in the step, and the direction stays"""
    bench = Bench(draw)
    bench.step(submission, 5, max_norm=0.01)
    says = "The optimizer stepped with gradients whose joint norm is above max_norm."
    observe("the joint norm in the step is at most 0.01", bench.norms[0] <= 0.01 * 1.001, holds("is_true", says))
    fine = equal(rtol=1e-2, atol=1e-5, because="gradients of a norm of 0.01")
    observe("gradients in the step (max_norm=0.01)", bench.grads[0], fine)


def test_three_steps(submission, draw, observe):
    """Three steps in a row, each with its own batch, lead to the right weights"""
    bench = Bench(draw)
    losses = [bench.step(submission, n, max_norm=0.5) for n in (6, 3, 5)]
    observe("losses", losses, equal(rtol=1e-2, atol=1e-3))
    observe("gradients in the third step", bench.grads[-1], CLOSE)
    observe("weights after three steps", bench.weights(), CLOSE)


def test_device(submission, draw, observe):
    """A device object will do, and so will a name with an index"""
    bench = Bench(draw)
    observe("loss with torch.device('cpu')", bench.step(submission, 4, device=torch.device("cpu")), LOSS)
    observe("the forward with torch.device('cpu')", bench.events[:1])
    observe("loss with 'cpu:0'", Bench(draw).step(submission, 4, device="cpu:0"), LOSS)
    asked = []
    init = torch.autocast.__init__

    def noting(self, device_type, *args, **kwargs):
        asked.append(device_type)
        init(self, "cpu", *args, **kwargs)  # the data stands there, whatever the device is called

    torch.autocast.__init__ = noting
    try:
        for device in ("cpu:0", "cuda:3"):
            Bench(draw).step(submission, 4, device=device)
    finally:
        torch.autocast.__init__ = init
    observe("autocast is asked for a kind of device", all(":" not in str(a) for a in asked), holds("is_true", INDEX))
