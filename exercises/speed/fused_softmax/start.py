"""A kernel of your own: softmax of every row in one trip to memory, in Triton."""

import os

os.environ["TRITON_INTERPRET"] = "1"  # before triton is loaded: its kernels then run on the CPU, one program at a time

import torch
import triton
import triton.language as tl


@triton.jit
def softmax_kernel(x_ptr, out_ptr, x_stride, out_stride, n_cols, BLOCK: tl.constexpr):
    """One program does one row.

    x_ptr, out_ptr: the addresses of the first numbers; x_ptr + 3 is that of the fourth in memory
    x_stride, out_stride: how many numbers lie from one row's beginning to the next one's
    n_cols: C
    BLOCK: how many numbers a program handles, a power of 2, C or more: tl.arange takes no other
    """
    # TODO: which row is it, where are its numbers, which of the BLOCK places are none; load, compute, store


def fused_softmax(x: torch.Tensor) -> torch.Tensor:
    """softmax over the last dimension, by one launch of the kernel.

    x: [R, C] float32, R and C ≥ 1, C ≤ 2048. Numbers of a row lie side by side; its rows may lie further apart than C
        (x.stride(0) ≥ C). Entries may be large, and -inf, but not all of a row. Not changed
    returns: [R, C] float32 on x's device, contiguous, rows sum to 1

    From x's memory each number is read once, each result is written once, and nothing beside them is touched: neither
    past a row's end nor between rows. The arithmetic is the kernel's: no torch function computes here.

    Example: a row 0, ln 3 becomes 1/4, 3/4, in a program whose BLOCK is 2.
    """
    raise NotImplementedError  # TODO: out, BLOCK, and softmax_kernel[(programs,)](…)
