"""The oracle: torch's own cells, loaded with these weights."""

import torch


def loaded(cell, W_ih, W_hh, b_ih, b_hh):
    weights = {"weight_ih": W_ih, "weight_hh": W_hh, "bias_ih": b_ih, "bias_hh": b_hh}
    return lambda *args: torch.func.functional_call(cell, weights, args)


def lstm_step(x, h, c, *weights):
    cell = torch.nn.LSTMCell(x.shape[1], h.shape[1])
    return loaded(cell, *weights)(x, (h, c))


def gru_step(x, h, *weights):
    cell = torch.nn.GRUCell(x.shape[1], h.shape[1])
    return loaded(cell, *weights)(x, h)
