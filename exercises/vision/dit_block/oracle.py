"""The oracle: patch by patch with slices; torch's multi-head attention with the block's weights put into it."""

import torch
import torch.nn.functional as F
from torch import nn


def patchify(x, p):
    rows = []
    for i in range(0, x.shape[2], p):
        for j in range(0, x.shape[3], p):
            rows.append(x[:, :, i : i + p, j : j + p].flatten(1))
    return torch.stack(rows, dim=1)


def unpatchify(t, p, H, W):
    x = t.new_zeros(t.shape[0], t.shape[2] // p**2, H, W)
    for n in range(t.shape[1]):
        i, j = n // (W // p) * p, n % (W // p) * p
        x[:, :, i : i + p, j : j + p] = t[:, n].unflatten(1, (-1, p, p))
    return x


class DiTBlock(nn.Module):
    def __init__(self, D, n_head, d_cond):
        super().__init__()
        self.n_head = n_head
        self.qkv, self.proj = nn.Linear(D, 3 * D), nn.Linear(D, D)
        self.mlp = nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(), nn.Linear(4 * D, D))
        self.mod = nn.Sequential(nn.SiLU(), nn.Linear(d_cond, 6 * D))
        with torch.no_grad():
            self.mod[1].weight.zero_()
            self.mod[1].bias.zero_()

    def forward(self, x, c):
        D = x.shape[-1]
        m = self.mod(c)
        s = [m[:, i * D : (i + 1) * D].unsqueeze(1) for i in range(6)]
        a = (F.layer_norm(x, (D,)) * (s[1] + 1) + s[0]).transpose(0, 1)
        y, _ = F.multi_head_attention_forward(
            *(a, a, a, D, self.n_head, self.qkv.weight, self.qkv.bias, None, None, False, 0.0),
            *(self.proj.weight, self.proj.bias),
            need_weights=False,
        )
        x = x + s[2] * y.transpose(0, 1)
        return x + s[5] * self.mlp(F.layer_norm(x, (D,)) * (s[4] + 1) + s[3])
