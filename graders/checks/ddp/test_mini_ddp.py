"""Checks for mini-ddp: forward, the start, the mean, what is left alone, no_sync, and what went over the wire."""

import torch

from gpt2 import world
from graders.kit import at_most, holds

SILENT = "A backward under no_sync sent something."


class Net(torch.nn.Module):
    """A tied matrix used twice, a single number, a frozen layer, one that no loss reaches, buffers of two dtypes."""

    def __init__(self, d, h):
        super().__init__()
        self.first = torch.nn.Linear(d, h)
        self.second = torch.nn.Linear(h, d)
        self.third = torch.nn.Linear(d, h, bias=False)
        self.third.weight = self.first.weight
        self.frozen = torch.nn.Linear(h, h).requires_grad_(False)
        self.unused = torch.nn.Linear(h, d)
        self.gain = torch.nn.Parameter(torch.ones(()))
        self.register_buffer("shift", torch.zeros(h))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    def forward(self, x, scale=1.0):
        y = self.second((self.first(x) + self.shift).tanh() * scale) * self.gain
        return self.frozen(self.third(y).tanh()) * self.count


def net(draw, sizes):
    """A net whose every value is drawn."""
    model = draw.fill(Net(*sizes))
    model.shift.copy_(draw.normal(*model.shift.shape))
    model.count.fill_(draw.integer(2, 9))
    return model


def nets(draw, ranks, low=3, high=8):
    """One net for each rank, all different, and a batch for each."""
    sizes = draw.sizes(2, low=low, high=high)
    return [net(draw, sizes) for _ in range(ranks)], [
        [draw.normal(3, sizes[0]) for _ in range(3)] for _ in range(ranks)
    ]


def grads(model):
    return {name: p.grad for name, p in model.named_parameters()}


def plain(d, h):
    """Trainable layers alone."""
    return torch.nn.Sequential(torch.nn.Linear(d, h), torch.nn.Tanh(), torch.nn.Linear(h, d))


def test_forward(submission, draw, observe):
    """It holds the module and computes what the module computes, from any arguments"""
    (model,), ((x, *_),) = nets(draw, 1)

    def live(comm):
        ddp = submission.MiniDDP(model, comm)
        return ddp(x), ddp(x, scale=2.5), ddp(x=x, scale=0.5), ddp.module is model

    out, scaled, named, held = world.run(1, live)[0]
    observe("MiniDDP(module, comm)(x)", out)
    observe("MiniDDP(module, comm)(x, scale=2.5)", scaled)
    observe("MiniDDP(module, comm)(x=x, scale=0.5)", named)
    observe("its .module is the module", held, holds("is_true", "`.module` is not the module that was given."))


def test_start(submission, draw, observe):
    """After construction every rank holds rank 0's parameters and buffers"""
    for ranks in (2, 3):
        models, _ = nets(draw, ranks)
        world.run(ranks, lambda comm, models=models: submission.MiniDDP(models[comm.rank], comm) and None)
        observe(f"state of the {ranks} modules", [m.state_dict() for m in models])


def test_mean(submission, draw, observe):
    """A backward pass leaves the mean over ranks in every .grad"""
    for ranks in (1, 2, 3):
        d, h = draw.sizes(2, low=3)
        models = [draw.fill(plain(d, h)) for _ in range(ranks)]
        xs = [draw.normal(draw.integer(2, 4), d, mean=0.5) for _ in range(ranks)]

        def live(comm, models=models, xs=xs):
            submission.MiniDDP(models[comm.rank], comm)(xs[comm.rank]).square().mean().backward()

        world.run(ranks, live)
        observe(f"gradients on the {ranks} ranks", [grads(m) for m in models])


def test_left_alone(submission, draw, observe):
    """Frozen and unused parameters keep .grad None; a tied one gets the sum of its uses"""
    models, xs = nets(draw, 2)

    def live(comm):
        ddp = submission.MiniDDP(models[comm.rank], comm)
        ddp(xs[comm.rank][0]).square().mean().backward()

    world.run(2, live)
    observe("gradients on the 2 ranks", [grads(m) for m in models])


def test_no_sync(submission, draw, observe):
    """Backwards under no_sync send nothing; the next one averages all that has been gathered"""
    d, h = draw.sizes(2, low=3)
    models = [draw.fill(plain(d, h)) for _ in range(2)]
    xs = [[draw.normal(3, d, mean=0.5) for _ in range(3)] for _ in range(2)]

    def live(comm):
        ddp = submission.MiniDDP(models[comm.rank], comm)
        before = comm.sent_bytes
        with ddp.no_sync():
            for x in xs[comm.rank][:2]:
                ddp(x).square().mean().backward()
            sent = comm.sent_bytes - before
        ddp(xs[comm.rank][2]).square().mean().backward()
        return sent

    quiet = all(sent == 0 for sent in world.run(2, live))
    observe("no_sync is silent", quiet, holds("is_true", SILENT))
    observe("gradients after two backwards under no_sync and one outside", [grads(m) for m in models])


def test_restored(submission, draw, observe):
    """The context gives back the state that it found: nested, and after an exception"""
    d, h = draw.sizes(2, low=3)
    models = [draw.fill(plain(d, h)) for _ in range(2)]
    xs = [[draw.normal(3, d, mean=0.5) for _ in range(2)] for _ in range(2)]

    def live(comm):
        ddp = submission.MiniDDP(models[comm.rank], comm)
        before = comm.sent_bytes
        try:
            with ddp.no_sync():
                with ddp.no_sync():
                    pass
                ddp(xs[comm.rank][0]).square().mean().backward()
                sent = comm.sent_bytes - before
                raise KeyError("on the way")
        except KeyError:
            pass
        ddp(xs[comm.rank][1]).square().mean().backward()
        return sent

    quiet = all(sent == 0 for sent in world.run(2, live))
    observe("an inner no_sync leaves the outer one silent", quiet, holds("is_true", SILENT))
    observe("gradients after an exception inside no_sync", [grads(m) for m in models])


def test_bytes(submission, draw, observe):
    """A synced backward sends each trainable parameter once"""
    ranks = 3
    models, xs = nets(draw, ranks, low=30, high=45)
    used = sum(
        p.numel() for name, p in models[0].named_parameters() if name.split(".")[0] in ("first", "second", "gain")
    )

    def live(comm):
        ddp = submission.MiniDDP(models[comm.rank], comm)
        before = comm.sent_bytes
        ddp(xs[comm.rank][0]).square().mean().backward()
        sent = comm.sent_bytes - before
        single = torch.nn.ParameterList([torch.zeros(used)])
        wrapped = submission.MiniDDP(single, comm)
        before = comm.sent_bytes
        wrapped.module[0].sum().backward()
        return sent, comm.sent_bytes - before

    sent, alone = (sum(each) for each in zip(*world.run(ranks, live), strict=True))
    says = "More than the trainable parameters went over the wire. How often does each need to travel?"
    observe("bytes sent, in those for one parameter of that size", sent / max(alone, 1), at_most(bound=1.05, says=says))
