"""Checks for leaf-from-anything: values, shape and dtype from every source, then leaf, memory, device."""

import numpy as np
import torch

from graders.kit import equal, holds

SAME = equal(rtol=1e-6, atol=1e-7)


def arrays(draw):
    """NumPy arrays of several dtypes, one of them a view with strides, and one of them 0-d."""
    rows, columns = draw.sizes(2)
    values = draw.normal(rows, columns, scale=20).numpy()
    return {
        "float32 array": values,
        "float64 array": values.astype(np.float64),
        "int64 array": values.astype(np.int64),
        "bool array": values > 0,
        "transposed array": values.T,
        "0-d array": np.array(values[0, 0]),
    }


def tensors(draw):
    """Tensors of several dtypes, one not contiguous, one that requires gradients itself, one with a history."""
    rows, columns = draw.sizes(2)
    x = draw.normal(rows, columns, scale=3)
    asks = draw.normal(columns).requires_grad_()
    return {
        "float32 tensor": x,
        "float64 tensor": x.double(),
        "float16 tensor": x.half(),
        "int64 tensor": draw.integers(-9, 9, rows),
        "tensor that is not contiguous": draw.strided(draw.normal(columns, rows)),
        "tensor that requires gradients": asks,
        "result of an operation": asks * 2,
        "0-d tensor": draw.normal(),
    }


def test_numbers(submission, draw, observe):
    """Numbers and lists become float32 tensors of their shape"""
    whole = draw.integer(2, 9)
    for data in (whole, draw.number(-3, 3), [whole, 1, -2], [[0.5, whole], [1.5, -whole]], [True, False], [[[whole]]]):
        observe(f"as_leaf({data})", submission.as_leaf(data).detach(), SAME)


def test_sources(submission, draw, observe):
    """Arrays and tensors of every dtype and layout too, and they stay as they were"""
    for name, data in {**arrays(draw), **tensors(draw)}.items():
        before = np.array(data.detach() if isinstance(data, torch.Tensor) else data)
        observe(f"as_leaf({name})", submission.as_leaf(data).detach(), SAME)
        after = np.array(data.detach() if isinstance(data, torch.Tensor) else data)
        observe(f"the {name} as it was", bool((before == after).all()), holds("is_true", "The source was changed."))


def test_leaf(submission, draw, observe):
    """The result is a leaf that asks for gradients, and collects them"""
    for name, data in {"number": 2, "list": [1.0, 2.0], **arrays(draw), **tensors(draw)}.items():
        leaf = submission.as_leaf(data)
        observe(f"as_leaf({name}) asks for gradients", leaf.requires_grad, holds("is_true", "requires_grad is False."))
        observe(f"as_leaf({name}) is a leaf", leaf.is_leaf, holds("is_true", "It is no leaf: an operation made it."))
        (leaf * 3).sum().backward()
        observe(f".grad of as_leaf({name}) after backward", leaf.grad)


def test_own_memory(submission, draw, observe):
    """The result shares memory with nothing"""
    for name, data in {**arrays(draw), **tensors(draw)}.items():
        leaf = submission.as_leaf(data)
        before = leaf.detach().clone()
        if isinstance(data, torch.Tensor):
            data.data.fill_(1)
        else:
            data[...] = 1
        same = torch.equal(leaf.detach(), before)
        observe(
            f"as_leaf({name}) after an edit of its source", same, holds("is_true", "Editing the source changed it.")
        )


def test_device(submission, draw, observe):
    """It lies on the device that was asked for"""
    for name, data in {"list": [[1, 2, 3]], **tensors(draw)}.items():
        for device in ("meta", torch.device("meta")):
            leaf = submission.as_leaf(data, device)
            observe(f"as_leaf({name}, {device!r})", leaf.detach())
            observe("a leaf that asks for gradients", leaf.is_leaf and leaf.requires_grad)
    observe("as_leaf([1.5], device='cpu')", submission.as_leaf([1.5], device="cpu").detach())
