"""The oracle: torch's own kernel for the output; with the identity as values it returns the weights."""

import torch
from torch.nn.functional import scaled_dot_product_attention as sdpa


def attend(q, k, v, mask=None):
    eye = torch.eye(k.shape[-2], dtype=q.dtype).expand(*k.shape[:-1], k.shape[-2])
    return sdpa(q, k, v, attn_mask=mask), sdpa(q, k, eye, attn_mask=mask)
