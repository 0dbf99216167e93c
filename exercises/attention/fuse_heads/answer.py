"""The reference: all weights stacked once, heads cut by view and transpose."""

import math

import torch
from torch import nn


class Fused(nn.Module):
    def __init__(self, heads: list, proj: nn.Linear):
        super().__init__()
        layers = [triple[part] for part in range(3) for triple in heads]  # all q, then all k, then all v
        weight = torch.cat([layer.weight for layer in layers])
        self.c_attn = nn.Linear(*weight.T.shape, bias=layers[0].bias is not None, dtype=weight.dtype)
        self.c_proj = nn.Linear(*proj.weight.T.shape, dtype=weight.dtype)
        with torch.no_grad():
            self.c_attn.weight.copy_(weight)
            if layers[0].bias is not None:
                self.c_attn.bias.copy_(torch.cat([layer.bias for layer in layers]))
        self.c_proj.load_state_dict(proj.state_dict())
        self.n_head = len(heads)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, C = x.shape
        q, k, v = self.c_attn(x).view(B, T, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)  # each (B, n, T, h)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        future = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
        y = scores.masked_fill(future, float("-inf")).softmax(dim=-1) @ v
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))


def fuse(heads: list[tuple[nn.Linear, nn.Linear, nn.Linear]], proj: nn.Linear) -> nn.Module:
    return Fused(heads, proj)
