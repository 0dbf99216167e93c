"""Weights laid out for reading: on a CPU a token takes as long as it takes to read all of them once.

Where pages have 4 KB, a core that reads on and on has an address to look up, and its prefetching to begin
anew, 512 times as often as on huge pages of 2 MB.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

PAGE = 1 << 21
"""Bytes of a huge page."""
COLLAPSE = 25
"""Linux's MADV_COLLAPSE, since 6.1: put what lies here on huge pages, now."""


def area(size: int) -> Tensor:
    """Return (size,) uint8 at the start of a huge page where the system has such (Linux), else ordinary memory."""
    if not hasattr(mmap, "MADV_HUGEPAGE"):
        return torch.empty(size, dtype=torch.uint8)
    pages = mmap.mmap(-1, -(-size // PAGE) * PAGE + PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    with contextlib.suppress(OSError):  # a kernel without them: this memory is as good as any other
        pages.madvise(mmap.MADV_HUGEPAGE)
    whole = torch.frombuffer(pages, dtype=torch.uint8)  # holds the pages for as long as a tensor lies in them
    return whole[-whole.data_ptr() % PAGE :][:size]


@torch.no_grad()
def lay_out(model: nn.Module) -> None:
    """Move every matrix that is multiplied into one area, input by input; shapes and values stay.

    x·Wᵀ for a single row x reads W (out, in) fastest when all weights of one input lie side by side: the
    sums of all outputs then grow together, and none has to be added up across a vector register. The
    positions' table is looked up in, row by row, and stays. Weights that are shared stay shared.
    """
    held = [p for name, p in model.named_parameters() if p.dim() == 2 and not name.endswith("wpe.weight")]
    memory, at = area(sum(p.nbytes for p in held)), 0
    for p in held:
        turned = memory[at : at + p.nbytes].view(p.dtype).view(p.shape[1], p.shape[0])  # (in, out)
        turned.copy_(p.T)
        p.data = turned.T
        at += p.nbytes


def gather() -> int:
    """Have the system put this process's large pieces of memory on huge pages; return the bytes that it did.

    For what others have allocated, such as packed weights. Only pieces nearly all in use are moved, so that
    nothing grows. On systems without this request (all but Linux, and Linux before 6.1) nothing happens.
    """
    moved = 0
    with contextlib.suppress(OSError, AttributeError):
        smaps = Path("/proc/self/smaps").read_text("ascii", "replace")
        advise = ctypes.CDLL(None).madvise
        advise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        for start, end in filled(smaps):
            start, end = -(-start // PAGE) * PAGE, end // PAGE * PAGE
            if end > start and advise(start, end - start, COLLAPSE) == 0:
                moved += end - start
    return moved


def filled(smaps: str) -> Iterator[tuple[int, int]]:
    """Yield where private, anonymous pieces of memory begin and end that are nine tenths in use.

    `smaps` is Linux's list of a process's memory: a line with the addresses of each piece, then lines about it.
    """
    start = end = 0
    for line in smaps.splitlines():
        words = line.split()
        if not words[0].endswith(":"):
            ours = words[1] == "rw-p" and (len(words) == 5 or words[5] == "[heap]")
            start, end = (int(word, 16) for word in words[0].split("-")) if ours else (0, 0)
        elif words[0] == "Rss:" and end and int(words[1]) * 1024 >= 0.9 * (end - start):
            yield start, end
