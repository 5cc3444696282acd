"""Several processes under torchrun as one: each sees its share of every batch, gradients are added up and divided.

    torchrun --nproc-per-node 4 -m profundo train photos/

Nothing is wrapped; the flat gradient of a part is one message. A process that hangs is found within a minute.
"""

import datetime
import os

import torch
import torch.distributed as dist
from torch import Tensor, nn

from .batch import WHOLE, Shard
from .stopping import REASONS

TIMEOUT = datetime.timedelta(seconds=60)


def join() -> Shard:
    """Join the group that torchrun's environment describes, once; alone without it. Returns this process's share."""
    if size() == 1:
        return WHOLE
    if not dist.is_initialized():
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo", timeout=TIMEOUT)
    return Shard(dist.get_rank(), dist.get_world_size())


def size() -> int:
    """Return how many processes torchrun has started, 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def leave() -> None:
    """Leave the group."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


def average_gradients(grads: Tensor, examples: int, shard: Shard) -> None:
    """Make `grads` (n,), a mean over this process's `examples`, the mean over those of all processes."""
    if shard.count == 1:
        return
    message = torch.cat([grads * examples, grads.new_tensor([float(examples)])])
    dist.all_reduce(message)
    torch.div(message[:-1], message[-1], out=grads)


def agree(tensors: list[Tensor], shard: Shard) -> None:
    """Give every process the first one's values."""
    if shard.count > 1:
        for tensor in tensors:
            dist.broadcast(tensor, 0)


def average_buffers(network: nn.Module, shard: Shard) -> None:
    """Average the running statistics (batch normalisation) that each process has gathered on its own share."""
    if shard.count > 1:
        for buffer in network.buffers():
            if buffer.is_floating_point():
                dist.all_reduce(buffer)
                buffer.div_(shard.count)


def mean(total: float, count: int, shard: Shard) -> float:
    """Return total / count over all processes."""
    if shard.count == 1:
        return total / max(count, 1)
    message = torch.tensor([total, float(count)], dtype=torch.float64)
    dist.all_reduce(message)
    return float(message[0] / message[1])


def same(reason: str | None, shard: Shard) -> str | None:
    """Give every process the first one's answer (its clock decides the time limit)."""
    if shard.count == 1:
        return reason
    number = torch.tensor([0 if reason is None else 1 + REASONS.index(reason)])
    dist.broadcast(number, 0)
    return REASONS[int(number) - 1] if number else None


def agreed(value: float) -> float:
    """Return the first process's value."""
    if not (dist.is_available() and dist.is_initialized()):
        return value
    message = torch.tensor(value, dtype=torch.float64)
    dist.broadcast(message, 0)
    return float(message)
