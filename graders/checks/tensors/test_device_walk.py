"""Checks for device-walk: the choice of the device, then the walk, from a bare tensor to deep nests."""

import collections
import itertools

import torch

from graders.kit import holds

Pair = collections.namedtuple("Pair", "x y")


class Batch(dict):
    """A subclass, as libraries have them."""


class Stack(list):
    """A subclass of a list."""


def kinds(value):
    """Types, keys, order, devices and shapes of a nest, as plain data."""
    if isinstance(value, torch.Tensor):
        return f"{value.device.type} {list(value.shape)}"
    if isinstance(value, dict):
        return {"is": type(value).__name__, "items": [[k, kinds(v)] for k, v in value.items()]}
    if isinstance(value, (list, tuple)):
        return {"is": type(value).__name__, "items": [kinds(v) for v in value]}
    return repr(value)


def test_pick(submission, draw, observe):
    """cuda before mps before cpu, of those that are there"""
    for cuda, mps in itertools.product((True, False), repeat=2):
        device = submission.pick_device(cuda, mps)
        observe(f"pick_device({cuda}, {mps}) is a torch.device", isinstance(device, torch.device))
        observe(f"pick_device({cuda}, {mps})", torch.device(device).type)


def test_prefer(submission, draw, observe):
    """A preferred device is taken as asked"""
    number = draw.integer(1, 7)
    for prefer in ("cpu", "mps", "cuda", f"cuda:{number}", torch.device(f"cuda:{number}"), torch.device("cpu")):
        device = submission.pick_device(True, True, prefer)
        observe(f"pick_device(True, True, {prefer!r})", [device.type, device.index])
    observe("pick_device(False, True, 'cpu')", submission.pick_device(False, True, prefer="cpu").type)


def test_unavailable(submission, draw, observe):
    """A preferred device that is not there raises"""
    for cuda, mps, prefer in ((False, True, "cuda"), (False, False, "cuda:1"), (True, False, "mps")):
        observe.raises(f"pick_device({cuda}, {mps}, {prefer!r})", submission.pick_device, cuda, mps, prefer)


def test_tensor(submission, draw, observe):
    """A bare tensor is a batch; what is no tensor stays as it is"""
    x = draw.normal(*draw.sizes(2))
    observe("move(x, 'meta')", submission.move(x, "meta"))
    observe("move(x, 'cpu')", submission.move(x, torch.device("cpu")))
    for value in ("name", 3, 2.5, None, True):
        observe(f"move({value!r}, 'meta')", submission.move(value, "meta"))


def test_containers(submission, draw, observe):
    """Dicts, lists and tuples keep their types, keys and order; subclasses too"""
    for make in (
        lambda *v: list(v),
        lambda *v: tuple(v),
        lambda *v: Stack(v),
        lambda *v: Batch(b=v[0], a=v[1], c=v[2]),
    ):
        batch = make(draw.normal(2), "label", draw.normal(3, 1))
        moved = submission.move(batch, "meta")
        observe(f"move({type(batch).__name__}, 'meta')", kinds(moved))
    observe(
        "move({'y': …, 'x': …, 'n': 4}, 'meta')", kinds(submission.move(dict(y=draw.normal(2), x=None, n=4), "meta"))
    )


def test_namedtuple(submission, draw, observe):
    """A namedtuple keeps its fields"""
    moved = submission.move(Pair(draw.normal(2, 3), draw.integers(0, 5, 2)), "meta")
    observe("move(Pair(x, y), 'meta')", kinds(moved))
    observe("the field x", moved.x)


def test_nested(submission, draw, observe):
    """Tensors move at every depth"""
    batch = {
        "x": [draw.normal(2), (draw.normal(3), {"deep": Stack([draw.normal(4)])})],
        "pair": (Pair("a", draw.normal(5)),),
    }
    observe("move(a nest, 'meta')", kinds(submission.move(batch, "meta")))
    observe("move(empty containers, 'meta')", kinds(submission.move({"a": [], "b": (), "c": {}}, "meta")))


def test_untouched(submission, draw, observe):
    """What was passed in stays as it was"""
    batch = {"x": draw.normal(2), "list": [draw.normal(3), {"y": draw.normal(4)}]}
    before = kinds(batch)
    submission.move(batch, "meta")
    same = kinds(batch) == before
    observe("the batch as it was", same, holds("is_true", "A container that was passed in has changed."))
