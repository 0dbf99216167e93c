"""The oracle: torch's own pre-norm encoder layer does the work, with our tensors put under its names."""

import torch
from torch import nn
from torch.func import functional_call


class Holder(nn.Module):
    """A block's parameters under our names."""

    def __init__(self, C, d_ff):
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(C), nn.LayerNorm(C)
        self.attn = nn.Module()
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            setattr(self.attn, name, nn.Linear(C, C))
        self.fc_in, self.fc_out = nn.Linear(C, d_ff), nn.Linear(d_ff, C)


class TinyGPT(nn.Module):
    def __init__(self, V, C, n_head, d_ff, n_layer, T_max, dropout=0.0):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(V, C), nn.Embedding(T_max, C)
        self.drop = nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Holder(C, d_ff) for _ in range(n_layer))
        self.ln_f = nn.LayerNorm(C)
        layer = nn.TransformerEncoderLayer(
            C, n_head, d_ff, dropout, activation="gelu", batch_first=True, norm_first=True
        )
        self.layer = [layer]  # in a list, so that its own parameters do not count

    def forward(self, idx):
        T = idx.shape[1]
        layer = self.layer[0].train(self.training)
        x = self.drop(self.wte(idx) + self.wpe(torch.arange(T, device=idx.device)))
        future = torch.ones(T, T, dtype=torch.bool, device=idx.device).triu(1)
        for b in self.blocks:
            names = {"norm1": b.ln_1, "norm2": b.ln_2, "linear1": b.fc_in, "linear2": b.fc_out}
            names["self_attn.out_proj"] = b.attn.out_proj
            tensors = {f"{n}.{kind}": getattr(m, kind) for n, m in names.items() for kind in ("weight", "bias")}
            for kind in ("weight", "bias"):
                parts = [getattr(m, kind) for m in (b.attn.q_proj, b.attn.k_proj, b.attn.v_proj)]
                tensors[f"self_attn.in_proj_{kind}"] = torch.cat(parts)
            x = functional_call(layer, tensors, (x, future))
        return nn.functional.linear(self.ln_f(x), self.wte.weight)
