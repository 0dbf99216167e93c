"""The reference: small modules with the names of the list; masks and positions are made for the length at hand."""

import math

import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, C, n_head):
        super().__init__()
        self.q_proj = nn.Linear(C, C)
        self.k_proj = nn.Linear(C, C)
        self.v_proj = nn.Linear(C, C)
        self.out_proj = nn.Linear(C, C)
        self.n_head = n_head

    def forward(self, x):
        B, T, C = x.shape

        def heads(t):
            return t.view(B, T, self.n_head, -1).transpose(1, 2)  # (B, n, T, h)

        q, k, v = heads(self.q_proj(x)), heads(self.k_proj(x)), heads(self.v_proj(x))
        scores = q @ k.mT / math.sqrt(C // self.n_head)  # (B, n, T, T)
        future = torch.ones(T, T, dtype=torch.bool, device=x.device).triu(1)
        weights = scores.masked_fill(future, float("-inf")).softmax(-1)
        y = (weights @ v).transpose(1, 2).reshape(B, T, C)
        return self.out_proj(y)


class Block(nn.Module):
    def __init__(self, C, n_head, d_ff, dropout):
        super().__init__()
        self.ln_1 = nn.LayerNorm(C)
        self.attn = Attention(C, n_head)
        self.ln_2 = nn.LayerNorm(C)
        self.fc_in = nn.Linear(C, d_ff)
        self.fc_out = nn.Linear(d_ff, C)
        self.drop = nn.Dropout(dropout)

    def forward(self, x):
        x = x + self.drop(self.attn(self.ln_1(x)))
        return x + self.drop(self.fc_out(F.gelu(self.fc_in(self.ln_2(x)))))


class TinyGPT(nn.Module):
    def __init__(self, V, C, n_head, d_ff, n_layer, T_max, dropout=0.0):
        super().__init__()
        self.wte = nn.Embedding(V, C)
        self.wpe = nn.Embedding(T_max, C)
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(C, n_head, d_ff, dropout) for _ in range(n_layer))
        self.ln_f = nn.LayerNorm(C)

    def forward(self, idx):
        where = torch.arange(idx.shape[1], device=idx.device)  # (T,)
        x = self.drop(self.wte(idx) + self.wpe(where))  # (B, T, C)
        for block in self.blocks:
            x = block(x)
        x = self.ln_f(x)
        return x @ self.wte.weight.T  # (B, T, V)
