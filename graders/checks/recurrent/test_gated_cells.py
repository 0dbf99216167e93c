"""Checks for gated-cells: one LSTM step, one GRU step, several in a row, sizes, dtypes, gradients."""

import torch


def given(draw, gates, sizes, dtype=torch.float32):
    """x and h (and c), then the weights, all drawn, sizes B, I, H."""
    b, i, h = sizes
    x, state, cell = draw.normal(b, i, dtype=dtype), draw.normal(b, h, dtype=dtype), draw.normal(b, h, dtype=dtype)
    shapes = ((gates * h, i), (gates * h, h), (gates * h,), (gates * h,))
    weights = [draw.normal(*shape, scale=0.7, mean=0.1, dtype=dtype) for shape in shapes]
    return (x, state, cell, *weights) if gates == 4 else (x, state, *weights)


def test_lstm(submission, draw, observe):
    """One LSTM step: the new h and c, from gates in the order i, f, g, o"""
    zeros = [torch.zeros(*shape) for shape in ((1, 3), (1, 2), (8, 3), (8, 2), (8,), (8,))]
    x, h, *weights = zeros
    observe.call("lstm_step, all weights 0, c = 2", submission.lstm_step, x, h, torch.full((1, 2), 2.0), *weights)
    for sizes in (draw.sizes(3, low=2, high=7), draw.sizes(3, low=2, high=7), (3, 4, 4)):
        b, i, h = sizes
        observe.call(f"lstm_step, B = {b}, I = {i}, H = {h}", submission.lstm_step, *given(draw, 4, sizes))


def test_gru(submission, draw, observe):
    """One GRU step: the new h, from gates in the order r, z, n"""
    zeros = [torch.zeros(*shape) for shape in ((1, 3), (6, 3), (6, 2), (6,), (6,))]
    x, *weights = zeros
    observe.call("gru_step, all weights 0, h = 2", submission.gru_step, x, torch.full((1, 2), 2.0), *weights)
    for sizes in (draw.sizes(3, low=2, high=7), draw.sizes(3, low=2, high=7), (3, 4, 4)):
        b, i, h = sizes
        observe.call(f"gru_step, B = {b}, I = {i}, H = {h}", submission.gru_step, *given(draw, 3, sizes))


def test_steps(submission, draw, observe):
    """Six steps in a row, the state handed on"""
    sizes = b, i, _ = draw.sizes(3, low=2, high=6)
    _, h, c, *weights = given(draw, 4, sizes)
    for _ in range(6):
        h, c = submission.lstm_step(draw.normal(b, i), h, c, *weights)
    observe("h and c after six LSTM steps", [h, c])
    _, h, *weights = given(draw, 3, sizes)
    for _ in range(6):
        h = submission.gru_step(draw.normal(b, i), h, *weights)
    observe("h after six GRU steps", h)


def test_sizes(submission, draw, observe):
    """A batch of one, one input, one unit"""
    for sizes in ((1, 1, 1), (1, 4, 2), (4, 1, 3), (3, 2, 1)):
        observe.call(f"lstm_step, B, I, H = {sizes}", submission.lstm_step, *given(draw, 4, sizes))
        observe.call(f"gru_step, B, I, H = {sizes}", submission.gru_step, *given(draw, 3, sizes))


def test_dtype(submission, draw, observe):
    """float64 stays float64"""
    sizes = draw.sizes(3, low=2, high=6)
    observe.call("lstm_step in float64", submission.lstm_step, *given(draw, 4, sizes, torch.float64))
    observe.call("gru_step in float64", submission.gru_step, *given(draw, 3, sizes, torch.float64))


def test_gradients(submission, draw, observe):
    """The input, the state, the weights and the biases get their gradients"""
    sizes = draw.sizes(3, low=2, high=6)
    names = ["W_ih", "W_hh", "b_ih", "b_hh"]

    def both(*args):
        return torch.cat(submission.lstm_step(*args), dim=1)

    observe.gradients("lstm_step", both, *given(draw, 4, sizes, torch.float64), names=["x", "h", "c", *names])
    observe.gradients("gru_step", submission.gru_step, *given(draw, 3, sizes, torch.float64), names=["x", "h", *names])
