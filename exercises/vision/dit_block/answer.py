"""The reference: reshape and permute there and back; six vectors from the condition steer norms and branches."""

import torch
import torch.nn.functional as F
from torch import nn


def patchify(x: torch.Tensor, p: int) -> torch.Tensor:
    B, C, H, W = x.shape
    x = x.reshape(B, C, H // p, p, W // p, p)
    return x.permute(0, 2, 4, 1, 3, 5).reshape(B, -1, C * p * p)


def unpatchify(t: torch.Tensor, p: int, H: int, W: int) -> torch.Tensor:
    t = t.reshape(t.shape[0], H // p, W // p, -1, p, p)
    return t.permute(0, 3, 1, 4, 2, 5).reshape(t.shape[0], -1, H, W)


class DiTBlock(nn.Module):
    def __init__(self, D: int, n_head: int, d_cond: int):
        super().__init__()
        self.n_head = n_head
        self.qkv = nn.Linear(D, 3 * D)
        self.proj = nn.Linear(D, D)
        self.mlp = nn.Sequential(nn.Linear(D, 4 * D), nn.GELU(), nn.Linear(4 * D, D))
        self.mod = nn.Sequential(nn.SiLU(), nn.Linear(d_cond, 6 * D))
        for p in self.mod.parameters():
            nn.init.zeros_(p)

    def attend(self, x: torch.Tensor) -> torch.Tensor:
        B, N, D = x.shape
        q, k, v = self.qkv(x).view(B, N, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)  # each (B, n_head, N, h)
        y = F.scaled_dot_product_attention(q, k, v)
        return self.proj(y.transpose(1, 2).reshape(B, N, D))

    def forward(self, x: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        shift1, scale1, gate1, shift2, scale2, gate2 = self.mod(c)[:, None].chunk(6, dim=-1)  # each (B, 1, D)
        x = x + gate1 * self.attend(norm(x) * (1 + scale1) + shift1)
        return x + gate2 * self.mlp(norm(x) * (1 + scale2) + shift2)


def norm(x: torch.Tensor) -> torch.Tensor:
    return F.layer_norm(x, x.shape[-1:])
