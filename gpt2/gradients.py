"""Gradients written by hand, where autograd's own would move more memory than the mathematics needs."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

# Logits in float32 at one time: on a CPU what its cache holds, elsewhere enough to keep the device busy.
AT_ONCE = {"cpu": 1 << 19}
ELSEWHERE = 1 << 26
SCORES = 3 << 20  # attention scores at one time, for the same reason
NARROW = 1024  # columns, up to which a factor of a product is not worth putting upright
SHARE = 0.25  # of a GPU's memory, that the logits and their gradient may fill, each whole


def turned_product(g: Tensor, x: Tensor, dtype: torch.dtype) -> Tensor:
    """Return gᵀ x in `dtype`, for g (N, O) and x (N, I): the gradient of a weight (O, I).

    On a CPU, bfloat16's units read rows. A factor that lies across is put upright inside the matmul, slowly;
    putting the narrower one upright beforehand makes the product a third faster, unless both are narrow.
    """
    if g.dtype != torch.bfloat16 or g.device.type != "cpu" or max(g.shape[1], x.shape[1]) <= NARROW:
        return (g.t() @ x).to(dtype)
    if g.shape[1] <= x.shape[1]:
        return (g.t().contiguous() @ x).to(dtype)
    return (x.t().contiguous() @ g).t().to(dtype, memory_format=torch.contiguous_format)


class Product(torch.autograd.Function):
    """x Wᵀ + b, computed in the dtype of x; the gradients of W and b come in their own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """(…, I), (O, I) and (O,) to (…, O)."""
        w = weight.to(x.dtype)
        ctx.save_for_backward(x, w)
        ctx.dtype, ctx.biased = weight.dtype, bias is not None
        return F.linear(x, w, None if bias is None else bias.to(x.dtype))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return the gradients of x, weight and bias."""
        x, w = ctx.saved_tensors
        g = grads[0].flatten(0, -2)  # (N, O)
        bias = g.sum(0).to(ctx.dtype) if ctx.biased else None
        return (g @ w).view_as(x), turned_product(g, x.flatten(0, -2), ctx.dtype), bias


class CausalAttention(torch.autograd.Function):
    """Causal attention in bfloat16 on a CPU: forward torch's own, backward by matmuls of some heads at a time.

    torch's backward takes six times as long as its forward; a third of that is saved here. Probabilities come back as
    P = exp(s·QKᵀ - L) from the forward's log-sums L (Dao et al., FlashAttention, 2022). A matmul in bfloat16 rounds
    what it has summed, which before exp would cost large scores their digits: so L is subtracted inside of it,
    by two more columns of Q that hold -L/s, against ones in K. What is rounded then is near zero wherever P is not.
    """

    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        """3 × (B, H, T, D) to (B, H, T, D)."""
        y, logs = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, True)
        ctx.save_for_backward(q, k, v, logs)
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the gradients of q, k and v."""
        q, k, v, logs = ctx.saved_tensors
        T, D = q.shape[-2:]
        scale = 1 / math.sqrt(D)
        Q, K, V, G = (t.reshape(-1, T, D) for t in (q, k, v, grads[0]))  # (B·H, T, D)
        logs = logs.reshape(-1, T, 1) / -scale
        upper = logs.to(q.dtype)
        Q_logs = torch.cat((Q, upper, (logs - upper).to(q.dtype)), -1)  # (B·H, T, D + 2)
        K_ones = torch.cat((K, torch.ones_like(K[..., :2])), -1)
        future = torch.full((T, T), -math.inf, dtype=q.dtype).triu(1)
        dQ, dK, dV = torch.empty_like(Q), torch.empty_like(K), torch.empty_like(V)
        heads = max(1, SCORES // T**2)
        for start in range(0, len(Q), heads):
            at = slice(start, start + heads)
            P = torch.baddbmm(future, Q_logs[at], K_ones[at].mT, alpha=scale).exp_()
            dS = torch.ops.aten._softmax_backward_data(torch.bmm(G[at], V[at].mT), P, -1, P.dtype)
            torch.baddbmm(dQ[at], dS, K[at], beta=0, alpha=scale, out=dQ[at])
            torch.baddbmm(dK[at], dS.mT, Q[at], beta=0, alpha=scale, out=dK[at])
            torch.bmm(P.mT, G[at], out=dV[at])
        return dQ.view_as(q), dK.view_as(k), dV.view_as(v)


def attention(q: Tensor, k: Tensor, v: Tensor, dropout: float) -> Tensor:
    """Return causal attention, 3 × (B, H, T, D) to (B, H, T, D), by the gradient that is faster here."""
    by_hand = q.device.type == "cpu" and q.dtype == torch.bfloat16 and not dropout and torch.is_grad_enabled()
    if by_hand:
        y: Tensor = CausalAttention.apply(q, k, v)
        return y
    return F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=dropout)


class HeadLoss(torch.autograd.Function):
    """The mean cross entropy of the head's logits, which are turned into their own gradient on the spot.

    d loss / d logits = (softmax(logits) - one_hot(target)) / N is known as soon as the logits are. So they
    are kept once, in the dtype of x, and only some rows at a time stand in float32, where they are
    exponentiated and summed; autograd alone keeps five such tensors of (N, V), most of them in float32.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, targets: Tensor, vocab_size: int) -> Tensor:
        """(N, C), (padded V, C) and ids (N,) to (); the rows of `weight` beyond `vocab_size` are padding."""
        w = weight.to(x.dtype)
        logits = x @ w.t()  # (N, padded V)
        rows = max(1, AT_ONCE.get(x.device.type, ELSEWHERE) // len(weight))
        exact = torch.promote_types(x.dtype, torch.float32)
        losses = []
        for z, target in zip(logits.split(rows), targets.split(rows), strict=True):
            at = torch.arange(len(target), device=x.device), target
            p = z.to(exact)  # (rows, padded V): whole rows, since those of an odd length are slow
            p[:, vocab_size:] = -math.inf
            p -= p.amax(-1, keepdim=True)
            hit = p[at]
            total = p.exp_().sum(-1)
            losses.append((total.log() - hit).sum())
            if ctx.needs_input_grad[0]:
                p *= total.reciprocal_().unsqueeze(-1)
                p[at] -= 1
                z.copy_(p)
        ctx.save_for_backward(x, w, logits)
        ctx.dtype = weight.dtype
        return torch.stack(losses).sum() / len(targets)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Return the gradients of x and weight."""
        x, w, d = ctx.saved_tensors  # d (N, padded V): the gradient of the sum by the logits
        scale = grads[0] / len(x)
        return (d @ w) * scale, turned_product(d, x * scale, ctx.dtype), None, None


def head_loss(x: Tensor, weight: Tensor, targets: Tensor, vocab_size: int) -> Tensor:
    """Return the mean loss in nats: (), of features (…, C), the head's weight (padded V, C) and ids (…)."""
    loss: Tensor = HeadLoss.apply(x.flatten(0, -2), weight, targets.flatten(), vocab_size)
    return loss


def whole_loss(x: Tensor, weight: Tensor, targets: Tensor, vocab_size: int) -> Tensor:
    """Return what `head_loss` does, by autograd. It is written to be compiled.

    Compiled, the logits stand in memory in the dtype of x alone: the cast to float32 happens inside the kernels of the
    loss, which read them once forward and once backward, where `HeadLoss`, whose pieces are exponentiated and put back
    one operation at a time, moves some four times as many bytes. The price is that the gradient has room of its own.
    """
    logits = F.linear(x.flatten(0, -2), weight.to(x.dtype))  # (N, padded V)
    exact = torch.promote_types(x.dtype, torch.float32)
    return F.cross_entropy(logits[:, :vocab_size].to(exact), targets.flatten())


def roomy(place: torch.device, rows: int, padded_vocab: int, dtype: torch.dtype, memory: int | None) -> bool:
    """Whether the loss of so many tokens at once is one to compile on this device, of so many bytes, see `whole_loss`.

    On a CPU the pieces fit into its cache and nothing is gained.
    """
    needed = 2 * rows * padded_vocab * dtype.itemsize
    return place.type == "cuda" and memory is not None and needed <= SHARE * memory


def product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """Return x Wᵀ + b in the dtype of x: (…, I) to (…, O)."""
    y: Tensor = Product.apply(x, weight, bias)
    return y
