"""Checks for int8-linear: bias, the error of each weight, rows of all sizes, zeros, product; bytes and state."""

import torch
from torch import nn

from graders.kit import at_most, holds, noted

FAR = "A weight is off by more than half a step of its row (its largest absolute value / 127 / 2)."
FAT = "All that the layer keeps takes more than 0.27 of the float32 layer's bytes."
GRAPH = "A tensor of the layer has a history: the graph keeps the float weights alive."
SHARED = "When the layer that was passed in is changed afterwards, this one changes too."
WIDE = "There is no place in the layer where each weight takes one byte."
STATE = "Loaded with another layer's state_dict, it does not behave like that one: not all of it is in there."
TRAINED = "More than the bias is among the parameters."
SOURCE = "The layer that was passed in has changed."
PRODUCT = "The result is not x times the layer's weights plus its bias."
ALONE = "A row of zeros does not give its bias, exactly."


def linear(draw, inputs, outputs, bias=True):
    lin = nn.Linear(inputs, outputs, bias=bias)
    return draw.fill(lin, scale=0.7)


def even(draw, inputs, outputs, bias=True):
    """A layer whose rows all have the same largest absolute value, with both signs, as every mistake needs it."""
    lin = linear(draw, inputs, outputs, bias)
    with torch.no_grad():
        lin.weight.div_(lin.weight.abs().amax(1, keepdim=True)).mul_(0.95)
        for row in range(outputs):
            lin.weight[row, draw.integer(0, inputs - 1)] = 1.5 if row % 2 else -1.5
    return lin


def weights(layer, inputs):
    """The weights that the layer behaves as if it had: (O, I)."""
    with torch.no_grad():
        return (layer(torch.eye(inputs)) - layer(torch.zeros(1, inputs))).T


def error(observe, name, submission, lin):
    """Observe the largest error in units of half a step, over all rows that are not zero."""
    w = lin.weight.detach().clone()
    found = weights(submission.Int8Linear.from_linear(lin), lin.in_features)
    half = w.abs().amax(1, keepdim=True) / 254
    off = ((found - w).abs() / half)[half[:, 0] > 0]
    observe(f"{name}: largest error in half steps", float(off.nan_to_num(1e9).max()), at_most(bound=1.001, says=FAR))
    observe(f"{name}: the weights it behaves as if it had", found, noted())


def test_shapes(submission, draw, observe):
    """from_linear gives a module; […, in] becomes […, out], float32"""
    i, o, b, t = draw.sizes(4, low=3)
    layer = submission.Int8Linear.from_linear(linear(draw, i, o))
    observe(
        "it is an Int8Linear and a module", isinstance(layer, submission.Int8Linear) and isinstance(layer, nn.Module)
    )
    for shape in ((i,), (b, i), (b, t, i), (1, i)):
        out = layer(draw.normal(*shape)).detach()
        observe(f"forward(x {list(shape)})", [list(out.shape), str(out.dtype)])


def test_bias(submission, draw, observe):
    """x = 0 gives the bias; without one, zeros"""
    for bias in (True, False):
        i, o = draw.sizes(2, low=3)
        layer = submission.Int8Linear.from_linear(linear(draw, i, o, bias))
        observe(f"forward(0), bias={bias}", layer(torch.zeros(2, i)).detach())


def test_error(submission, draw, observe):
    """No weight is off by more than half a step"""
    for o in (5, 8):
        i = draw.integer(30, 60)
        error(observe, f"[{o}, {i}], rows of one size", submission, even(draw, i, o, bias=o == 5))


def test_rows_of_all_sizes(submission, draw, observe):
    """Each row by its own scale: one with an outlier, rows from 0.001 to 1,000"""
    i, o = draw.integer(20, 40), draw.integer(4, 7)
    lin = linear(draw, i, o, bias=False)
    with torch.no_grad():
        lin.weight[draw.integer(0, o - 1), draw.integer(0, i - 1)] = 80.0
    error(observe, "a row with an outlier", submission, lin)
    lin = linear(draw, i, 7, bias=False)
    with torch.no_grad():
        lin.weight.mul_(10.0 ** torch.arange(-3, 4)[:, None])
    error(observe, "rows from small to large", submission, lin)


def test_zero_row(submission, draw, observe):
    """A row of zeros gives its bias, exactly; the others are as they should be"""
    for bias in (True, False):
        i, o = draw.sizes(2, low=4)
        lin, row = linear(draw, i, o, bias), draw.integer(0, o - 1)
        with torch.no_grad():
            lin.weight[row] = 0.0
        out = submission.Int8Linear.from_linear(lin)(draw.normal(6, i))[:, row].detach()
        wanted = lin.bias.detach()[row] if bias else torch.tensor(0.0)
        observe(f"row of zeros, bias={bias}", bool((out == wanted).all()), holds("is_true", ALONE))
        if not bias:
            error(observe, "the other rows", submission, lin)
    error(observe, "one input", submission, linear(draw, 1, 5, bias=False))
    error(observe, "one output", submission, linear(draw, 9, 1, bias=False))


def test_product(submission, draw, observe):
    """forward is x times the weights plus the bias, whatever the leading dimensions; x stays"""
    i, o, b, t = draw.sizes(4, low=3)
    lin = linear(draw, i, o)
    layer = submission.Int8Linear.from_linear(lin)
    w = weights(layer, i)
    for shape in ((i,), (b, t, i), (t, b, 2, i)):
        x = draw.normal(*shape)
        before = x.clone()
        out, wanted = layer(x).detach(), x @ w.T + lin.bias.detach()
        near = out.shape == wanted.shape and torch.allclose(out, wanted, rtol=1e-3, atol=1e-3)
        observe(f"forward(x {list(shape)})", near and torch.equal(x, before), holds("is_true", PRODUCT))
    x = draw.normal(t, i, scale=100.0)
    near = torch.allclose(layer(x).detach(), x @ w.T + lin.bias.detach(), rtol=1e-3, atol=1e-2)
    observe("forward(large x)", near, holds("is_true", PRODUCT))


def kept(module):
    """All tensors that a module holds: parameters, buffers, plain attributes, and those of its children."""
    found = {}
    for part in module.modules():
        for value in [*vars(part).values(), *part._parameters.values(), *part._buffers.values()]:
            for each in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(each, nn.Module):
                    found.update({id(p): p for p in each.parameters()})
                elif isinstance(each, torch.Tensor):
                    found[id(each)] = each
    return list(found.values())


def test_bytes(submission, draw, observe):
    """It takes at most 0.27 of the bytes of the float32 layer"""
    for bias in (True, False):
        lin = linear(draw, draw.integer(128, 160), draw.integer(20, 40), bias)
        tensors = kept(submission.Int8Linear.from_linear(lin))
        bytewise = sum(t.numel() for t in tensors if t.element_size() == 1) >= lin.weight.numel()
        observe(f"one byte for each weight, bias={bias}", bytewise, holds("is_true", WIDE))
        history = any(t.grad_fn is not None for t in tensors)
        observe(f"no graph is kept, bias={bias}", not history, holds("is_true", GRAPH))
        share = sum(t.nbytes for t in tensors) / sum(p.nbytes for p in lin.parameters())
        observe(f"share of the bytes, bias={bias}", share, at_most(bound=0.27, says=FAT))


def test_state(submission, draw, observe):
    """Whole numbers and scales are buffers: in the state_dict, not among the parameters"""
    i, o = draw.sizes(2, low=4)
    for bias in (True, False):
        one, two = (submission.Int8Linear.from_linear(linear(draw, i, o, bias)) for _ in range(2))
        x = draw.normal(3, i)
        two.load_state_dict(one.state_dict())
        observe(f"loaded, bias={bias}", torch.allclose(one(x), two(x)), holds("is_true", STATE))
        many = sum(p.numel() for p in one.parameters())
        observe(f"parameters, bias={bias}", many, at_most(bound=o if bias else 0, says=TRAINED))


def test_source(submission, draw, observe):
    """The layer that was passed in stays as it is, and may change later: no memory is shared"""
    for bias in (True, False):
        i, o = draw.sizes(2, low=4)
        lin = linear(draw, i, o, bias)
        before = [(p, p.detach().clone(), p._version) for p in lin.parameters()]
        submission.Int8Linear.from_linear(lin)(draw.normal(2, i))
        same = all(torch.equal(p, old) and p.requires_grad and p._version == v for p, old, v in before)
        observe(f"the layer, bias={bias}", same, holds("is_true", SOURCE))
        x, layer = draw.normal(2, i), submission.Int8Linear.from_linear(lin)
        out = layer(x).detach()
        with torch.no_grad():
            for p in lin.parameters():
                p.add_(1.0)
        apart = torch.equal(layer(x).detach(), out)
        observe(f"it is changed afterwards, bias={bias}", apart, holds("is_true", SHARED))
