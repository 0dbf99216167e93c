"""What this machine can do: its devices, cores, precisions and speed, measured rather than looked up."""

from __future__ import annotations

import contextlib
import ctypes
import importlib.util
import os
import platform
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from gpt2.config import Model, nearest
from gpt2.gradients import head_loss
from gpt2.model import Block

WORTH_COMPILING = 100  # steps
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


def pick(name: str) -> torch.device:
    """Return the device `name`, or the best one for "auto". Raises ValueError where it is not here."""
    here = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if name == "auto":
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if here[kind]))
    kind = name.partition(":")[0]
    if kind not in here:
        raise ValueError(f"device={name}: {nearest(name, ('auto', *here))}")
    if not here[kind]:
        found = ", ".join(kind for kind, is_here in here.items() if is_here)
        raise ValueError(f"device={name}: this machine has none that torch can use; it has {found}")
    try:
        return torch.device(name)
    except RuntimeError:
        raise ValueError(f"device={name}: not a device's name") from None


def physical_cores() -> int:
    """Count the physical cores this process may use; a core's second thread slows matmuls down."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        allowed = os.sched_getaffinity(0)
        cores = set()
        for cpu in allowed:
            folder = f"/sys/devices/system/cpu/cpu{cpu}/topology/"
            pair = []
            for name in ("physical_package_id", "core_id"):
                with open(folder + name, encoding="ascii") as file:
                    pair.append(int(file.read()))
            cores.add(tuple(pair))
        return max(1, len(cores))
    if platform.system() == "Darwin":
        with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
            return int(subprocess.run(["sysctl", "-n", "hw.physicalcpu"], capture_output=True, check=True).stdout)
    return max(1, (os.cpu_count() or 2) // (1 if (os.cpu_count() or 2) <= 2 else 2))


def set_threads(wanted: int) -> int:
    """Use `wanted` CPU threads, or the physical cores for 0 unless OMP_NUM_THREADS says otherwise."""
    if wanted:
        torch.set_num_threads(wanted)
    elif "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, physical_cores() // int(os.environ.get("LOCAL_WORLD_SIZE", "1"))))
    return torch.get_num_threads()


def keep_memory(in_large_pages: bool = False) -> bool:
    """Let this process keep the memory that it frees, where its C library is glibc; return whether it does.

    Every step frees the tensors that the next one makes again. By default the large ones go back to the
    kernel in between, which then clears each page anew: a tenth of a step of GPT-2 124M in bfloat16.
    In pages of 2 MB, which on Linux torch asks for if told so before its first tensor, such a step takes 5 % less
    time, and the process some more memory.
    """
    if in_large_pages:
        os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    never_mapped, never_trimmed = -4, -1  # M_MMAP_MAX, M_TRIM_THRESHOLD of malloc.h
    libc = glibc()
    return libc is not None and bool(libc.mallopt(never_mapped, 0) and libc.mallopt(never_trimmed, 2**31 - 1))


def glibc() -> ctypes.CDLL | None:
    """Return this process's C library if it is glibc."""
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None


def synchronize(device: torch.device) -> None:
    """Wait until the device has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def fastest(device: torch.device, work: Callable[[], Any], budget: float) -> float:
    """Return the least time in seconds of some runs of `work`, after one that warms up."""
    work()
    synchronize(device)
    best, end = float("inf"), time.perf_counter() + budget
    while True:
        start = time.perf_counter()
        work()
        synchronize(device)
        now = time.perf_counter()
        best = min(best, now - start)
        if now >= end:
            return best


def matmul_rate(device: torch.device, dtype: torch.dtype) -> float:
    """Measure one large matmul and return its rate in FLOP/s."""
    n = 1024 if device.type == "cpu" else 4096
    generator = torch.Generator().manual_seed(0)  # never zeros: they multiply faster than anything real
    a = torch.randn(n, n, generator=generator).to(device, dtype)
    return 2 * n**3 / fastest(device, lambda: a @ a, 0.1)


def seconds_per_token(device: torch.device, dtype: torch.dtype, model: Model, micro_batch: int) -> float:
    """Time one block and the head, forward and backward, and return the model's seconds per token."""
    rows = max(1, min(micro_batch, 4096 // model.block_size if device.type == "cpu" else micro_batch))
    while True:
        try:
            return timed(device, dtype, model, rows)
        except RuntimeError as error:  # what does not fit is to be forecast, too
            if rows == 1 or not is_out_of_memory(error):
                raise
        rows //= 2


def timed(device: torch.device, dtype: torch.dtype, model: Model, rows: int) -> float:
    """Do the work of `seconds_per_token` with so many windows at once."""
    block = Block(model).to(device)
    C, V, T = model.n_embd, model.padded_vocab, model.block_size
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(rows, T, C, generator=generator).to(device, dtype).requires_grad_()
    weight = torch.randn(V, C, generator=generator).mul_(0.02).to(device).requires_grad_()
    targets = torch.randint(V, (rows, T), generator=generator).to(device)

    def head() -> Tensor:
        return head_loss(x, weight, targets, V)

    one = fastest(device, lambda: block(x).sum().backward(), 0.2)
    last = fastest(device, lambda: head().backward(), 0.1)
    return (model.n_layer * one + last) / (rows * T)


def choose_dtype(wanted: str, device: torch.device, model: Model, micro_batch: int) -> tuple[str, str]:
    """Return the precision to compute in and why.

    A GPU is asked what it can do. CPUs differ more than their names tell (bfloat16 is six times as
    fast as float32 with matrix units, and slower without), so there the two are timed.
    """
    if wanted != "auto":
        return wanted, "as asked"
    if device.type == "cuda":
        able = torch.cuda.get_device_capability(device) >= (8, 0) and torch.cuda.is_bf16_supported()
        return ("bfloat16", "this GPU computes in it") if able else ("float32", "this GPU has no bfloat16 units")
    if device.type == "mps":
        return "float32", "the safe choice on MPS"
    times = {name: seconds_per_token(device, dtype, model, micro_batch) for name, dtype in DTYPES.items()}
    gain = times["float32"] / times["bfloat16"]
    if gain > 1.2:
        return "bfloat16", f"timed {gain:.1f} times as fast as float32 here"
    return "float32", f"bfloat16 timed {gain:.1f} times as fast here, which is not worth its rounding"


def choose_compile(wanted: str, device: torch.device, steps: int) -> tuple[str, str]:
    """Return whether to compile the blocks, "true" or "false", and why.

    On a GPU it takes a minute, and peers report steps 1.2 to 1.85 times as fast (A100). On a CPU the time goes into
    matmuls that stay as they are: there a block was 10 % slower compiled than not.
    """
    if wanted != "auto":
        return wanted, "as asked"
    if device.type != "cuda":
        return "false", "it gains nothing on this device"
    if importlib.util.find_spec("triton") is None or torch.cuda.get_device_capability(device) < (7, 0):
        return "false", "this GPU or this installation has no Triton"
    if not any(map(shutil.which, (os.environ.get("CC") or "cc", "gcc", "clang"))):
        return "false", "Triton needs a C compiler, and there is none: with gcc installed, steps are faster"
    if steps < WORTH_COMPILING:
        return "false", "so few steps are over before it pays"
    return "true", "the first step takes a minute, all others less than without"


@contextlib.contextmanager
def in_any_order() -> Iterator[None]:
    """Allow for a while what has no fixed order of adding up: with `deterministic`, a GPU's cumsum is refused."""
    strict = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(False)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(strict)


def attention_kernels(device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Prefer cuDNN's attention on Hopper, where it is the faster one; elsewhere leave torch's order."""
    if device.type == "cuda" and torch.cuda.get_device_capability(device)[0] == 9:
        from torch.nn.attention import SDPBackend, sdpa_kernel

        order = [SDPBackend.CUDNN_ATTENTION, SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION]
        with contextlib.suppress(TypeError):  # set_priority came with torch 2.6
            return sdpa_kernel([*order, SDPBackend.MATH], set_priority=True)
    return contextlib.nullcontext()


def memory(device: torch.device) -> int | None:
    """Return the bytes of memory the device has, or None where it does not say."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that a device had no room."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "memory" in str(error).partition("\n")[0].lower()


def memory_used(device: torch.device) -> int | None:
    """Return the most bytes this process has used so far: of the GPU, else of the machine; None where unknown."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_allocated(device))
    try:
        import resource
    except ImportError:
        return None  # Windows
    return int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) * (1 if platform.system() == "Darwin" else 1024)
