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
        self.n_layer = n_layer
        self.store = {}

    @property
    def length(self) -> int:
        """How many tokens layer 0 holds; 0 when it is empty."""
        return self.store[0].size(2) if 0 in self.store else 0

    def update(self, layer: int, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Put keys and values of new tokens behind those that the layer already holds.

        layer: 0 … n_layer − 1; layers know nothing of each other
        k, v: [B, H, T, h], the T newest tokens; T may differ from call to call; not changed
        returns: (K, V), each [B, H, S, h]: all tokens of that layer so far, the oldest first, the T new ones last
        """
        # keys and values of a layer side by side in one tensor, [B, H, S, 2h]
        h = k.size(-1)
        if layer in self.store:
            both = self.store[layer]
            k = torch.cat((both[..., :h], k), dim=-2)
            v = torch.cat((both[..., :h], v), dim=-2)
        self.store[layer] = torch.cat((k, v), dim=-1)
        return k, v


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
        B, T, C = x.shape
        qkv = self.c_attn(x).view(B, T, 3, self.n_head, -1).permute(2, 0, 3, 1, 4)   # [3, B, H, T, h]
        q, k, v = qkv.unbind(0)
        if cache is None:
            K, V = k, v
        else:
            K, V = cache.update(self.layer_idx, k, v)
        past = K.size(2) - T
        rows = torch.arange(past, past + T, device=x.device)
        cols = torch.arange(past + T, device=x.device)
        mask = cols[None, :] <= rows[:, None]
        y = nn.functional.scaled_dot_product_attention(q, K, V, attn_mask=mask)
        return self.c_proj(y.transpose(1, 2).flatten(2))
