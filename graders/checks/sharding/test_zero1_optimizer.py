"""Checks for zero1-optimizer: AdamW on one rank, on several, None, frozen and doubled, zero_grad, what is kept."""

import gc
from types import FrameType, FunctionType, ModuleType

import torch

from gpt2 import world
from graders.kit import at_most, noted

MUCH = (
    "A rank holds more than 1.3 times its share of the moments (and 20 numbers). What else is kept from step to step?"
)


def held(root, outside):
    """Numbers in all tensors that can be reached from root, each storage once; those in `outside` do not count."""
    free = {t.untyped_storage().data_ptr() for t in outside if isinstance(t, torch.Tensor)}
    seen, found, todo = {id(o): o for o in outside}, {}, [root]
    while todo:
        thing = todo.pop()
        if id(thing) in seen or isinstance(thing, (type, ModuleType, FrameType)):
            continue
        seen[id(thing)] = thing
        if isinstance(thing, FunctionType):
            todo += [thing.__closure__, thing.__defaults__, thing.__dict__]
            continue
        if isinstance(thing, torch.Tensor):
            storage = thing.untyped_storage()
            if storage.data_ptr() not in free:
                found[storage.data_ptr()] = storage.nbytes() // thing.element_size()
            todo += [thing.grad if thing.is_leaf else None, thing.__dict__]
        todo += gc.get_referents(thing)
    return sum(found.values())


def settings(draw):
    return {
        "lr": draw.number(0.05, 0.1),
        "betas": (draw.number(0.6, 0.8), draw.number(0.85, 0.95)),
        "eps": draw.number(0.03, 0.06),
        "weight_decay": draw.number(0.2, 0.4),
    }


def values(draw, shapes):
    return [draw.normal(*shape, mean=0.5) for shape in shapes]


def shapes(draw):
    """Of every kind: a matrix, a vector, three dimensions, one number, none."""
    a, b, c, d = draw.sizes(4, low=3, high=8)
    return [(a, b), (c,), (2, d, a), (1,), ()]


def train(submission, ranks, start, steps, kw, frozen=(), twice=()):
    """The parameters on every rank after each step; a step is a list of gradients, None where there is none."""

    def live(comm):
        params = [torch.nn.Parameter(x.clone(), requires_grad=i not in frozen) for i, x in enumerate(start)]
        opt = submission.ShardedAdamW(iter(params + [params[i] for i in twice]), comm, **kw)
        seen = []
        for grads in steps:
            for p, g in zip(params, grads, strict=True):
                p.grad = None if g is None else g.clone()
            opt.step()
            seen.append([p.detach().clone() for p in params])
        return seen

    return world.run(ranks, live)


def test_one_rank(submission, draw, observe):
    """On one rank it is AdamW, with these settings and without any"""
    kinds = shapes(draw)
    start, steps = values(draw, kinds), [values(draw, kinds) for _ in range(4)]
    observe("parameters after each of 4 steps, settings given", train(submission, 1, start, steps, settings(draw)))
    observe("parameters after each of 4 steps, AdamW's own settings", train(submission, 1, start, steps, {}))


def test_ranks(submission, draw, observe):
    """On two ranks and on three, all hold what AdamW makes"""
    for ranks in (2, 3):
        kinds = shapes(draw)
        start, steps = values(draw, kinds), [values(draw, kinds) for _ in range(3)]
        seen = train(submission, ranks, start, steps, settings(draw))
        observe(f"parameters on the {ranks} ranks after each of 3 steps", seen)


def test_no_gradient(submission, draw, observe):
    """A parameter without gradient stays as it is, and its steps are not counted"""
    kinds = shapes(draw)
    start, steps = values(draw, kinds), [values(draw, kinds) for _ in range(4)]
    for step, missing in enumerate([(0, 1), (1, 2, 4), (1, 3), (1,)]):
        for i in missing:
            steps[step][i] = None
    seen = train(submission, 2, start, steps, settings(draw))
    observe("parameters on the 2 ranks, some without gradient in some steps", seen)


def test_frozen(submission, draw, observe):
    """Frozen parameters stay bit for bit; one that is given twice steps once"""
    kinds = shapes(draw)
    start, steps = values(draw, kinds), [values(draw, kinds) for _ in range(3)]
    for grads in steps:
        grads[0] = grads[3] = None
    seen = train(submission, 2, start, steps, settings(draw), frozen=(0, 3), twice=(1, 2))
    observe("parameters on the 2 ranks, the first and fourth frozen, the second and third given twice", seen)


def test_zero_grad(submission, draw, observe):
    """zero_grad leaves None everywhere"""
    start = values(draw, shapes(draw))

    def live(comm):
        params = [torch.nn.Parameter(x.clone()) for x in start]
        opt = submission.ShardedAdamW(params, comm)
        for p in params[1:]:
            p.grad = torch.ones_like(p)
        opt.step()
        opt.zero_grad()
        return [p.grad for p in params]

    observe("gradients on the 2 ranks after zero_grad()", world.run(2, live))


def test_state(submission, draw, observe):
    """Each rank keeps its share of the moments, and nothing else"""
    for ranks in (3, 4):
        a, b = draw.integer(30, 40), draw.integer(25, 30)
        c, d, e = draw.sizes(3, low=5, high=9)
        start = values(draw, [(c, d), (e,), (a, b), (a, a), (d,)])
        total = 2 * (c * d + e + a * b + d)

        def live(comm, start=start):
            params = [torch.nn.Parameter(x.clone(), requires_grad=i != 3) for i, x in enumerate(start)]
            opt = submission.ShardedAdamW([*params, params[2]], comm, lr=0.1)
            for _ in range(2):
                for p in params:
                    p.grad = torch.ones_like(p) if p.requires_grad else None
                opt.step()
                opt.zero_grad()
            return held(opt, [comm, *params])

        for rank, count in enumerate(world.run(ranks, live)):
            bound = 1.3 * total / ranks + 20
            observe(f"numbers kept by rank {rank} of {ranks}", count, at_most(bound=bound, says=MUCH))
            observe(f"half shares kept by rank {rank} of {ranks}", round(2 * count * ranks / total), noted())
