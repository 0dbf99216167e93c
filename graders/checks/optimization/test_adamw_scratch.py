"""Checks for adamw-scratch: the first step, decay, the path, eps, late gradients, groups, options, saving."""

import copy

import torch

from graders.kit import equal, holds, one_of


def weights(draw, count=2, scale=1.0):
    sizes = draw.sizes(2 * count, high=9)  # no two shapes are alike
    return [
        torch.nn.Parameter(draw.normal(*sizes[2 * i : 2 * i + 2], scale=scale, dtype=torch.float64))
        for i in range(count)
    ]


def options(draw):
    return {
        "lr": draw.number(0.01, 0.1),
        "betas": (draw.number(0.6, 0.9), draw.number(0.92, 0.99)),
        "eps": draw.number(1e-5, 1e-3),
        "weight_decay": draw.number(0.1, 0.5),
    }


def walk(draw, opt, params, steps=60, scale=1.0):
    """Steps with fresh gradients around a bowl's, of very different sizes; returns where the parameters are."""
    for _ in range(steps):
        for p in params:
            sizes = torch.linspace(0.1, 3.0, p.numel(), dtype=p.dtype).view_as(p)
            p.grad = scale * sizes * (p.detach() + draw.normal(*p.shape, dtype=p.dtype))
        opt.step()
    return [p.detach().clone() for p in params]


def test_first_step(submission, draw, observe):
    """The first step has the size of lr, whatever the size of the gradient; it happens in place"""
    params = weights(draw)
    held = params[0]
    opt = submission.AdamW(params, lr=(lr := draw.number(0.05, 0.2)), eps=1e-12, weight_decay=0.0)
    for p, scale in zip(params, (5.0, 0.02), strict=True):
        p.grad = draw.normal(*p.shape, scale=scale, dtype=p.dtype) + scale * 3
    kept = [p.grad.clone() for p in params]
    opt.step()
    observe(f"after one step of lr={lr:.3f}", [p.detach() for p in params], one_of())
    observe("the parameter that the model holds", held.detach(), one_of())
    same = all(torch.equal(p.grad, g) for p, g in zip(params, kept, strict=True))
    observe("gradients as they were", same, holds("is_true", "A gradient was written to."))
    leaf = all(p.is_leaf and p.requires_grad for p in params)
    observe("leaves that ask for gradients", leaf, holds("is_true", "A parameter is no leaf any more."))


def test_averages(submission, draw, observe):
    """Both averages are right: 20 steps without decay end where they must"""
    for _ in range(2):
        params, chosen = weights(draw), {**options(draw), "eps": 1e-15, "weight_decay": 0.0}
        observe("after 20 steps without decay", walk(draw, submission.AdamW(params, **chosen), params, 20), one_of())


def test_decay(submission, draw, observe):
    """Decay shrinks every weight by lr · weight_decay of itself, beside the averages"""
    for steps in (1, 5):
        params = weights(draw, scale=20.0)
        opt = submission.AdamW(params, lr=0.1, eps=1e-15, weight_decay=0.3)
        observe(f"large weights after {steps} steps", walk(draw, opt, params, steps), one_of())


def test_eps(submission, draw, observe):
    """eps is added to the corrected root: with tiny gradients it rules"""
    for eps in (1e-3, 1e-8):
        params = weights(draw)
        opt = submission.AdamW(params, lr=0.1, eps=eps, weight_decay=0.0)
        observe(f"tiny gradients, eps={eps:g}", walk(draw, opt, params, 10, scale=eps), one_of())


def test_path(submission, draw, observe):
    """60 steps with random options end where they must"""
    for _ in range(3):
        params, chosen = weights(draw), options(draw)
        observe("after 60 steps", walk(draw, submission.AdamW(params, **chosen), params), one_of())
    params = weights(draw)
    observe("after 20 steps without options", walk(draw, submission.AdamW(params), params, 20), one_of())


def test_late(submission, draw, observe):
    """A parameter without a gradient is left alone, and its steps count from its first gradient"""
    params = weights(draw, 3)
    opt = submission.AdamW(params, lr=0.05, weight_decay=0.2)
    walk(draw, opt, [params[0], params[2]], 5)
    observe("the parameter whose grad is None", params[1].detach(), one_of())
    observe("all after it gets gradients too", walk(draw, opt, params, 3), one_of())
    params[0].grad = None
    opt.step()
    observe("all after one loses its gradient", [p.detach() for p in params], one_of())


def test_groups(submission, draw, observe):
    """Every group has its own options"""
    params = weights(draw, 3)
    groups = [
        {"params": params[:1], "lr": 0.02, "weight_decay": 0.4},
        {"params": params[1:], "betas": (0.5, 0.8), "eps": 1e-2},
    ]
    observe("two groups", walk(draw, submission.AdamW(groups, lr=0.07), params, 15), one_of())


def test_options(submission, draw, observe):
    """The defaults are torch's, they stand in param_groups, and a change counts from the next step on"""
    params = weights(draw)
    opt = submission.AdamW(params)
    group = opt.param_groups[0]
    told = [group["lr"], list(group["betas"]), group["eps"] * 1e8, group["weight_decay"]]
    observe("lr, betas, eps · 10⁸, weight_decay", told)
    walk(draw, opt, params, 2)
    group["lr"], group["weight_decay"] = 0.2, 0.6
    observe("after a change of lr and weight_decay", walk(draw, opt, params, 3), one_of())


def test_closure(submission, draw, observe):
    """step(closure) calls it with gradients on, and returns its loss; step() returns None"""
    params = weights(draw)
    opt = submission.AdamW(params, lr=0.1)

    def closure():
        opt.zero_grad()
        loss = sum(p.square().sum() for p in params)
        loss.backward()
        return loss

    observe("step(closure)", opt.step(closure).detach())
    observe("the parameters after it", [p.detach() for p in params], one_of())
    observe("step()", opt.step())


def test_saved(submission, draw, observe):
    """Saved and loaded into a new optimizer, the run goes on as if unbroken"""
    params = weights(draw)
    opt = submission.AdamW(params, lr=0.05, betas=(0.8, 0.95), weight_decay=0.1)
    walk(draw, opt, params, 4)
    copies = [torch.nn.Parameter(p.detach().clone()) for p in params]
    second = submission.AdamW(copies, lr=0.7)
    second.load_state_dict(copy.deepcopy(opt.state_dict()))
    observe("4 steps after loading", walk(draw, second, copies, 4), one_of())


def test_own_work(submission, draw, observe):
    """The update is your own: no optimizer of torch's inside"""
    made = []
    init = torch.optim.Optimizer.__init__

    def noting(opt, *args, **kw):
        made.extend(c.__name__ for c in type(opt).__mro__ if c.__module__.startswith("torch.optim."))
        init(opt, *args, **kw)

    torch.optim.Optimizer.__init__ = noting
    try:
        params = weights(draw)
        walk(draw, submission.AdamW(params), params, 2)
    finally:
        torch.optim.Optimizer.__init__ = init
    observe("classes of torch.optim in it", made, equal(says="An optimizer of torch's does the work."))
