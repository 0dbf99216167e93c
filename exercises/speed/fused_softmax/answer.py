"""The reference: a program a row, one load with a mask, one store with the same mask."""

import os

os.environ["TRITON_INTERPRET"] = "1"

import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x_ptr, out_ptr, x_stride, out_stride, n_cols, BLOCK: tl.constexpr):
    row = tl.program_id(0)
    column = tl.arange(0, BLOCK)
    there = column < n_cols
    x = tl.load(x_ptr + row * x_stride + column, mask=there, other=-float("inf"))
    power = tl.exp(x - tl.max(x))
    out = power / tl.sum(power)
    tl.store(out_ptr + row * out_stride + column, out, mask=there)


def fused_softmax(x):
    R, C = x.shape
    out = x.new_empty(R, C)
    softmax_kernel[(R,)](x, out, x.stride(0), out.stride(0), C, BLOCK=triton.next_power_of_2(C))
    return out
