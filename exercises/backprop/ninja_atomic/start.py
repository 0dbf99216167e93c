"""Twenty-six gradients, one line after the other, through a small language model."""

import torch


def backward(cache: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The gradient of the loss by every float tensor of this forward pass, which somebody has run for you:

        n = len(Y);  k letters of context;  V letters in all;  eps = 1e-5;  X [n, k] and Y [n] are int64

        emb           = C[X]                                  C [V, D]             emb [n, k, D]
        embcat        = emb.view(n, -1)                                            [n, k·D]
        hprebn        = embcat @ W1 + b1                      W1 [k·D, H]  b1 [H]  [n, H]
        bnmeani       = hprebn.mean(0, keepdim=True)                               [1, H]
        bndiff        = hprebn - bnmeani                                           [n, H]
        bndiff2       = bndiff ** 2                                                [n, H]
        bnvar         = bndiff2.sum(0, keepdim=True) / (n - 1)                     [1, H]
        bnvar_inv     = (bnvar + eps) ** -0.5                                      [1, H]
        bnraw         = bndiff * bnvar_inv                                         [n, H]
        hpreact       = bngain * bnraw + bnbias               both [1, H]          [n, H]
        h             = torch.tanh(hpreact)                                        [n, H]
        logits        = h @ W2 + b2                           W2 [H, V]  b2 [V]    [n, V]
        logit_maxes   = logits.max(1, keepdim=True).values    no row has ties      [n, 1]
        norm_logits   = logits - logit_maxes                                       [n, V]
        counts        = norm_logits.exp()                                          [n, V]
        counts_sum    = counts.sum(1, keepdim=True)                                [n, 1]
        counts_sum_inv = counts_sum ** -1                                          [n, 1]
        probs         = counts * counts_sum_inv                                    [n, V]
        logprobs      = probs.log()                                                [n, V]
        loss          = -logprobs[torch.arange(n), Y].mean()

    cache: all of these but the loss, by name; the floats are float64; nothing in it is changed
    returns: a new dict with the same names but X and Y (26 of them); each value is the gradient of the loss by that
        tensor, along all paths, with that tensor's shape and dtype

    autograd is out of bounds here, and so are torch's own *_backward operations. torch.no_grad is not.

    Example: with n = 2, Y = [0, 1] and V = 3, the gradient of logprobs is [[-0.5, 0, 0], [0, -0.5, 0]].
    """
    d: dict[str, torch.Tensor] = {}
    raise NotImplementedError  # TODO: d["logprobs"], then d["probs"], … up to the top. The checks go the same way.
    return d
