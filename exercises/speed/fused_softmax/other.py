"""A second honest way: a program does four rows as a table, and leaves softmax to tl.exp2 with its own constant."""

import os

os.environ["TRITON_INTERPRET"] = "1"

import torch
import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x_ptr, out_ptr, x_stride, out_stride, n_rows, n_cols, ROWS: tl.constexpr, BLOCK: tl.constexpr):
    rows = tl.program_id(0) * ROWS + tl.arange(0, ROWS)[:, None]
    columns = tl.arange(0, BLOCK)[None, :]
    there = (rows < n_rows) & (columns < n_cols)
    x = tl.load(x_ptr + rows * x_stride + columns, mask=there, other=-1e30)
    x = (x - tl.max(x, axis=1)[:, None]) * 1.4426950408889634
    power = tl.where(there, tl.exp2(x), 0.0)
    out = power / tl.sum(power, axis=1)[:, None]
    tl.store(out_ptr + rows * out_stride + columns, out, mask=there)


def fused_softmax(x):
    out = torch.empty(x.shape, dtype=x.dtype, device=x.device)
    block = 1 << (x.shape[1] - 1).bit_length()
    grid = (triton.cdiv(x.shape[0], 4),)
    softmax_kernel[grid](x, out, x.stride(0), out.stride(0), *x.shape, ROWS=4, BLOCK=block)
    return out
