"""A second honest way: prompt first, then a stream of single tokens; positions are a slice of the table."""

import torch
import torch.nn.functional as F
from torch import nn


class KVCache:
    def __init__(self, n_layer):
        self.chunks = [([], []) for _ in range(n_layer)]

    @property
    def length(self):
        return sum(k.shape[2] for k in self.chunks[0][0])

    def update(self, layer, k, v):
        for kept, new in zip(self.chunks[layer], (k, v), strict=True):
            kept.append(new)
        return tuple(torch.cat(kept, dim=2) for kept in self.chunks[layer])


class CausalSelfAttention(nn.Module):
    def __init__(self, config, layer_idx):
        super().__init__()
        self.heads, self.layer_idx = config.n_head, layer_idx
        self.c_attn = nn.Linear(config.n_embd, config.n_embd * 3)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)

    def forward(self, x, cache=None):
        q, k, v = (t.unflatten(2, (self.heads, -1)).transpose(1, 2) for t in self.c_attn(x).chunk(3, dim=2))
        if cache is not None:
            k, v = cache.update(self.layer_idx, k, v)
        at = torch.arange(k.shape[2], device=x.device)
        scores = q @ k.mT / q.shape[3] ** 0.5
        scores = scores.where(at <= at[-q.shape[2] :, None], -torch.inf)
        return self.c_proj((scores.softmax(-1) @ v).transpose(1, 2).flatten(2))


class MLP(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.c_fc = nn.Linear(config.n_embd, config.n_embd * 4)
        self.gelu = nn.GELU("tanh")
        self.c_proj = nn.Linear(config.n_embd * 4, config.n_embd)

    def forward(self, x):
        return self.c_proj(self.gelu(self.c_fc(x)))


class Block(nn.Module):
    def __init__(self, config, layer_idx):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(config.n_embd), nn.LayerNorm(config.n_embd)
        self.attn, self.mlp = CausalSelfAttention(config, layer_idx), MLP(config)

    def forward(self, x, cache=None):
        y = x + self.attn(self.ln_1(x), cache=cache)
        return y + self.mlp(self.ln_2(y))


class GPT(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.config = config
        self.transformer = nn.Module()
        self.transformer.wte = nn.Embedding(config.vocab_size, config.n_embd)
        self.transformer.wpe = nn.Embedding(config.block_size, config.n_embd)
        self.transformer.h = nn.ModuleList([Block(config, i) for i in range(config.n_layer)])
        self.transformer.ln_f = nn.LayerNorm(config.n_embd)
        self.lm_head = nn.Linear(config.n_embd, config.vocab_size, bias=False)
        self.lm_head.weight = self.transformer.wte.weight

    def forward(self, idx, targets=None, cache=None):
        first = cache.length if cache is not None else 0
        places = self.transformer.wpe.weight[first : first + idx.size(1)]
        if len(places) < idx.size(1):
            raise ValueError("there are not so many positions")
        x = self.transformer.wte(idx) + places
        for block in self.transformer.h:
            x = block(x, cache=cache)
        logits = self.lm_head(self.transformer.ln_f(x))
        if targets is None:
            return logits, None
        return logits, F.cross_entropy(logits.transpose(1, 2), targets)


def pick(logits, temperature, top_k, top_p, generator):
    if temperature == 0:
        return logits.argmax(-1, keepdim=True)
    logits = logits / temperature
    if top_k is not None:
        least = logits.topk(min(top_k, logits.shape[1])).values[:, -1:]
        logits = logits.masked_fill(logits < least, float("-inf"))
    if top_p is not None and top_p < 1:
        p, order = logits.softmax(-1).sort(descending=True)
        late = (p.cumsum(-1) - p >= top_p).gather(1, order.argsort())
        logits = logits.masked_fill(late, float("-inf"))
    return torch.multinomial(logits.softmax(-1), 1, generator=generator)


def last_logits(model, tokens, use_cache):
    """Logits of the last position, for `tokens` as it grows by one each time."""
    limit, cache = model.config.block_size, None
    while True:
        if use_cache and cache is not None and cache.length < limit:
            yield model(tokens[0][:, -1:], cache=cache)[0][:, -1]
        else:
            cache = KVCache(model.config.n_layer) if use_cache else None
            yield model(tokens[0][:, -limit:], cache=cache)[0][:, -1]


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
    before, tokens, ended = model.training, [idx], torch.zeros_like(idx[:, :1], dtype=torch.bool)
    model.eval()
    with torch.no_grad():
        steps = last_logits(model, tokens, use_cache)
        while tokens[0].shape[1] < idx.shape[1] + max_new and not ended.all():
            token = pick(next(steps), temperature, top_k, top_p, generator)
            if eos_id is not None:
                token = torch.where(ended, eos_id, token)
                ended = ended | (token == eos_id)
            tokens[0] = torch.cat([tokens[0], token], dim=1)
    model.train(before)
    return tokens[0]
