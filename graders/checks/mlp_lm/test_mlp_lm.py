"""Checks for mlp-lm: its parameters, the logits, the direct way, dtype, gradients, no copying together."""

import torch

from graders.kit import holds


def build(submission, draw, v, k, d, h, dtype=torch.float32, **options):
    return draw.fill(submission.MLPLM(v, k, d, h, **options).to(dtype), scale=0.6)


def test_parameters(submission, draw, observe):
    """The parameters are those of the docstring, all of them trained; direct only when it is asked for"""
    for direct in (False, True):
        v, k, d, h = draw.sizes(4)
        while h == k * d:  # a layer from the hidden units would then have the shape of one from the embeddings
            v, k, d, h = draw.sizes(4)
        model = submission.MLPLM(v, k, d, h, direct=direct)
        name = f"MLPLM({v}, {k}, {d}, {h}, direct={direct})"
        observe(f"parameters of {name}", {n: list(p.shape) for n, p in model.named_parameters()})
        observe("keys of its state_dict", sorted(model.state_dict()))
        observe("how many numbers it trains", sum(p.numel() for p in model.parameters() if p.requires_grad))
    plain = submission.MLPLM(v, k, d, h)
    observe("parameters without the fifth argument", sorted(n for n, _ in plain.named_parameters()))


def test_values(submission, draw, observe):
    """Logits [N, V] for any N, k, d and h"""
    for n, v, k, d, h in (
        draw.sizes(5),
        draw.sizes(5),
        (1, 5, 3, 2, 4),
        (6, 7, 1, 3, 2),
        (4, 6, 3, 1, 1),
        (4, 3, 3, 3, 3),
    ):
        model = build(submission, draw, v, k, d, h)
        observe.call(f"MLPLM({v}, {k}, {d}, {h})(X [{n}, {k}])", model, draw.integers(0, v, n, k))
    v, k, d, h = draw.sizes(4)
    ids = draw.integers(0, v, 20)
    model = build(submission, draw, v, k, d, h)
    observe.call("MLPLM(…)(windows of a text, a view)", model, ids.unfold(0, k, 1))


def test_direct(submission, draw, observe):
    """With direct=True the linear layer around the hidden one is added"""
    for n, v, k, d, h in (draw.sizes(5), (5, 4, 3, 2, 6)):
        model = build(submission, draw, v, k, d, h, direct=True)
        observe.call(f"MLPLM({v}, {k}, {d}, {h}, direct=True)(X [{n}, {k}])", model, draw.integers(0, v, n, k))


def test_dtype(submission, draw, observe):
    """A model turned to float64 answers in it"""
    for direct in (False, True):
        n, v, k, d, h = draw.sizes(5)
        model = build(submission, draw, v, k, d, h, torch.float64, direct=direct)
        observe.call(f"MLPLM(…, direct={direct}).double()(X)", model, draw.integers(0, v, n, k))


def test_gradients(submission, draw, observe):
    """Every parameter gets its gradient; a symbol that occurs several times adds up"""
    for direct in (False, True):
        n, v, k, d, h = draw.sizes(5, low=3)
        model = build(submission, draw, v, k, d, h, torch.float64, direct=direct)
        X = draw.integers(0, v, n, k)
        X[0, :2] = X[1, 0]
        params = sorted(model.named_parameters())
        observe.gradients(f"MLPLM(…, direct={direct})(X)", model, X, params=params, names=["X"])


def test_no_cat(submission, draw, observe):
    """The coordinates are not copied together"""
    for direct in (False, True):
        n, v, k, d, h = draw.sizes(5)
        model = build(submission, draw, v, k, d, h, direct=direct)
        with observe.operations() as ops:
            model(draw.integers(0, v, n, k))
        says = "cat or stack copied the coordinates together. Where did they lie before?"
        observe("no cat, no stack", ops.count("cat", "stack") == 0, holds("is_true", says))
