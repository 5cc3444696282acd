"""The machine is read, not asked for: device, threads, number format and memory format, decided here and stored.

The decision is a table of rules on the processor and the network's widths (measured again by
benchmarks/precision.py), never a stopwatch during the run: the same seed must give the same bytes.
"""

import contextlib
import ctypes
import os
import platform
from dataclasses import dataclass

import torch
from torch import nn

from .errors import UsageError, unknown
from .networks.cells import Cell
from .networks.layers import Linear

PRECISIONS = ("auto", "float32", "bfloat16", "bfloat16-products")
PRODUCT = 65_536  # weights of a linear layer from which its product gains from bfloat16
WIDE = 16  # convolutions with this many channels, the median, gain from bfloat16 on AVX-512 processors
SMALL_PICTURES = 16_384  # pixels of a batch up to which one thread is as quick as two, and steadier
SMALL_ROWS = 32_768  # numbers of a batch of a table, likewise
SMALL_PRODUCT = 4_000_000  # numbers of a batch times the width of the widest layer, likewise
SMALL_STEPS = 262_144  # the same of a recurrent network, whose threads do not wait for each other at every step


@dataclass(frozen=True)
class Machine:
    """What was chosen for a run; "bfloat16-products" is float32 but for those of wide linear layers and of cells."""

    device: str
    threads: int
    precision: str
    channels_last: bool

    def cast(self) -> contextlib.AbstractContextManager[object]:
        """Return the context for forward passes: autocast for bfloat16, nothing for float32."""
        if self.precision == "bfloat16":
            return torch.autocast(self.device.split(":")[0], dtype=torch.bfloat16)
        return contextlib.nullcontext()


def choose(
    network: nn.Module, *, numbers: int, device: str = "auto", threads: int = 0, precision: str = "auto"
) -> Machine:
    """Decide for a network and batches of `numbers` numbers; `threads` 0 and "auto" mean: as is quickest here."""
    if precision not in PRECISIONS:
        raise UsageError(unknown("precision", precision, PRECISIONS))
    place = find_device(device)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    if precision == "auto":
        precision = quickest(network, convolutions) if has_bfloat16(place) else "float32"
    asked = threads or int(os.environ.get("OMP_NUM_THREADS", "0"))
    count = asked or (1 if is_small(network, numbers, bool(convolutions)) else cores())
    return Machine(place, count, precision, channels_last=bool(convolutions))


def is_small(network: nn.Module, numbers: int, convolutional: bool) -> bool:
    """Say whether a step is too little work for two threads: they would mostly wait for each other."""
    if convolutional:
        return numbers <= SMALL_PICTURES
    if any(isinstance(m, Cell) for m in network.modules()):
        return numbers * max(m.hidden for m in network.modules() if isinstance(m, Cell)) <= SMALL_STEPS
    return numbers <= SMALL_ROWS or numbers * max(p.shape[0] for p in network.parameters()) <= SMALL_PRODUCT


def apply(machine: Machine, network: nn.Module) -> None:
    """Set the threads, keep freed memory for the next step, and move the network to its device and memory format."""
    recurrent = machine.device == "cpu" and any(isinstance(m, Cell) for m in network.modules())
    torch.set_num_threads(1 if recurrent else machine.threads)  # cells share a batch out to threads of their own
    keep_memory()
    network.to(machine.device)
    for module in network.modules():
        if isinstance(module, Linear):
            module.bfloat16_product = machine.precision == "bfloat16-products" and is_wide(module)
        if isinstance(module, Cell):
            module.parts = machine.threads if recurrent else 1
            module.bfloat16_products = machine.device == "cpu" and machine.precision.startswith("bfloat16")
    if machine.channels_last:
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def quickest(network: nn.Module, convolutions: list[nn.Conv2d]) -> str:
    """Return the number format that is quickest for a network where the processor has bfloat16."""
    if convolutions:
        return "bfloat16" if wide(convolutions) else "float32"
    gaining = any(is_wide(m) or isinstance(m, Cell) for m in network.modules())
    return "bfloat16-products" if gaining else "float32"


def is_wide(module: nn.Module) -> bool:
    """Say whether a module is a linear layer of ours with many weights."""
    return isinstance(module, Linear) and module.weight.dtype == torch.float32 and module.weight.numel() >= PRODUCT


def find_device(device: str) -> str:
    """Return "cuda", "mps" or "cpu" for "auto", else check that the device is there."""
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(f"the device {device!r} is not available here ({reason}). Use --device cpu.") from error
    return device


def wide(convolutions: list[nn.Conv2d]) -> bool:
    """Say whether most of the arithmetic is in wide convolutions."""
    return sorted(c.out_channels for c in convolutions)[len(convolutions) // 2] >= WIDE


def has_bfloat16(device: str) -> bool:
    """Say whether the device multiplies bfloat16 faster than float32."""
    if device.startswith("cuda"):
        return torch.cuda.is_bf16_supported()
    return device == "cpu" and "avx512_bf16" in cpu_flags()


def cpu_flags() -> frozenset[str]:
    """Return the processor's flags as Linux names them; empty elsewhere."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("flags"):
                return frozenset(line.split(":", 1)[1].split())
    return frozenset()


def processor() -> str:
    """Return the processor's name."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """Return how many cores this process may use, at most 8: small networks gain nothing from more."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, 8)


def keep_memory() -> None:
    """Tell glibc to keep large freed blocks instead of returning them to the kernel after every step (Linux only)."""
    trim_threshold, mmap_threshold = -1, -3  # names of mallopt's parameters in malloc.h
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL("libc.so.6")
        if not libc.mallopt(mmap_threshold, 1 << 30):
            libc.mallopt(mmap_threshold, 1 << 25)  # the most that glibc before 2.35 takes
        libc.mallopt(trim_threshold, (1 << 31) - 1)
