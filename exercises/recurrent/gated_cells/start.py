"""One step of the two gated recurrent cells, in torch's order of gates."""

import torch


def lstm_step(
    x: torch.Tensor,
    h: torch.Tensor,
    c: torch.Tensor,
    W_ih: torch.Tensor,
    W_hh: torch.Tensor,
    b_ih: torch.Tensor,
    b_hh: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:
    """The new state (h, c) of an LSTM after the input x.

    x: [B, I]; h, c: [B, H], the state before, not changed; all floating, of one dtype, which the results have too
    W_ih [4H, I], W_hh [4H, H], b_ih [4H], b_hh [4H]: four blocks of H rows, in the order i, f, g, o
    returns: (h, c), both [B, H]

    With W x short for W_ih x + b_ih + W_hh h + b_hh, of the rows of each block:

        i = sigmoid(W_i x)    f = sigmoid(W_f x)    g = tanh(W_g x)    o = sigmoid(W_o x)
        c' = f · c + i · g    h' = o · tanh(c')

    torch's own recurrent layers and cells are out of bounds here.

    Example: with all weights and biases 0, i = f = o = 1/2 and g = 0: c = 2 becomes 1, and h' = tanh(1) / 2 = 0.3808.
    """
    raise NotImplementedError  # TODO


def gru_step(
    x: torch.Tensor,
    h: torch.Tensor,
    W_ih: torch.Tensor,
    W_hh: torch.Tensor,
    b_ih: torch.Tensor,
    b_hh: torch.Tensor,
) -> torch.Tensor:
    """The new state h of a GRU after the input x.

    x: [B, I]; h: [B, H], the state before, not changed; all floating, of one dtype, which the result has too
    W_ih [3H, I], W_hh [3H, H], b_ih [3H], b_hh [3H]: three blocks of H rows, in the order r, z, n
    returns: h, [B, H]

        r = sigmoid(W_ir x + b_ir + W_hr h + b_hr)
        z = sigmoid(W_iz x + b_iz + W_hz h + b_hz)
        n = tanh(W_in x + b_in + r · (W_hn h + b_hn))
        h' = (1 − z) · n + z · h

    Example: with all weights and biases 0, z = 1/2 and n = 0: h = 2 becomes 1.
    """
    raise NotImplementedError  # TODO
