"""A part's parameters and gradients as views of two flat tensors.

Optimiser, clipping, zeroing, averaging and checkpointing are then one operation each, whatever the number of layers.
Nothing is wrapped: the parameters keep their names, shapes and memory formats.
"""

import torch
from torch import Tensor, nn

from .errors import UsageError


class Flat:
    """`values` (n,) is every trainable parameter of a module, `grads` (n,) what `collect_gradients` has fetched.

    The first `decayed` are weight matrices; biases and normalisation scales (fewer than two dimensions) come last:
    penalties leave them alone.
    """

    def __init__(self, module: nn.Module) -> None:
        trainable = [p for p in module.parameters() if p.requires_grad]
        if not trainable:
            raise UsageError(f"{type(module).__name__} has no parameter to train (requires_grad is off everywhere).")
        kinds = {(p.dtype, p.device) for p in trainable}
        if len(kinds) > 1:
            found = ", ".join(sorted(f"{dtype} on {device}" for dtype, device in kinds))
            raise UsageError(f"the parameters of one part must share a type and a device; found {found}.")
        self.parameters = sorted(trainable, key=lambda p: p.ndim < 2)  # sorted is stable: the order is the module's
        self.decayed = sum(p.numel() for p in trainable if p.ndim >= 2)
        self.values = torch.cat([in_memory_order(p.data) for p in self.parameters])
        self.grads = torch.zeros_like(self.values)
        self.views = []  # of grads, one for each parameter
        begin = 0
        for p in self.parameters:
            stride = p.data.stride() if dense(p.data) else p.data.contiguous().stride()
            p.data = self.values.as_strided(p.shape, stride, begin)
            self.views.append(self.grads.as_strided(p.shape, stride, begin))
            begin += p.numel()

    def forget_gradients(self) -> None:
        """Drop what backward left in the parameters, so that the next backward begins anew."""
        for p in self.parameters:
            p.grad = None

    def collect_gradients(self) -> None:
        """Copy what backward left in the parameters into `grads`; 0 where the loss does not reach."""
        for p, view in zip(self.parameters, self.views, strict=True):
            if p.grad is None:
                view.zero_()
            else:
                view.copy_(p.grad)

    def intact(self) -> bool:
        """Say whether every parameter still is a view of `values` (a `.to(...)` or a swapped weight ends that)."""
        begin, size = self.values.data_ptr(), self.values.element_size() * len(self.values)
        return all(begin <= p.data_ptr() < begin + size for p in self.parameters)


def dense(tensor: Tensor) -> bool:
    """Say whether the tensor's elements fill a block of memory without gaps, in any order (channels-last too)."""
    return tensor.is_contiguous() or (tensor.ndim == 4 and tensor.is_contiguous(memory_format=torch.channels_last))


def in_memory_order(tensor: Tensor) -> Tensor:
    """Return the elements as (n,) in the order they stand in memory."""
    if tensor.is_contiguous() or not dense(tensor):
        return tensor.reshape(-1)
    return tensor.permute(0, 2, 3, 1).reshape(-1)
