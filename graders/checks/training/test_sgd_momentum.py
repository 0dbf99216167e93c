"""Checks for sgd-momentum: plain steps, then momentum, decay, Nesterov, groups, missing gradients, saving."""

import copy

import torch

from graders.kit import equal

CLOSE = equal(rtol=1e-4, atol=1e-6, because="dozens of steps add up their roundings")


def weights(draw, count=2):
    sizes = draw.sizes(2 * count, high=7)  # no two shapes are alike: what a shape has, only one parameter has
    return [torch.nn.Parameter(draw.normal(*sizes[2 * i : 2 * i + 2])) for i in range(count)]


def walk(draw, opt, params, steps=30):
    """Steps on a bowl that is not round, with fresh noise in every gradient; returns the path."""
    path = []
    for _ in range(steps):
        for p in params:
            p.grad = p.detach() * torch.linspace(0.5, 2.0, p.numel()).view_as(p) + draw.normal(*p.shape, scale=0.3)
        opt.step()
        path.append([p.detach().clone() for p in params])
    return path


def test_plain(submission, draw, observe):
    """Without options a step is p − lr·g, in place, and step returns what a closure returns"""
    params = weights(draw)
    held = params[0]
    opt = submission.SGD(params, lr=0.1)
    observe("SGD(params, lr=0.1), 5 steps", walk(draw, opt, params, 5), CLOSE)
    observe("the parameter that the model holds", held.detach())

    def closure():
        opt.zero_grad()
        loss = sum(p.square().sum() for p in params)
        loss.backward()
        return loss

    observe("step(closure)", opt.step(closure).detach())
    observe("the parameter after step(closure)", held.detach())
    observe("step()", opt.step())


def test_momentum(submission, draw, observe):
    """With momentum the velocity is m·v + g, and g at first"""
    for m in (0.9, draw.number(0.3, 0.7)):
        params = weights(draw)
        observe(f"momentum={m:.2f}, 30 steps", walk(draw, submission.SGD(params, lr=0.05, momentum=m), params), CLOSE)


def test_weight_decay(submission, draw, observe):
    """Decay is added to the gradient, before the velocity"""
    params = weights(draw)
    observe("weight_decay=0.1", walk(draw, submission.SGD(params, lr=0.1, weight_decay=0.1), params, 10), CLOSE)
    params = weights(draw)
    opt = submission.SGD(params, lr=0.05, momentum=0.8, weight_decay=0.2)
    observe("momentum=0.8, weight_decay=0.2", walk(draw, opt, params), CLOSE)


def test_nesterov(submission, draw, observe):
    """Nesterov looks ahead by momentum times the velocity"""
    params = weights(draw)
    opt = submission.SGD(params, lr=0.05, momentum=0.8, weight_decay=0.1, nesterov=True)
    observe("nesterov=True", walk(draw, opt, params), CLOSE)


def test_groups(submission, draw, observe):
    """Every group has its own options, every parameter its own velocity"""
    rows, columns = draw.sizes(2, low=2, high=5)
    params = [torch.nn.Parameter(draw.normal(rows, columns)) for _ in range(3)]
    groups = [
        {"params": params[:2], "lr": 0.02, "momentum": 0.9},
        {"params": params[2:], "weight_decay": 0.3, "nesterov": True, "momentum": 0.5},
    ]
    observe("two groups, three equal shapes", walk(draw, submission.SGD(groups, lr=0.1), params), CLOSE)


def test_none(submission, draw, observe):
    """A parameter without a gradient is left alone"""
    params = weights(draw, 3)
    opt = submission.SGD(params, lr=0.1, momentum=0.9, weight_decay=0.1)
    used = [params[0], params[2]]
    path = walk(draw, opt, used, 4)
    observe("the others", path, CLOSE)
    observe("the parameter whose grad is None", params[1].detach())
    params[1].grad = draw.normal(*params[1].shape)
    opt.step()
    observe("its first step, later", params[1].detach(), CLOSE)


def test_gradients_kept(submission, draw, observe):
    """Gradients are not written to, and a changed lr counts from the next step"""
    params = weights(draw)
    opt = submission.SGD(params, lr=0.1, momentum=0.9, weight_decay=0.5)
    for lr in (0.1, 0.01):
        for p in params:
            p.grad = draw.normal(*p.shape)
        opt.param_groups[0]["lr"] = lr
        opt.step()
        observe(f"gradients after step (lr={lr})", [p.grad for p in params])
        for p in params:
            p.grad.zero_()
    opt.step()
    observe("weights after a step with zero gradients", [p.detach() for p in params], CLOSE)
    observe("the weights stay leaves of no graph", [p.is_leaf and p.requires_grad for p in params])


def test_round_trip(submission, draw, observe):
    """Saved and loaded into a new optimizer, the run goes on as if unbroken"""
    params = weights(draw)
    opt = submission.SGD(params, lr=0.05, momentum=0.9, weight_decay=0.1)
    walk(draw, opt, params, 6)
    copies = [torch.nn.Parameter(p.detach().clone()) for p in params]
    second = submission.SGD(copies, lr=0.7)
    second.load_state_dict(copy.deepcopy(opt.state_dict()))
    observe("6 steps after loading", walk(draw, second, copies, 6), CLOSE)
