"""Checks for fsdp-linear: forward, the slices, the input's gradient, training, accumulation, and memory at rest."""

import gc
from types import FrameType, FunctionType, ModuleType

import torch

from gpt2 import world
from graders.kit import at_most, holds, noted

MUCH = "Between steps a rank holds more than its slice. Which tensor is it, and who still needs it?"
MANY = "parameters() has more numbers than a slice of the layer. What else has been registered?"


def held(root, outside):
    """Numbers in all tensors that can be reached from root, each storage once, and whether one is a result.

    `outside` is not entered.
    """
    seen, found, todo, results = {id(outside): outside}, {}, [root], False
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
            found[storage.data_ptr()] = storage.nbytes() // thing.element_size()
            results |= not thing.is_leaf
            todo += [thing.grad if thing.is_leaf else None, thing.__dict__]
        todo += gc.get_referents(thing)
    return sum(found.values()), results


def most(linear, ranks):
    """Numbers that a rank may hold of a layer."""
    out, each = linear.weight.shape
    return -(-out // ranks) * (each + (linear.bias is not None)) + each + 1


def layer(draw, ranks, bias, low=3, high=9, dtype=torch.float32):
    """A layer whose numbers do not divide evenly among the ranks."""
    while True:
        into, out = draw.sizes(2, low=low, high=high)
        if ranks == 1 or (into + bias) * out % ranks:
            return draw.fill(torch.nn.Linear(into, out, bias=bias, dtype=dtype))


def copy(linear):
    """An equal layer with memory of its own."""
    out, into = linear.weight.shape
    fresh = torch.nn.Linear(into, out, bias=linear.bias is not None, dtype=linear.weight.dtype)
    fresh.load_state_dict(linear.state_dict())
    return fresh


def batches(draw, ranks, linear):
    """One for each rank, of different sizes."""
    into = linear.weight.shape[1]
    return [draw.normal(rows, into, mean=0.5, dtype=linear.weight.dtype) for rows in draw.sizes(ranks)]


def test_forward(submission, draw, observe):
    """The result is the whole layer's: one rank, two, three; with bias and without"""
    for ranks in (1, 2, 3):
        for bias in (True, False):
            linear = layer(draw, ranks, bias)
            into = linear.weight.shape[1]
            shapes = [(into,), (draw.integer(2, 4), into), (2, draw.integer(3, 5), into)]
            xs = [draw.normal(*shapes[(rank + bias) % 3]) for rank in range(ranks)]

            def live(comm, linear=linear, xs=xs):
                return submission.ShardedLinear(copy(linear), comm)(xs[comm.rank]).detach()

            named = "with" if bias else "without"
            observe(f"results on {ranks} rank{'s' * (ranks > 1)}, {named} bias", world.run(ranks, live))


def test_parameters(submission, draw, observe):
    """parameters() are this rank's slices and nothing else"""
    for ranks in (3, 2):
        linear = layer(draw, ranks, ranks == 3, low=10, high=16)

        def live(comm, linear=linear):
            params = list(submission.ShardedLinear(copy(linear), comm).parameters())
            return sum(p.numel() for p in params), all(p.requires_grad for p in params)

        for rank, (count, trained) in enumerate(world.run(ranks, live)):
            name = f"numbers in parameters() on rank {rank} of {ranks}"
            observe(name, count, at_most(bound=most(linear, ranks), says=MANY))
            observe(f"{name}: all are trained", trained, holds("is_true", "A slice does not require a gradient."))


def test_input_gradient(submission, draw, observe):
    """The gradient of x is this rank's own"""
    for ranks in (1, 2):
        linear = layer(draw, ranks, True)
        rows, into = draw.integer(2, 5), linear.weight.shape[1]
        xs = [draw.normal(rows, into) for _ in range(ranks)]

        def live(comm, linear=linear, xs=xs):
            x = xs[comm.rank].clone().requires_grad_()
            submission.ShardedLinear(copy(linear), comm)(x).square().mean().backward()
            return x.grad

        observe(f"gradient of x on {ranks} rank{'s' * (ranks > 1)}", world.run(ranks, live))


def train(submission, ranks, linear, steps, probe):
    """What the layer makes of `probe` on every rank after each step; a step is a list of backwards."""

    def live(comm):
        model = submission.ShardedLinear(copy(linear), comm)
        opt = torch.optim.SGD(model.parameters(), lr=0.2)
        seen = []
        for passes in steps:
            for xs in passes:
                model(xs[comm.rank]).square().mean().backward()
            opt.step()
            opt.zero_grad()
            with torch.no_grad():
                seen.append(model(probe))
        return seen

    return world.run(ranks, live)


def test_steps(submission, draw, observe):
    """Steps of SGD on the slices move the layer by the mean gradient, and the next forward knows"""
    for ranks, bias, dtype in ((2, True, torch.float32), (3, False, torch.float32), (3, True, torch.float64)):
        linear = layer(draw, ranks, bias, dtype=dtype)
        steps = [[batches(draw, ranks, linear)] for _ in range(3)]
        (probe,) = batches(draw, 1, linear)
        seen = train(submission, ranks, linear, steps, probe)
        observe(f"results on the {ranks} ranks after each of 3 steps, {str(dtype)[6:]}", seen)
    linear = draw.fill(torch.nn.Linear(4, 2))
    seen = train(submission, 3, linear, [[batches(draw, 3, linear)]], draw.normal(3, 4))
    observe("results on 3 ranks of a layer with 2 rows", seen)


def test_accumulate(submission, draw, observe):
    """Backwards add up before a step"""
    linear = layer(draw, 2, True)
    steps = [[batches(draw, 2, linear), batches(draw, 2, linear)] for _ in range(2)]
    (probe,) = batches(draw, 1, linear)
    observe("results after steps of two backwards each", train(submission, 2, linear, steps, probe))


def test_rest(submission, draw, observe):
    """Between steps a rank holds its slice and nothing else"""
    for ranks in (3, 2):
        linear = layer(draw, ranks, ranks == 3, low=10, high=16)
        xs = batches(draw, ranks, linear)

        def live(comm, linear=linear, xs=xs):
            model = submission.ShardedLinear(copy(linear), comm)
            opt = torch.optim.SGD(model.parameters(), lr=0.1)
            model(xs[comm.rank]).square().mean().backward()
            opt.step()
            opt.zero_grad()
            return held(model, comm)

        whole = sum(p.numel() for p in linear.parameters())
        for rank, (count, results) in enumerate(world.run(ranks, live)):
            name = f"numbers at rest on rank {rank} of {ranks}"
            observe(name, count, at_most(bound=most(linear, ranks), says=MUCH))
            observe(f"{name}, in slices", [round(count * ranks / whole), results], noted())
