"""A second honest way: the norm by rsqrt, attention by hand, the turn by complex numbers."""

import torch
from torch import nn


class Attention(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.n, self.m, self.h = cfg.n_head, cfg.n_kv_head, cfg.dim // cfg.n_head
        self.base = cfg.rope_base
        for letter, outputs in (("q", self.n), ("k", self.m), ("v", self.m), ("o", self.n)):
            self.add_module(f"{letter}_proj", nn.Linear(cfg.dim, outputs * self.h, bias=False))

    def turned(self, x):
        T, half = x.shape[2], self.h // 2
        i = torch.arange(half, device=x.device)
        angle = torch.outer(torch.arange(T, device=x.device), self.base ** (-2 * i / self.h))
        z = torch.complex(x[..., :half].float(), x[..., half:].float()) * torch.polar(torch.ones_like(angle), angle)
        return torch.cat([z.real, z.imag], dim=-1).to(x.dtype)

    def forward(self, x):
        T = x.shape[1]
        q, k, v = (p(x).unflatten(-1, (-1, self.h)).transpose(1, 2) for p in (self.q_proj, self.k_proj, self.v_proj))
        q, k = self.turned(q), self.turned(k)
        q = q.unflatten(1, (self.m, -1))  # (B, n_kv, g, T, h)
        scores = q @ k[:, :, None].mT * self.h**-0.5
        scores = scores.masked_fill(torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1), float("-inf"))
        y = scores.softmax(-1) @ v[:, :, None]
        return self.o_proj(y.flatten(1, 2).transpose(1, 2).flatten(2))


class RMSNorm(nn.Module):
    def __init__(self, D, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.full((D,), 1.0))
        self.eps = eps

    def forward(self, x):
        wide = x if x.dtype == torch.float64 else x.to(torch.float32)
        return (wide * torch.rsqrt(wide.pow(2).mean(dim=-1, keepdim=True) + self.eps) * self.weight).type_as(x)


class SwiGLU(nn.Module):
    def __init__(self, D, hidden):
        super().__init__()
        self.gate_proj, self.up_proj = (nn.Linear(D, hidden, bias=False) for _ in range(2))
        self.down_proj = nn.Linear(hidden, D, bias=False)

    def forward(self, x):
        gate = self.gate_proj(x)
        return self.down_proj(gate * gate.sigmoid() * self.up_proj(x))


class LlamaBlock(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.self_attn, self.mlp = Attention(cfg), SwiGLU(cfg.dim, cfg.hidden)
        self.input_layernorm, self.post_attention_layernorm = (RMSNorm(cfg.dim, eps=cfg.eps) for _ in range(2))

    def forward(self, x):
        middle = self.self_attn(self.input_layernorm(x)) + x
        return self.mlp(self.post_attention_layernorm(middle)) + middle
