"""A second honest way: all projections at once, the state as one matrix with z as a last column, attention by hand."""

import torch
from torch import nn


class InfiniAttention(nn.Module):
    def __init__(self, d, segment):
        super().__init__()
        self.d, self.segment = d, segment
        self.q_proj, self.k_proj, self.v_proj = (nn.Linear(d, d, bias=False) for _ in range(3))
        self.beta = nn.Parameter(torch.tensor(0.0))

    def forward(self, x):
        B, T, d = x.shape
        q, k, v = self.q_proj(x), self.k_proj(x), self.v_proj(x)
        state = torch.zeros(B, d, d + 1, dtype=x.dtype, device=x.device)
        y = torch.empty_like(x)
        for begin in range(0, T, self.segment):
            now = slice(begin, min(begin + self.segment, T))
            read = self.positive(q[:, now]) @ state
            scores = q[:, now] @ k[:, now].transpose(1, 2) / d**0.5
            future = torch.ones_like(scores, dtype=torch.bool).triu(1)
            local = scores.masked_fill(future, float("-inf")).softmax(2) @ v[:, now]
            y[:, now] = torch.lerp(local, read[..., :d] / (read[..., d:] + 1e-6), self.beta.sigmoid())
            ones = torch.ones_like(v[:, now, :1])
            state = state + torch.einsum("bsi,bsj->bij", self.positive(k[:, now]), torch.cat([v[:, now], ones], 2))
        return y

    @staticmethod
    def positive(u):
        return torch.where(u > 0, u + 1, u.clamp(max=0).exp())
