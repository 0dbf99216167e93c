"""GPT-2, top to bottom: attention, MLP, block, model, and the cache that makes sampling fast.

B is the batch, T the time steps, C the channels, H the heads, D = C / H their width, V the vocabulary.
Radford et al., "Language Models are Unsupervised Multitask Learners" (2019); names as in transformers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gpt2 import gradients
from gpt2.config import Model

Part = Callable[..., nn.Module]  # a class that is built as ours is: Part(config, layer_idx=0)


class Linear(nn.Linear):
    """A linear layer that keeps its weights in float32 and computes in the dtype of its input."""

    def forward(self, input: Tensor) -> Tensor:
        """(…, in) to (…, out)."""
        if input.dtype == self.weight.dtype:
            return F.linear(input, self.weight, self.bias)
        if input.device.type == "cpu":
            return gradients.product(input, self.weight, self.bias)
        bias = None if self.bias is None else self.bias.to(input.dtype)
        return F.linear(input, self.weight.to(input.dtype), bias)


class LayerNorm(nn.LayerNorm):
    """A layer norm that, too, computes in the dtype of its input."""

    def forward(self, input: Tensor) -> Tensor:
        """(…, C) to (…, C)."""
        return F.layer_norm(
            input, self.normalized_shape, self.weight.to(input.dtype), self.bias.to(input.dtype), self.eps
        )  # fmt: skip


class Cache:
    """Keys and values of all layers, written in place, so that a new token costs one token's work."""

    def __init__(self, config: Model, batch: int, length: int, device: torch.device, dtype: torch.dtype) -> None:
        """Reserve room for `batch` rows of `length` tokens."""
        shape = (config.n_layer, 2, batch, config.n_head, length, config.n_embd // config.n_head)
        self.memory = torch.zeros(shape, device=device, dtype=dtype)  # (L, 2, B, H, length, D)
        self.lengths = [0] * batch  # tokens in each row: rows may have begun with prompts of different lengths

    def begin(self, lengths: list[int]) -> None:
        """Take it that each row holds so many tokens: none before a prompt is read, its own number after."""
        self.lengths = lengths

    @property
    def room(self) -> int:
        """Return how many tokens the fullest row can still take."""
        return self.memory.shape[4] - max(self.lengths)

    def positions(self, T: int) -> Tensor:
        """Return the positions of the next T tokens: (T,) where the rows agree, else (B, T)."""
        device = self.memory.device
        if len(set(self.lengths)) == 1:
            return torch.arange(self.lengths[0], self.lengths[0] + T, device=device)
        return torch.tensor(self.lengths, device=device)[:, None] + torch.arange(T, device=device)

    def extend(self, layer: int, k: Tensor, v: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Write k, v (B, H, T, D) and return all keys, all values and a mask where one is needed.

        The returned keys and values are views of what is filled: on a CPU, attending to the whole
        memory instead would read what is not there yet.
        """
        T, start, end = k.shape[2], min(self.lengths), max(self.lengths) + k.shape[2]
        keys, values = self.memory[layer]
        if start == end - T:
            keys[:, :, start:end], values[:, :, start:end] = k, v
            if T == 1 or start == 0:  # one query sees everything; a fresh prompt needs only the causal rule
                return keys[:, :, :end], values[:, :, :end], None
        else:
            for row, length in enumerate(self.lengths):
                keys[row, :, length : length + T], values[row, :, length : length + T] = k[row], v[row]
        at = torch.arange(end, device=k.device)
        seen = at <= self.positions(T)[..., None]  # (T, end) or (B, T, end)
        return keys[:, :, :end], values[:, :, :end], seen if seen.dim() == 2 else seen[:, None]

    def advance(self, T: int) -> None:
        """Count T tokens more in each row, after the last layer has written them."""
        self.lengths = [length + T for length in self.lengths]


class CausalSelfAttention(nn.Module):
    """Every token looks at itself and at the tokens before it, in several ways at once."""

    def __init__(self, config: Model, layer_idx: int = 0) -> None:
        """Build the projections; raises ValueError where the heads do not divide the channels."""
        super().__init__()
        if config.n_embd % config.n_head:
            raise ValueError(f"{config.n_head} heads do not divide {config.n_embd} channels")
        self.n_head, self.dropout, self.layer_idx = config.n_head, config.dropout, layer_idx
        self.c_attn = Linear(config.n_embd, 3 * config.n_embd)  # queries, keys, values in one matmul
        self.c_proj = Linear(config.n_embd, config.n_embd)

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """(B, T, C) to (B, T, C)."""
        B, T, C = x.shape
        q, k, v = self.c_attn(x).split(C, dim=2)  # 3 × (B, T, C)
        q, k, v = (t.view(B, T, self.n_head, C // self.n_head).transpose(1, 2) for t in (q, k, v))  # (B, H, T, D)
        dropout = self.dropout if self.training else 0.0
        if cache is None:
            y = gradients.attention(q, k, v, dropout)  # (B, H, T, D)
        else:
            k, v, mask = cache.extend(self.layer_idx, k, v)  # (B, H, all so far, D)
            y = F.scaled_dot_product_attention(
                q, k, v, attn_mask=mask, is_causal=mask is None and T > 1, dropout_p=dropout
            )  # fmt: skip
        y = y.transpose(1, 2).reshape(B, T, C)
        return F.dropout(self.c_proj(y), self.dropout, self.training)


class MLP(nn.Module):
    """Each token, alone, through a layer four times as wide."""

    def __init__(self, config: Model, layer_idx: int = 0) -> None:
        """Build both layers."""
        super().__init__()
        self.c_fc = Linear(config.n_embd, 4 * config.n_embd)
        self.c_proj = Linear(4 * config.n_embd, config.n_embd)
        self.dropout = config.dropout

    def forward(self, x: Tensor) -> Tensor:
        """(B, T, C) to (B, T, C)."""
        h = gradients.gelu(self.c_fc(x))  # (B, T, 4C)
        return F.dropout(self.c_proj(h), self.dropout, self.training)


class Block(nn.Module):
    """Attention, then the MLP, each added to the residual stream that runs past them."""

    def __init__(self, config: Model, layer_idx: int = 0, parts: Mapping[str, Part] | None = None) -> None:
        """Build the block from our parts, or from those given by name ("attention", "mlp")."""
        super().__init__()
        made = {"attention": CausalSelfAttention, "mlp": MLP, **(parts or {})}
        self.ln_1 = LayerNorm(config.n_embd)
        self.attn = made["attention"](config, layer_idx=layer_idx)
        self.ln_2 = LayerNorm(config.n_embd)
        self.mlp = made["mlp"](config, layer_idx=layer_idx)

    def forward(self, x: Tensor, cache: Cache | None = None) -> Tensor:
        """(B, T, C) to (B, T, C)."""
        x = x + (self.attn(self.ln_1(x)) if cache is None else self.attn(self.ln_1(x), cache))
        return x + self.mlp(self.ln_2(x))


def made_block(config: Model, layer_idx: int, parts: Mapping[str, Part]) -> nn.Module:
    """Return a block of ours or of the part "block", holding the parts "attention" and "mlp" where those are given."""
    if "block" not in parts:
        return Block(config, layer_idx, parts)
    block = parts["block"](config, layer_idx=layer_idx)
    for slot, name in (("attention", "attn"), ("mlp", "mlp")):
        if slot in parts:
            setattr(block, name, parts[slot](config, layer_idx=layer_idx))
    return block


class Transformer(nn.Module):
    """The trunk, under the names that transformers gives its pieces."""

    def __init__(self, config: Model, parts: Mapping[str, Part] | None = None) -> None:
        """Build embeddings, blocks and the last norm."""
        super().__init__()
        self.wte = nn.Embedding(config.padded_vocab, config.n_embd)  # a row for each id
        self.wpe = nn.Embedding(config.block_size, config.n_embd)  # a row for each position
        self.h = nn.ModuleList(made_block(config, i, parts or {}) for i in range(config.n_layer))
        self.ln_f = LayerNorm(config.n_embd)


class GPT(nn.Module):
    """GPT-2: embeddings, blocks, a last norm, and the embedding again as the head."""

    padding: Tensor | None

    def __init__(self, config: Model, parts: Mapping[str, Part] | None = None) -> None:
        """Build and initialize the model; `parts` takes the place of ours, by name."""
        super().__init__()
        self.config = config
        self.transformer = Transformer(config, parts)
        self.lm_head = Linear(config.n_embd, config.padded_vocab, bias=False)
        self.lm_head.weight = self.transformer.wte.weight  # tied: one tensor under two names
        # The padding rows get a logit that no softmax can see: the loss and its gradient are those of
        # the unpadded model, and no padding id is ever drawn.
        padding = torch.zeros(config.padded_vocab)
        padding[config.vocab_size :] = -1e9
        needed = config.vocab_size < config.padded_vocab
        self.register_buffer("padding", padding if needed else None, persistent=False)
        self.compute_dtype: torch.dtype | None = None  # None: that of the weights
        # Compiled twins of the blocks serve training alone: shapes change in evaluation and sampling,
        # and each new one would be compiled again. A tuple, so that they are no modules of their own.
        self.compiled: tuple[Callable[..., Tensor], ...] = ()
        self.compiled_loss: Callable[..., Tensor] | None = None
        self.whole: Callable[[Tensor, Tensor], Tensor] | None = None  # a learner's way to the loss, in training
        self.initialize()

    @torch.no_grad()
    def initialize(self) -> None:
        """Draw every matrix from N(0, 0.02²), those that write into the residual stream from a narrower one."""
        for name, parameter in self.named_parameters():
            if parameter.dim() >= 2:
                # 2·n_layer sums of independent terms would grow like their root; this keeps the variance.
                narrow = math.sqrt(2 * self.config.n_layer) if name.endswith("c_proj.weight") else 1.0
                nn.init.normal_(parameter, std=0.02 / narrow)
            elif name.endswith(".bias"):
                nn.init.zeros_(parameter)
        self.clear_padding()

    @torch.no_grad()
    def clear_padding(self) -> None:
        """Set the embedding's padding rows to zero, which no gradient ever changes."""
        self.transformer.wte.weight[self.config.vocab_size :] = 0.0

    def compile_blocks(self, loss: bool = False, backend: str = "inductor") -> None:
        """Compile each block for training, and the `loss` where it gains by it; one compilation serves all blocks."""
        self.compiled = tuple(torch.compile(block, dynamic=False, backend=backend) for block in self.transformer.h)
        if loss:
            self.compiled_loss = torch.compile(gradients.whole_loss, dynamic=False, backend=backend)

    def plain(self) -> GPT:
        """Return this model, or, if it holds other parts than ours, one of our parts with its weights.

        The weights are shared, not copied. Ours know the cache that sampling needs.
        """
        if all(isinstance(block, Block) and type(block.attn) is CausalSelfAttention for block in self.transformer.h):
            return self
        with torch.device("meta"):
            twin = GPT(self.config)
        twin.load_state_dict(self.state_dict(), assign=True)
        twin.padding, twin.compute_dtype = self.padding, self.compute_dtype
        return twin.train(self.training)

    def features(self, idx: Tensor, cache: Cache | None = None) -> Tensor:
        """(B, T) ids to (B, T, C), what the head reads. Raises ValueError for more than block_size tokens."""
        T, most = idx.shape[1], self.config.block_size
        at = torch.arange(T, device=idx.device) if cache is None else cache.positions(T)
        if (T if cache is None else max(cache.lengths) + T) > most:
            raise ValueError(f"more tokens than the {most} positions this model knows")
        x = self.transformer.wte(idx) + self.transformer.wpe(at)  # (B, T, C)
        if self.compute_dtype is not None:
            x = x.to(self.compute_dtype)
        x = F.dropout(x, self.config.dropout, self.training)
        blocks = self.compiled if self.compiled and self.training else self.transformer.h
        for block in blocks:
            x = block(x, cache) if cache is not None else block(x)
        if cache is not None:
            cache.advance(T)
        return self.transformer.ln_f(x)

    def logits(self, x: Tensor) -> Tensor:
        """(…, C) to (…, padded V); a padding id's logit is -1e9."""
        bias = None if self.padding is None else self.padding.to(x.dtype)
        return F.linear(x, self.lm_head.weight.to(x.dtype), bias)

    def forward(self, idx: Tensor, targets: Tensor | None = None, cache: Cache | None = None) -> Tensor:
        """(B, T) ids to logits (B, T, V), or with targets (B, T) to their mean loss in nats: ()."""
        if self.whole is not None and self.training and targets is not None:
            return self.whole(idx, targets)
        x = self.features(idx, cache)
        if targets is None:
            return self.logits(x)[..., : self.config.vocab_size]
        compiled = self.compiled_loss if self.training else None
        return (compiled or gradients.head_loss)(x, self.lm_head.weight, targets, self.config.vocab_size)


def cross_entropy(logits: Tensor, targets: Tensor, reduction: str = "mean") -> Tensor:
    """Return -log p(target) of logits (…, V) and targets (…); half precision is summed in float32."""
    if logits.dtype in (torch.bfloat16, torch.float16):
        logits = logits.float()
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction=reduction)
