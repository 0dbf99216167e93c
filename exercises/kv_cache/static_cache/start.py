"""A cache that lies still: room for S tokens is taken once, and new keys and values are written into it."""

import torch


class StaticCache:
    """Keys and values of at most S tokens for each layer, in buffers that are made once and never move.

    B, n_layer, n_head, S, h: sequences, layers, heads, the most tokens a layer can hold, numbers in a head
    dtype: how keys and values are kept, whatever dtype they come in

    It is for generation, where nobody asks for gradients.

    Example:
        cache = StaticCache(1, 12, 4, 1024, 16, torch.float32)
        K, V = cache.update(0, k, v)        # k, v [1, 4, 10, 16] → K, V [1, 4, 10, 16]
        K, V = cache.update(0, k2, v2)      # k2, v2 [1, 4, 1, 16] → K, V [1, 4, 11, 16]
        cache.length                        # 11
    """

    # TODO: this is right, and slow: every call makes new memory and copies the whole past into it. Make it at least 5
    # times as fast for one new token after 960: take the room in __init__, write only what is new, return views.

    def __init__(self, B: int, n_layer: int, n_head: int, S: int, h: int, dtype: torch.dtype):
        self.S = S
        self.k = [torch.empty(B, n_head, 0, h, dtype=dtype) for _ in range(n_layer)]
        self.v = [torch.empty(B, n_head, 0, h, dtype=dtype) for _ in range(n_layer)]

    @property
    def length(self) -> int:
        """How many tokens layer 0 holds."""
        return self.k[0].shape[2]

    def update(self, layer: int, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Put keys and values of new tokens behind those that the layer holds.

        layer: 0 … n_layer − 1; each layer counts for itself
        k, v: [B, n_head, T, h], T ≥ 1; not changed
        returns: (K, V), each [B, n_head, used, h]: all that this layer holds now, as views of the buffers. A later
            call returns longer views of the same memory.
        raises: ValueError or IndexError when there is no room for T more; nothing has changed then
        """
        if self.k[layer].shape[2] + k.shape[2] > self.S:
            raise ValueError(f"no room for {k.shape[2]} more tokens")
        self.k[layer] = torch.cat([self.k[layer], k.to(self.k[layer].dtype)], dim=2)
        self.v[layer] = torch.cat([self.v[layer], v.to(self.v[layer].dtype)], dim=2)
        return self.k[layer], self.v[layer]
