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
LINES = 128  # rows of a matrix that are put upright at one time
NARROW = 1024  # columns, up to which a factor of a product is not worth putting upright
ONEDNN = torch.backends.mkldnn.is_available() and torch.ops.mkldnn._is_mkldnn_bf16_supported()
SHARE = 0.25  # of a GPU's memory, that the logits and their gradient may fill, each whole


def upright(x: Tensor, rows: int = 0) -> Tensor:
    """Return xᵀ for x (N, I), in memory row by row, and below it so many `rows` of ones: (I + rows, N).

    Some rows of x at a time: their lines of cache are then read once, and all threads take part.
    """
    N, width = x.shape
    out = x.new_empty((width + rows, N))
    out[width:] = 1
    for start in range(0, N, LINES):
        out[:width, start : start + LINES] = x[start : start + LINES].t()
    return out


def turned_product(g: Tensor, x: Tensor, dtype: torch.dtype, summed: bool = False) -> tuple[Tensor, Tensor | None]:
    """Return gᵀ x in `dtype`, for g (N, O) and x (N, I), and if asked the sum of g's rows (O,).

    That is the gradient of a weight (O, I) and of its bias. On a CPU, bfloat16's units read rows. A factor that lies
    across is put upright inside the matmul, slowly; putting the narrower one upright beforehand makes the product a
    third faster, unless both are narrow. Is that x, then a row of ones below it gives the sum in passing.
    """
    if g.dtype != torch.bfloat16 or g.device.type != "cpu" or max(g.shape[1], x.shape[1]) <= NARROW:
        return (g.t() @ x).to(dtype), g.sum(0).to(dtype) if summed else None
    if g.shape[1] <= x.shape[1]:
        turned = upright(g)
        return (turned @ x).to(dtype), turned.sum(1).to(dtype) if summed else None
    product = upright(x, int(summed)) @ g  # (I, O), and the sum of g's rows below it
    weight = product[: x.shape[1]].t().to(dtype, memory_format=torch.contiguous_format)
    return weight, product[-1].to(dtype) if summed else None


def has_onednn(x: Tensor) -> bool:
    """Whether oneDNN's own operations serve such a tensor here. The compiler has ways of its own, and not these."""
    return x.dtype == torch.bfloat16 and x.device.type == "cpu" and ONEDNN and not torch.compiler.is_compiling()


def biased(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return x Wᵀ + b, all of one dtype. In bfloat16 on a CPU, F.linear would first write the bias to every row."""
    if has_onednn(x):
        y: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
        return y
    return F.linear(x, weight, bias)


class Product(torch.autograd.Function):
    """x Wᵀ + b, computed in the dtype of x; the gradients of W and b come in their own."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """(…, I), (O, I) and (O,) to (…, O)."""
        w = weight.to(x.dtype)
        ctx.save_for_backward(x, w)
        ctx.dtype, ctx.biased = weight.dtype, bias is not None
        return F.linear(x, w) if bias is None else biased(x, w, bias.to(x.dtype))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return the gradients of x, weight and bias."""
        x, w = ctx.saved_tensors
        g = grads[0].flatten(0, -2)  # (N, O)
        weight, bias = turned_product(g, x.flatten(0, -2), ctx.dtype, ctx.biased)
        return (g @ w).view_as(x), weight, bias


class Gelu(torch.autograd.Function):
    """GELU in its tanh form, in bfloat16 on a CPU: forward by oneDNN, three times as fast as torch's own kernel.

    oneDNN has this GELU only as what follows another operation: here a convolution in which each channel is its own
    group and has the one weight 1, so that nothing comes before it.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """(…, C) to (…, C)."""
        ctx.save_for_backward(x)
        C = x.shape[-1]
        image = x.reshape(1, -1, 1, C).permute(0, 3, 1, 2)  # (1, C, N, 1), the channels innermost in memory
        ones = x.new_ones((C, 1, 1, 1))
        y = torch.ops.mkldnn._convolution_pointwise(
            image, ones, None, [0, 0], [1, 1], [1, 1], C, "gelu", [], "tanh"
        )  # fmt: skip
        return y.permute(0, 2, 3, 1).view_as(x)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        """Return the gradient of x."""
        (x,) = ctx.saved_tensors
        return torch.ops.aten.gelu_backward(grads[0], x, approximate="tanh")


def gelu(x: Tensor) -> Tensor:
    """Return x·Φ(x) in its tanh form, as GPT-2 has it: (…, C) to (…, C), by the way that is faster here."""
    if has_onednn(x) and torch.is_grad_enabled():
        y: Tensor = Gelu.apply(x)
        return y
    return F.gelu(x, approximate="tanh")


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
        dQ, dK, dV = torch.empty_like(Q), torch.empty_like(K), torch.empty_like(V)
        heads = min(len(Q), max(1, SCORES // T**2))
        rooms = q.new_empty((2, heads, T, T))
        for start in range(0, len(Q), heads):
            at = slice(start, start + heads)
            P, dS = rooms[:, : len(Q[at])]
            torch.baddbmm(P, Q_logs[at], K_ones[at].mT, beta=0, alpha=scale, out=P).exp_().tril_()
            torch.bmm(G[at], V[at].mT, out=dS)
            torch.ops.aten._softmax_backward_data.out(dS, P, -1, P.dtype, grad_input=dS)
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
        logits[:, vocab_size:] = -math.inf
        exact = torch.promote_types(x.dtype, torch.float32)
        at = torch.arange(len(x), device=x.device), targets
        hit = logits[at].to(exact)
        rows = max(1, AT_ONCE.get(x.device.type, ELSEWHERE) // len(weight))
        room = logits.new_empty((min(rows, len(x)), len(weight)), dtype=exact)
        tops, sums = logits.new_empty((2, len(x), 1), dtype=exact)
        for z, top, total in zip(logits.split(rows), tops.split(rows), sums.split(rows), strict=True):
            p = room[: len(z)].copy_(z)
            torch.amax(p, -1, keepdim=True, out=top)
            torch.sum(p.sub_(top).exp_(), -1, keepdim=True, out=total)
            if ctx.needs_input_grad[0]:
                z.copy_(p.div_(total))
        losses = (tops + sums.log()).squeeze(1) - hit
        if ctx.needs_input_grad[0]:
            logits[at] = ((-losses).exp() - 1).to(x.dtype)
        ctx.save_for_backward(x, w, logits)
        ctx.dtype = weight.dtype
        return losses.mean()

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Return the gradients of x and weight."""
        x, w, d = ctx.saved_tensors  # d (N, padded V): the gradient of the sum by the logits
        scale = grads[0] / len(x)
        return (d @ w) * scale, turned_product(d, x * scale, ctx.dtype)[0], None, None


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
