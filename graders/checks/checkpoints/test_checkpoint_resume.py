"""Checks for checkpoint-resume: step, file, states, random numbers, a real restart, crashes, strangers, devices."""

import builtins
import io
import os
import pathlib
import shutil
from contextlib import contextmanager

import torch
from torch import nn

from graders.kit import holds

OBJECTS = "torch.load with weights_only=True cannot read the file."
LOST = "The process died in save, and the checkpoint that stood there is damaged or gone."
SILENT = "Saving failed without an exception, and the new checkpoint is not there."
RAN = "Code from inside of a checkpoint was executed by load."
TAKEN = "load accepted a file with an object in it that is neither a tensor nor a plain value."
PARTED = "Five steps, a restart and five more end with other weights than ten steps in a row: not bit for bit."


class Loader:
    """Batches in a shuffled order, epoch after epoch; its place is an index, and the order is a tensor."""

    def __init__(self, x, seed):
        self.x, self.at = x, 0
        self.generator = torch.Generator().manual_seed(seed)
        self.order = torch.randperm(len(x), generator=self.generator)

    def next_batch(self):
        if self.at == len(self.order):
            self.at, self.order = 0, torch.randperm(len(self.x), generator=self.generator)
        self.at += 2
        return self.x[self.order[self.at - 2 : self.at]]

    def state_dict(self):
        return {"at": self.at, "order": self.order, "generator": self.generator.get_state()}

    def load_state_dict(self, state):
        self.at, self.order = state["at"], state["order"].clone()
        self.generator.set_state(state["generator"])


class Net(nn.Module):
    """Dropout, and buffers of two dtypes."""

    def __init__(self, d, h):
        super().__init__()
        self.first, self.norm = nn.Linear(d, h), nn.BatchNorm1d(h)
        self.drop, self.last = nn.Dropout(0.4), nn.Linear(h, d)

    def forward(self, x):
        return self.last(self.drop(self.norm(self.first(x)).tanh()))


class Run:
    """Everything that a run consists of, as a new process would make it.

    In float64: training makes much of roundings, which differ with the number of threads.
    """

    def __init__(self, draw, sizes, data):
        d, h = sizes
        self.model = draw.fill(Net(d, h).double())
        self.opt = torch.optim.AdamW(self.model.parameters(), lr=0.1)
        self.loader = Loader(data, draw.integer(1, 10**6))

    def train(self, start, end):
        self.model.train()
        for step in range(start, end):
            for group in self.opt.param_groups:
                group["lr"] = 0.02 + 0.01 * step
            x = self.loader.next_batch()
            self.opt.zero_grad()
            (self.model(x) - x).square().mean().backward()
            self.opt.step()

    def parts(self):
        return self.model, self.opt


def runs(draw, count):
    """Several runs of the same shape, with other values each; seen by one generator after the other."""
    sizes = draw.sizes(2, low=3)
    data = draw.normal(6, sizes[0], mean=0.5, dtype=torch.float64)
    return [Run(draw, sizes, data) for _ in range(count)]


def extras(draw):
    return {"best": draw.number(2, 3), "name": "run", "losses": [draw.number(3, 5) for _ in range(3)], "step": -1}


def readable(path):
    """The file as torch.load with weights_only=True reads it; None where it cannot."""
    try:
        return torch.load(path, weights_only=True)
    except Exception:
        return None


def test_step(submission, draw, observe):
    """The step that was saved comes back, from a path as text or as Path"""
    for number, path in enumerate(["a.pt", pathlib.Path("b.pt")]):
        old, new = runs(draw, 2)
        old.train(0, 1)
        submission.save(path, *old.parts(), draw.integer(10, 999), old.loader, {})
        back = submission.load(path, *new.parts(), new.loader, ["cpu", torch.device("cpu")][number])
        observe(f"step from {path!r}", back)


def test_file(submission, draw, observe):
    """The file is a dict of tensors and plain values, with extra under its key"""
    (run,) = runs(draw, 1)
    run.train(0, 2)
    extra = extras(draw)
    submission.save("run.pt", *run.parts(), 2, run.loader, extra)
    state = readable("run.pt")
    observe("the file loads with weights_only=True", state is not None, holds("is_true", OBJECTS))
    observe("extra in the file", state.get("extra") if isinstance(state, dict) else type(state).__name__)


def test_state(submission, draw, observe):
    """Weights, buffers, optimizer and loader are back"""
    old, new = runs(draw, 2)
    old.train(0, 3)
    new.train(0, 1)
    submission.save("run.pt", *old.parts(), 3, old.loader, {})
    submission.load("run.pt", *new.parts(), new.loader, "cpu")
    observe("state of the model after load", dict(new.model.state_dict()))
    found = new.opt.state_dict()
    observe("state of the optimizer after load", [dict(s) for s in found["state"].values()])
    observe("learning rate after load", found["param_groups"][0]["lr"])
    observe("state of the loader after load", new.loader.state_dict())


def test_rng(submission, draw, observe):
    """Random numbers go on where they were; saving draws none"""
    old, new = runs(draw, 2)
    torch.manual_seed(draw.integer(1, 10**6))
    torch.rand(draw.integer(3, 9))
    submission.save("run.pt", *old.parts(), 7, old.loader, {})
    observe("torch.rand(3) after save", torch.rand(3))
    torch.manual_seed(draw.integer(1, 10**6))
    submission.load("run.pt", *new.parts(), new.loader, "cpu")
    observe("torch.rand(3) after load", torch.rand(3))


def test_resume(submission, draw, observe):
    """Five steps, a restart and five more are ten steps, bit for bit"""
    straight, first, second = runs(draw, 3)
    for a, b in zip(first.model.state_dict().values(), straight.model.state_dict().values(), strict=True):
        a.copy_(b)
    first.loader.load_state_dict(straight.loader.state_dict())
    seed = draw.integer(1, 10**6)
    torch.manual_seed(seed)
    straight.train(0, 10)
    torch.manual_seed(seed)
    first.train(0, 5)
    submission.save("run.pt", *first.parts(), 5, first.loader, extras(draw))
    torch.manual_seed(draw.integer(1, 10**6))
    step = submission.load("run.pt", *second.parts(), second.loader, "cpu")
    second.train(int(step), 10)
    pairs = zip(straight.model.state_dict().values(), second.model.state_dict().values(), strict=True)
    observe("bit for bit", all(torch.equal(a, b) for a, b in pairs), holds("is_true", PARTED))


class Half:
    """A file that takes half of what is written to it, and then there is no space left."""

    def __init__(self, file):
        self._file = file

    def write(self, data):
        self._file.write(data[: len(data) // 2])
        self._file.flush()
        raise OSError(28, "No space left on device")

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._file.close()


@contextmanager
def patched(*places):
    """Other functions in the place of (module, name), for a while."""
    before = [(module, name, getattr(module, name)) for module, name, _ in places]
    try:
        for module, name, function in places:
            setattr(module, name, function)
        yield
    finally:
        for module, name, function in before:
            setattr(module, name, function)


def crashes():
    """Three ways to die: while torch writes, while Python writes, and where a finished file gets its name."""
    real_open = builtins.open

    def save(obj, f, *args, **kw):
        if isinstance(f, (str, os.PathLike)):
            with real_open(f, "wb") as file:
                file.write(b"half of a checkpoint")
        else:
            f.write(b"half of a checkpoint")
        raise OSError(28, "No space left on device")

    def half_open(file, mode="r", *args, **kw):
        opened = real_open(file, mode, *args, **kw)
        return Half(opened) if set(mode) & set("wxa+") else opened

    def no_rename(*args, **kw):
        raise OSError(5, "Input/output error")

    def copy(src, dst, *args, **kw):
        with real_open(dst, "wb") as file:
            file.write(b"half of a checkpoint")
        raise OSError(28, "No space left on device")

    copies = [(shutil, name, copy) for name in ("copy", "copy2", "copyfile")]
    names = [(os, "replace", no_rename), (os, "rename", no_rename), (shutil, "move", no_rename)]
    yield "while torch.save writes", [(torch, "save", save)]
    yield "while a file is written", [(builtins, "open", half_open), (io, "open", half_open), *copies]
    yield "while a file is renamed", names


def test_crash(submission, draw, observe):
    """Whenever save dies, the old checkpoint or the new one is there, whole"""
    for when, places in crashes():
        old, new = runs(draw, 2)
        submission.save("run.pt", *old.parts(), 1, old.loader, {"which": "old"})
        before = pathlib.Path("run.pt").read_bytes()
        raised = False
        with patched(*places):
            try:
                submission.save("run.pt", *new.parts(), 2, new.loader, {"which": "new"})
            except Exception:
                raised = True
        there = pathlib.Path("run.pt")
        same = there.exists() and there.read_bytes() == before
        state = readable("run.pt") if there.exists() else None
        fresh = isinstance(state, dict) and state.get("extra") == {"which": "new"}
        observe(f"died {when}: one of both is whole", same or fresh, holds("is_true", LOST))
        observe(f"died {when}: and the caller knows", raised or fresh, holds("is_true", SILENT))


class Trap:
    """An object whose unpickling calls a function of ours."""

    sprung = False

    def __reduce__(self):
        return spring, ()


def spring():
    Trap.sprung = True
    return 1.0


def test_strangers(submission, draw, observe):
    """A file with anything else in it is refused, and runs nothing"""
    (run,) = runs(draw, 1)
    submission.save("run.pt", *run.parts(), 3, run.loader, {})
    state = torch.load("run.pt", weights_only=True)
    state["extra"] = {"best": Trap()}
    torch.save(state, "strange.pt")
    Trap.sprung, refused = False, False
    try:
        submission.load("strange.pt", *run.parts(), run.loader, "cpu")
    except Exception:
        refused = True
    observe("nothing was executed", not Trap.sprung, holds("is_true", RAN))
    observe("the file was refused", refused, holds("is_true", TAKEN))


def test_from_a_gpu(submission, draw, observe):
    """A file whose tensors were on a GPU loads on the CPU"""
    old, new = runs(draw, 2)
    old.train(0, 2)
    submission.save("run.pt", *old.parts(), 4, old.loader, {})
    state = torch.load("run.pt", weights_only=True)
    with patched((torch.serialization, "location_tag", lambda storage: "cuda:0")):
        torch.save(state, "gpu.pt")
    observe("step", submission.load("gpu.pt", *new.parts(), new.loader, "cpu"))
    observe("state of the model after load", dict(new.model.state_dict()))
