"""Attention that remembers: keys and values of the past are kept, and only new tokens are worked on."""

import torch
from torch import nn


class KVCache:
    """The keys and values of all tokens so far, for every layer; empty at first. Each cache has its own.

    n_layer: how many attention layers will write to it

    Example, with k and v of shape [1, 4, 10, 16]:
        cache = KVCache(2)
        cache.length                # 0
        K, V = cache.update(0, k, v)    # K and V are [1, 4, 10, 16]
        K, V = cache.update(0, k[:, :, :1], v[:, :, :1])    # now [1, 4, 11, 16]
        cache.length                # 11
    """

    def __init__(self, n_layer: int):
        self.k = [[] for _ in range(n_layer)]    # per layer a list of chunks
        self.v = [[] for _ in range(n_layer)]

    @property
    def length(self) -> int:
        """How many tokens layer 0 holds; 0 when it is empty."""
        return sum(chunk.shape[2] for chunk in self.k[0])

    def update(self, layer: int, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Put keys and values of new tokens behind those that the layer already holds.

        layer: 0 … n_layer − 1; layers know nothing of each other
        k, v: [B, H, T, h], the T newest tokens; T may differ from call to call; not changed
        returns: (K, V), each [B, H, S, h]: all tokens of that layer so far, the oldest first, the T new ones last
        """
        self.k[layer].append(k)
        self.v[layer].append(v)
        return torch.cat(self.k[layer], dim=2), torch.cat(self.v[layer], dim=2)


class CausalSelfAttention(nn.Module):
    """GPT-2's attention as you know it, with a memory: the i-th new token sees the whole past and new tokens 0 … i.

    config: an object with n_embd (C), n_head (H, divides C), block_size; dropout is 0.0 or absent and may be left out
    layer_idx: the number of the block it sits in: its place in the cache

    Its state_dict has exactly four keys: c_attn.weight [3C, C], c_attn.bias [3C], c_proj.weight [C, C],
    c_proj.bias [C]. The output of c_attn is three blocks of width C: queries, keys, values.
    """

    def __init__(self, config, layer_idx: int = 0):
        super().__init__()
        self.c_attn = nn.Linear(config.n_embd, 3 * config.n_embd)
        self.c_proj = nn.Linear(config.n_embd, config.n_embd)
        self.n_head = config.n_head
        self.layer_idx = layer_idx

    def forward(self, x: torch.Tensor, cache: KVCache | None = None) -> torch.Tensor:
        """Mix the new tokens with the past and with each other.

        x: [B, T, C], the new tokens only
        cache: what earlier calls left, possibly nothing yet; it is called exactly once, as
            cache.update(self.layer_idx, k, v) with k and v [B, H, T, h]. None: no past, nothing is kept.
        returns: [B, T, C], for the new tokens; x's dtype

        However a sequence is cut into calls, the outputs side by side are those of one call with all of it.
        Any way to attend is allowed, nn.functional.scaled_dot_product_attention too.
        """
        q, k, v = (self._heads(t) for t in self.c_attn(x).chunk(3, dim=-1))
        if cache is not None:
            k, v = cache.update(self.layer_idx, k, v)
        past = k.shape[2] - q.shape[2]

        scores = torch.einsum("bhqd,bhkd->bhqk", q, k) * q.shape[-1] ** -0.5
        future = torch.ones_like(scores, dtype=torch.bool).triu(past)
        scores[future] = -torch.inf
        y = torch.einsum("bhqk,bhkd->bqhd", scores.softmax(-1), v)
        return self.c_proj(y.reshape(x.shape))

    def _heads(self, t):
        return t.unflatten(-1, (self.n_head, -1)).transpose(1, 2)
