"""The oracle: one token at a time, one sequence at a time, through functions; the past is a list for each layer."""

import torch
import torch.nn.functional as F
from torch import nn


class KVCache:
    def __init__(self, n_layer):
        self.rows = {}  # sequence → layer → [(k, v), …]
        self.n_layer = n_layer

    def past(self, row, layer):
        return self.rows.setdefault(row, [[] for _ in range(self.n_layer)])[layer]

    @property
    def length(self):
        return len(self.past(0, 0))


class Block(nn.Module):
    def __init__(self, C):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.attn, self.mlp = nn.Module(), nn.Module()
        self.attn.c_attn, self.attn.c_proj = nn.Linear(C, 3 * C), nn.Linear(C, C)
        self.mlp.c_fc, self.mlp.c_proj = nn.Linear(C, 4 * C), nn.Linear(4 * C, C)

    def forward(self, x, n_head, past):
        q, k, v = self.attn.c_attn(self.ln_1(x)).split(len(x))
        past.append((k, v))
        keys, values = (torch.stack(t) for t in zip(*past, strict=True))
        h = len(x) // n_head
        heads = []
        for i in range(0, len(x), h):
            w = F.softmax(keys[:, i : i + h] @ q[i : i + h] / h**0.5, 0)
            heads.append(w @ values[:, i : i + h])
        x = x + self.attn.c_proj(torch.cat(heads))
        z = self.mlp.c_fc(self.ln_2(x))
        z = 0.5 * z * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (z + 0.044715 * z**3)))
        return x + self.mlp.c_proj(z)


class GPT(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.transformer = nn.Module()
        self.transformer.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.transformer.wpe = nn.Embedding(config.block_size, config.n_embd)
        self.transformer.h = nn.ModuleList([Block(config.n_embd) for _ in range(config.n_layer)])
        self.transformer.ln_f = nn.LayerNorm(config.n_embd)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, idx, targets=None, cache=None):
        cache = KVCache(self.config.n_layer) if cache is None else cache
        start = cache.length
        if start + idx.shape[1] > self.config.block_size:
            raise ValueError("too long")
        rows = []
        for row, ids in enumerate(idx):
            for t, token in enumerate(ids):
                x = self.transformer.wte.weight[token] + self.transformer.wpe.weight[start + t]
                for layer, block in enumerate(self.transformer.h):
                    x = block(x, self.config.n_head, cache.past(row, layer))
                rows.append(self.lm_head(self.transformer.ln_f(x)))
        logits = torch.stack(rows).view(*idx.shape, -1)
        if targets is None:
            return logits, None
        right = logits.log_softmax(-1).gather(2, targets.clamp(min=0)[..., None])[..., 0]
        return logits, -right[targets != -100].mean()


def draw(logits, temperature, top_k, top_p, generator):
    rows = []
    for row in logits:
        if temperature == 0:
            rows.append(F.one_hot(row.argmax(), len(row)).double())
            continue
        row = row / temperature
        kept = set(row.argsort(descending=True)[:top_k].tolist())
        if top_p is not None and top_p < 1:
            masked = torch.tensor([v if i in kept else float("-inf") for i, v in enumerate(row.tolist())])
            p, mass, nucleus = masked.double().softmax(0), 0.0, set()
            for i in p.argsort(descending=True).tolist():
                if mass < top_p:
                    nucleus.add(i)
                mass += p[i].item()
            kept &= nucleus
        rows.append(torch.stack([row[i].exp() if i in kept else row.new_zeros(()) for i in range(len(row))]))
    p = torch.stack(rows)
    if temperature == 0:
        return p.argmax(1, keepdim=True)
    return torch.multinomial(p / p.sum(1, keepdim=True), 1, generator=generator)


def generate(
    model,
    idx,
    max_new,
    temperature=1.0,
    top_k=None,
    top_p=None,
    eos_id=None,
    generator=None,
    use_cache=True,
):
    was, ended = model.training, [False] * len(idx)
    model.eval()
    cache = KVCache(model.config.n_layer)
    with torch.no_grad():
        for step in range(max_new):
            fresh = step == 0 or not use_cache or cache.length == model.config.block_size
            cache = KVCache(model.config.n_layer) if fresh else cache
            logits, _ = model(idx[:, -model.config.block_size :] if fresh else idx[:, -1:], cache=cache)
            token = draw(logits[:, -1], temperature, top_k, top_p, generator)
            for row, over in enumerate(ended):
                token[row] = eos_id if over else token[row]
                ended[row] = eos_id is not None and token[row].item() == eos_id
            idx = torch.cat([idx, token], 1)
            if all(ended):
                break
    model.train(was)
    return idx
