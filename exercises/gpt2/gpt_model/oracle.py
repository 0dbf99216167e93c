"""The oracle: one sequence at a time, the loss position by position."""

import torch
import torch.nn.functional as F
from torch import nn


class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx=None):
        super().__init__()
        self.n_head = config.n_head
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = self.c_attn(x).view(B, T, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)  # each (B, n, T, h)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).reshape(B, T, C))


class MLP(nn.Module):
    def __init__(self, config, layer_idx=None):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, 4 * config.n_embd)
        self.c_proj = nn.Linear(4 * config.n_embd, config.n_embd)

    def forward(self, x):
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, config, layer_idx=None):
        super().__init__()
        self.ln_1 = nn.LayerNorm(config.n_embd)
        self.attn = CausalSelfAttention(config)
        self.ln_2 = nn.LayerNorm(config.n_embd)
        self.mlp = MLP(config)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        tables = {name: nn.Embedding(n, config.n_embd) for name, n in
                  (("wte", config.vocab_size), ("wpe", config.block_size))}  # fmt: skip
        blocks = nn.ModuleList([Block(config, i) for i in range(config.n_layer)])
        self.transformer = nn.ModuleDict({**tables, "h": blocks, "ln_f": nn.LayerNorm(config.n_embd)})
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, idx, targets=None):
        if idx.shape[1] > self.config.block_size:
            raise ValueError("too long")
        table, places = self.transformer.wte.weight, self.transformer.wpe.weight
        rows = []
        for row in idx:
            x = torch.stack([table[i] + places[t] for t, i in enumerate(row)])[None]
            for block in self.transformer.h:
                x = block(x)
            rows.append((self.transformer.ln_f(x) @ table.T)[0])
        logits = torch.stack(rows)
        if targets is None:
            return logits, None
        costs = [logits[b, t].logsumexp(0) - logits[b, t, targets[b, t]]
                 for b in range(len(idx)) for t in range(idx.shape[1]) if targets[b, t] != -100]  # fmt: skip
        return logits, sum(costs) / len(costs)
