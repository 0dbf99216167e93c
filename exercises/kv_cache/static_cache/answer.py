"""The reference: one buffer for keys, one for values, a count for each layer; slices are written and returned."""

import torch


class StaticCache:
    def __init__(self, B: int, n_layer: int, n_head: int, S: int, h: int, dtype: torch.dtype):
        self.k = torch.zeros(n_layer, B, n_head, S, h, dtype=dtype)
        self.v = torch.zeros_like(self.k)
        self.used = [0] * n_layer

    @property
    def length(self) -> int:
        return self.used[0]

    def update(self, layer: int, k: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        keys, values = self.k[layer], self.v[layer]  # (B, n_head, S, h)
        start, end = self.used[layer], self.used[layer] + k.shape[2]
        if end > keys.shape[2]:
            raise ValueError(f"{end} tokens, and room for {keys.shape[2]}")
        keys[:, :, start:end] = k
        values[:, :, start:end] = v
        self.used[layer] = end
        return keys[:, :, :end], values[:, :, :end]
