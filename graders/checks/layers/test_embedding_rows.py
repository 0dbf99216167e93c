"""Checks for embedding-rows: the table, its start, lookup, the pad's row, gradients, the pad's gradient, no product."""

import torch

from graders.kit import holds, law


def build(submission, draw, v, d, dtype=torch.float32, **options):
    return draw.fill(submission.Embedding(v, d, **options).to(dtype))


def test_parameters(submission, draw, observe):
    """weight [V, D] is the only parameter, and the only key of the state_dict"""
    for pad in (None, 0, 2):
        v, d = draw.sizes(2, low=3)
        layer = submission.Embedding(v, d, padding_idx=pad)
        observe(f"parameters of Embedding({v}, {d}, {pad})", {n: list(p.shape) for n, p in layer.named_parameters()})
        observe("keys of its state_dict", sorted(layer.state_dict()))


def test_start(submission, draw, observe):
    """The table starts as standard normal draws, the pad's row at zeros"""
    torch.manual_seed(draw.integer(0, 10**6))
    v, d = draw.integer(300, 400), draw.integer(40, 60)
    says = "The table does not start as standard normal draws."
    for pad in (None, 0, draw.integer(1, v - 1)):
        weight = submission.Embedding(v, d, padding_idx=pad).weight.detach().double()
        others = weight if pad is None else torch.cat([weight[:pad], weight[pad + 1 :]])
        observe(f"mean and spread of the table, padding_idx={pad}", others, law(0.0, 1.0, says=says))
        if pad is not None:
            observe(f"row {pad}, the pad's", weight[pad])


def test_values(submission, draw, observe):
    """Token i becomes row i, for an idx of any shape"""
    v, d, a, b = draw.sizes(4, low=3)
    layer = build(submission, draw, v, d)
    for shape in ((a,), (a, b), (a, 1, b), (1,), ()):
        observe.call(f"forward(idx {list(shape)})", layer, draw.integers(0, v, *shape))
    observe.call("forward(idx transposed)", layer, draw.integers(0, v, a, b).t())
    observe.call("forward(every token)", layer, torch.arange(v))


def test_pad_row(submission, draw, observe):
    """The pad's row is returned as it stands, and the table is not changed"""
    v, d, a, b = draw.sizes(4, low=3)
    for pad in (0, draw.integer(1, v - 1)):
        layer = build(submission, draw, v, d, padding_idx=pad)
        idx = draw.integers(0, v, a, b)
        idx[0, 0] = pad
        observe.call(f"forward(idx), padding_idx={pad}, overwritten", layer, idx)
        observe("the table afterwards", layer.weight.detach())


def test_gradients(submission, draw, observe):
    """The rows of a token that occurs several times add up their gradients"""
    v, d, a, b = draw.sizes(4, low=3)
    layer = build(submission, draw, v, d, dtype=torch.float64)
    idx = draw.integers(0, v - 1, a, b)
    idx[0, :2] = v - 1
    observe.gradients("forward(idx)", layer, idx, params=[("weight", layer.weight)])


def test_pad_gradient(submission, draw, observe):
    """The pad's row gets a gradient of zero, the others theirs"""
    v, d, a, b = draw.sizes(4, low=3)
    for pad in (0, draw.integer(1, v - 1)):
        layer = build(submission, draw, v, d, dtype=torch.float64, padding_idx=pad)
        idx = draw.integers(0, v, a, b)
        idx[0, :2] = torch.tensor([pad, v - 1 - pad if 2 * pad != v - 1 else pad - 1])
        observe.gradients(f"forward(idx), padding_idx={pad}", layer, idx, params=[("weight", layer.weight)])


def test_no_product(submission, draw, observe):
    """The rows are picked, not multiplied out"""
    v, d, a = draw.sizes(3, low=3)
    layer = build(submission, draw, v, d, padding_idx=1)
    with observe.operations() as ops:
        layer(draw.integers(0, v, a, 2))
    says = "A matrix product did the lookup: V times the work of picking rows."
    observe("no product", ops.count("mm", "bmm", "addmm", "mv", "dot", "baddbmm") == 0, holds("is_true", says))
