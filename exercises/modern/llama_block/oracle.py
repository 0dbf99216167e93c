"""The oracle: torch's own norm and grouping, and turns as matrices."""

import torch
import torch.nn.functional as F
from torch import nn


class Attention(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.h, self.base = cfg.dim // cfg.n_head, cfg.rope_base
        self.q_proj, self.o_proj = (nn.Linear(cfg.dim, cfg.dim, bias=False) for _ in range(2))
        self.k_proj, self.v_proj = (nn.Linear(cfg.dim, cfg.n_kv_head * self.h, bias=False) for _ in range(2))

    def turns(self, T, like):
        """[T, h, h]: one matrix a position; skew-symmetric ones, exponentiated."""
        half = self.h // 2
        rate = self.base ** (-torch.arange(half, dtype=torch.float64, device=like.device) * 2 / self.h)
        skew = torch.zeros(self.h, self.h, dtype=torch.float64, device=like.device)
        skew[:half, half:], skew[half:, :half] = -rate.diag(), rate.diag()
        pos = torch.arange(T, dtype=torch.float64, device=like.device)
        return torch.linalg.matrix_exp(pos[:, None, None] * skew).to(like.dtype)

    def forward(self, x):
        q, k, v = (p(x).unflatten(-1, (-1, self.h)).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        R = self.turns(x.shape[1], x)
        q, k = (torch.einsum("tij,bhtj->bhti", R, t) for t in (q, k))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=True)
        return self.o_proj(y.transpose(1, 2).flatten(2))


class RMSNorm(nn.RMSNorm):
    def __init__(self, D, eps=1e-5):
        super().__init__(D, eps=eps)

    def forward(self, x):
        return F.rms_norm(x.float(), x.shape[-1:], self.weight.float(), self.eps).to(x.dtype)


class SwiGLU(nn.Module):
    def __init__(self, D, hidden):
        super().__init__()
        self.gate_proj, self.up_proj = nn.Linear(D, hidden, bias=False), nn.Linear(D, hidden, bias=False)
        self.down_proj = nn.Linear(hidden, D, bias=False)

    def forward(self, x):
        return self.down_proj(nn.SiLU()(self.gate_proj(x)).mul(self.up_proj(x)))


class LlamaBlock(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.input_layernorm, self.self_attn = RMSNorm(cfg.dim, cfg.eps), Attention(cfg)
        self.post_attention_layernorm, self.mlp = RMSNorm(cfg.dim, cfg.eps), SwiGLU(cfg.dim, cfg.hidden)

    def forward(self, x):
        a = self.self_attn(self.input_layernorm(x))
        return torch.stack([x, a, self.mlp(self.post_attention_layernorm(x + a))]).sum(0)
