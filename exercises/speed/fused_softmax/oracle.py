"""The oracle: in float64, as exp(x minus the logarithm of the sum); one program, and a loop over all rows in it."""

import os

os.environ["TRITON_INTERPRET"] = "1"

import torch
import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x_ptr, out_ptr, x_stride, out_stride, n_rows, n_cols, BLOCK: tl.constexpr):
    column = tl.arange(0, BLOCK)
    there = column < n_cols
    for row in range(n_rows):
        x = tl.load(x_ptr + row * x_stride + column, mask=there, other=-float("inf")).to(tl.float64)
        highest = tl.max(x, axis=0)
        total = highest + tl.log(tl.sum(tl.exp(x - highest), axis=0))
        tl.store(out_ptr + row * out_stride + column, tl.exp(x - total).to(tl.float32), mask=there)


def fused_softmax(x):
    out = torch.zeros_like(x.contiguous())
    softmax_kernel[(1,)](x, out, x.stride(0), out.stride(0), *x.shape, BLOCK=triton.next_power_of_2(x.shape[1]))
    return out
