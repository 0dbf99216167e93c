"""Checks for ddp-loop: one rank, clipping, the environment, several ranks, log, two machines, silence, device."""

from contextlib import ExitStack, suppress
from types import SimpleNamespace
from unittest.mock import patch

import torch

from gpt2 import world
from graders.kit import equal, holds

EXACT = equal(rtol=1e-9, atol=1e-9, because="float64, and the same sum in another order")
LOOSE = equal(rtol=1e-4, atol=1e-6, because="clipping formulas differ by 1e-6 in the denominator")
LOG = equal(rtol=1e-5, atol=1e-6, because="a loss may travel as float32")


class Net(torch.nn.Module):
    """A small language model in float64, with a buffer that takes part; it notes the bytes sent at each forward."""

    def __init__(self, v, d):
        super().__init__()
        self.table = torch.nn.Embedding(v, d)
        self.head = torch.nn.Linear(d, v)
        self.register_buffer("shift", torch.zeros(d))
        self.sent = []
        self.count = lambda: 0

    def forward(self, x):
        self.sent.append(self.count())
        return self.head((self.table(x) + self.shift).tanh())


class Bench:
    """One model for each rank, all different, a text, and the settings of a run."""

    def __init__(self, draw, ranks, accum_total, steps=2, clip=1e9, scale=0.5):
        v, d, b, t = draw.sizes(4, low=2, high=8)
        self.ranks, self.made = ranks, [0] * ranks
        self.models = [draw.fill(Net(v + 3, d).double(), scale) for _ in range(ranks)]
        for model in self.models:
            model.shift.copy_(draw.normal(d))
        names = {"B": b, "T": t, "accum_total": accum_total, "steps": steps}
        self.cfg = SimpleNamespace(**names, lr=draw.number(0.3, 0.9), clip=clip)
        self.tokens = draw.integers(0, v + 3, (steps + ranks) * accum_total * b * t + 1)

    def train(self, submission, locals_=None, env=None):
        """The logs of all ranks. Without `env` each gets its own, as torchrun would set it."""

        def live(comm):
            rank = comm.rank
            told = {"RANK": str(rank), "WORLD_SIZE": str(comm.world), "LOCAL_RANK": str((locals_ or range(9))[rank])}
            self.models[rank].count = lambda: comm.sent_bytes

            def make_model():
                self.made[rank] += 1
                return self.models[rank]

            return submission.train_ddp(told if env is None else env, make_model, self.tokens, comm, self.cfg)

        return world.run(self.ranks, live)

    def weights(self):
        return [model.state_dict() for model in self.models]


def test_one_rank(submission, draw, observe):
    """One rank with an empty environment: the weights and the log of a plain loop with accumulation"""
    for accum_total in (1, 3):
        bench = Bench(draw, 1, accum_total, steps=3)
        logs = bench.train(submission, env={})
        observe(f"weights after 3 steps of {accum_total} micro-batches", bench.weights(), EXACT)
        observe("log", logs, LOG)


def test_clip(submission, draw, observe):
    """The gradients of a step are clipped together, once they are complete"""
    for clip in (0.01, 0.05):
        bench = Bench(draw, 1, 3, clip=clip, scale=1.0)
        bench.train(submission, env={})
        observe(f"weights with clip {clip}", bench.weights(), LOOSE)


def test_env(submission, draw, observe):
    """RANK and WORLD_SIZE must be those of the world, and the world must divide accum_total"""
    for env in ({"RANK": "1"}, {"WORLD_SIZE": "2"}, {"RANK": "1", "WORLD_SIZE": "2"}):
        bench = Bench(draw, 1, 2)
        observe.raises(
            f"train_ddp in a world of one rank with {env}", bench.train, submission, env=env, type="ValueError"
        )
    bench = Bench(draw, 2, 3)
    observe.raises("train_ddp on 2 ranks with accum_total 3", bench.train, submission, type="ValueError")
    bench = Bench(draw, 1, 2, steps=1)
    bench.train(submission, env={"RANK": "0"})
    observe("weights with WORLD_SIZE absent", bench.weights(), EXACT)


def test_ranks(submission, draw, observe):
    """On two and on four ranks: the weights of one, everywhere"""
    for ranks, accum_total in ((2, 6), (4, 8)):
        bench = Bench(draw, ranks, accum_total)
        bench.train(submission)
        observe(f"weights on {ranks} ranks", bench.weights(), EXACT)
        observe("calls of make_model on each rank", bench.made)


def test_log(submission, draw, observe):
    """Rank 0 logs the mean loss of all ranks, the others nothing"""
    for ranks, accum_total in ((2, 4), (3, 6)):
        bench = Bench(draw, ranks, accum_total)
        observe(f"logs of {ranks} ranks", bench.train(submission), LOG)


def test_two_nodes(submission, draw, observe):
    """On two machines LOCAL_RANK begins again at 0, and nothing else changes"""
    bench = Bench(draw, 4, 8)
    logs = bench.train(submission, locals_=[0, 1, 0, 1])
    observe("weights on 4 ranks of two machines", bench.weights(), EXACT)
    observe("their logs", logs, LOG)


def test_silent(submission, draw, observe):
    """Nothing is sent before the last micro-step of a step"""
    ranks, accum = 2, draw.integer(3, 4)
    bench = Bench(draw, ranks, ranks * accum)
    bench.train(submission)
    sent = [model.sent for model in bench.models]
    observe("forwards on each rank", [len(each) for each in sent])
    quiet = all(each[i] == each[i + accum - 1] for each in sent for i in range(0, len(each) - accum + 1, accum))
    says = "Between the first forward of a step and its last, something was sent."
    observe("silence within a step", quiet, holds("is_true", says))


def test_device(submission, draw, observe):
    """Where CUDA is present, model and data go to cuda:<LOCAL_RANK>"""
    local = draw.integer(2, 7)
    bench = Bench(draw, 1, 2, steps=1)
    moved, whole = pretended_cuda(lambda: bench.train(submission, env={"LOCAL_RANK": str(local)}))
    for kind, what in (("Module", "model"), ("Tensor", "data")):
        places = {device for owner, device in moved if owner == kind}
        says = f"The {what} did not go to cuda:<LOCAL_RANK>, and to that alone."
        observe(f"where the {what} went", places == {local} or (not whole and not places), holds("is_true", says))


def pretended_cuda(run):
    """Run with the pretense of eight GPUs, where moving leaves everything in its place and is written down.

    Returns (who, number of the GPU) for each move, and whether the run came to its end: a tensor made on a GPU that
    is none ends it, which is nobody's fault.
    """
    moved, current = [], [0]

    def select(device):
        device = torch.device("cuda", device) if isinstance(device, int) else torch.device(device)
        current[0] = current[0] if device.index is None else device.index

    def note(owner, real):
        def to(self, *args, **kw):
            asked = kw.get("device", args[0] if args else None)
            if real is None or isinstance(asked, int):
                asked = torch.device("cuda") if asked is None else torch.device("cuda", asked)
            if not isinstance(asked, (str, torch.device)) or torch.device(asked).type != "cuda":
                return real(self, *args, **kw)
            index = torch.device(asked).index
            moved.append((owner, current[0] if index is None else index))
            return self

        return to

    accelerator = getattr(torch, "accelerator", None)
    fakes = [(torch.cuda, "is_available", lambda: True), (torch.cuda, "device_count", lambda: 8)]
    fakes += [(torch.cuda, "set_device", select), (torch.cuda, "current_device", lambda: current[0])]
    if accelerator is not None:
        fakes += [(accelerator, "is_available", lambda *a, **kw: True), (accelerator, "device_count", lambda: 8)]
        fakes += [(accelerator, "current_accelerator", lambda *a, **kw: torch.device("cuda"))]
        fakes += [(accelerator, "set_device_index", select)]
    for kind, owner in (("Module", torch.nn.Module), ("Tensor", torch.Tensor)):
        fakes += [(owner, "to", note(kind, owner.to)), (owner, "cuda", note(kind, None))]
    whole = False
    with ExitStack() as stack, suppress(RuntimeError, AssertionError):
        for place, name, fake in fakes:
            stack.enter_context(patch.object(place, name, fake))
        run()
        whole = True
    return moved, whole
