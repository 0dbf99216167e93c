"""Checks for loss-scaler: scaling, unscaling, skipping, and the scale over many scripted steps."""

import torch

from graders.kit import equal, holds

INF, NAN = float("inf"), float("nan")
CLOSE = equal(rtol=1e-4, atol=1e-7)


class Bench:
    """Three parameters in two groups and one that never gets a gradient; notes what each step of the optimizer saw."""

    def __init__(self, draw):
        self.draw = draw
        a, b, c, d = draw.sizes(4)
        self.shapes = [(a, b), (c,), (d, 2)]
        self.params = [torch.nn.Parameter(draw.normal(*shape)) for shape in self.shapes]
        idle = torch.nn.Parameter(draw.normal(3))
        groups = [{"params": [self.params[0], idle]}, {"params": self.params[1:], "lr": 0.02}]
        self.opt = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
        self.opt.register_step_pre_hook(self._stepping)
        self.seen = []

    def _stepping(self, optimizer, args, kwargs):
        self.seen.append(self.grads())

    def grads(self):
        return [p.grad.detach().clone() for p in self.params]

    def weights(self):
        return [p.detach().clone() for p in self.params]

    def backward(self, scaler, bad=None, where=0):
        """Give the parameters gradients as a backward from the scaled loss would; ``bad`` is put into one of them."""
        self.opt.zero_grad()
        factors = [self.draw.normal(*shape) for shape in self.shapes]
        loss = sum((f * p).sum() for f, p in zip(factors, self.params, strict=True))
        scaler.scale(loss).backward()
        if bad is not None:
            self.params[where].grad.view(-1)[-1] = bad


def test_scale(submission, draw, observe):
    """The loss comes back multiplied by the scale, and a backward from it gives gradients as large"""
    observe("the scale at first", submission.Scaler().get_scale())
    for init in (draw.number(3.0, 900.0), 65536.0):
        scaler = submission.Scaler(init=init)
        observe("get_scale()", scaler.get_scale(), CLOSE)
        w = draw.normal(4).requires_grad_()
        out = scaler.scale((w * w).sum())
        observe("scale(loss)", out.detach(), CLOSE)
        out.backward()
        observe("gradient of the scaled loss", w.grad, CLOSE)


def test_unscale(submission, draw, observe):
    """unscale_ gives the true gradients back, in every group, and passes over a parameter without one"""
    for init in (65536.0, draw.number(3.0, 900.0)):
        bench = Bench(draw)
        scaler = submission.Scaler(init=init)
        bench.backward(scaler)
        scaler.unscale_(bench.opt)
        observe("gradients after unscale_", bench.grads(), CLOSE)
        observe("get_scale() after unscale_", scaler.get_scale(), CLOSE)


def test_step(submission, draw, observe):
    """Without unscale_, step does it: the optimizer sees true gradients"""
    bench = Bench(draw)
    scaler = submission.Scaler(init=1024.0)
    bench.backward(scaler)
    scaler.step(bench.opt)
    observe("gradients in the optimizer's step", bench.seen, CLOSE)
    observe("weights", bench.weights(), CLOSE)


def test_step_after_unscale(submission, draw, observe):
    """unscale_, clip, step: the optimizer sees what clipping left, round after round"""
    bench = Bench(draw)
    scaler = submission.Scaler(init=256.0)
    for max_norm in (0.25, 0.5):
        bench.backward(scaler)
        scaler.unscale_(bench.opt)
        torch.nn.utils.clip_grad_norm_(bench.params, max_norm)
        scaler.step(bench.opt)
        scaler.update()
        observe(f"gradients in the optimizer's step (max_norm={max_norm})", bench.seen[-1:], CLOSE)
    observe("weights after two rounds", bench.weights(), CLOSE)


def test_second_unscale(submission, draw, observe):
    """A second unscale_ before update raises RuntimeError"""
    bench = Bench(draw)
    scaler = submission.Scaler(init=512.0)
    bench.backward(scaler)
    scaler.unscale_(bench.opt)
    observe.raises("the second unscale_", scaler.unscale_, bench.opt, type="RuntimeError")


def test_bad_step(submission, draw, observe):
    """One inf or NaN in any gradient, and the optimizer is not called"""
    says = "The optimizer's step was called although a gradient was not finite."
    for asked in (True, False):
        for bad in (INF, -INF, NAN):
            for where in range(3):
                bench = Bench(draw)
                scaler = submission.Scaler(init=16.0)
                bench.backward(scaler)
                scaler.step(bench.opt)  # a good one first: there is momentum now
                scaler.update()
                bench.backward(scaler, bad, where)
                if asked:
                    scaler.unscale_(bench.opt)
                scaler.step(bench.opt)
                name = f"{bad} in parameter {where + 1}"
                observe(f"weights after {name}", bench.weights(), CLOSE)
                observe(f"no step after {name}", len(bench.seen) == 1, holds("is_true", says))


def test_trace(submission, draw, observe):
    """Over many steps, good and bad, the scale and the weights go the right way"""
    for interval, growth, backoff in ((3, 2.0, 0.5), (2, 3.0, 0.25), (1, 1.5, 0.75)):
        bench = Bench(draw)
        scaler = submission.Scaler(draw.number(20.0, 50.0), growth, backoff, interval=interval)
        script = [None] * (2 * interval + 1) + [INF] + [None] * (interval - 1) + [NAN, INF]
        script += [None] * (interval + 1) + [-INF] + [None] * (2 * interval)
        scales = []
        for step, bad in enumerate(script):
            bench.backward(scaler, bad, step % 3)
            if step % 2:
                scaler.unscale_(bench.opt)
            scaler.step(bench.opt)
            scaler.update()
            scales.append(scaler.get_scale())
        name = f"interval {interval}, growth {growth}, backoff {backoff}"
        observe(f"the scale after each step ({name})", scales, CLOSE)
        observe(f"steps of the optimizer ({name})", len(bench.seen))
        observe(f"weights at the end ({name})", bench.weights(), equal(rtol=1e-3, atol=1e-5))


def test_defaults(submission, draw, observe):
    """Left to itself, the scale starts at 65,536, doubles after 2,000 good steps and halves after a bad one"""
    scaler = submission.Scaler()
    p = torch.nn.Parameter(draw.normal(2))
    opt = torch.optim.SGD([p], lr=0.01, foreach=False)
    scales = []
    for step in range(2003):
        p.grad = torch.full((2,), INF if step == 2001 else 1.0)
        scaler.step(opt)
        scaler.update()
        if step in (0, 1998, 1999, 2000, 2001, 2002):
            scales.append(scaler.get_scale())
    observe("the scale after steps 1, 1,999, 2,000, 2,001, a bad one, 2,003", scales, CLOSE)
    observe("get_scale() of Scaler(init=8)", submission.Scaler(init=8).get_scale())
