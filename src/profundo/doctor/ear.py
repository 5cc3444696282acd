"""Listening to a network: one pass of a batch with hooks that are taken off again, and nothing changed by it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from ..batch import Batch
from ..networks.cells import Cell
from ..networks.initialise import weighted
from ..networks.layers import ACTIVATIONS
from ..networks.network import evaluating
from ..tasks.task import Task

NAMES = {make: name for name, make in ACTIVATIONS.items() if isinstance(make, type)}
NORMS = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm)


@dataclass
class Signal:
    """What one layer with weights gave in one pass, and what its activation made of it."""

    name: str
    layer: nn.Module
    output: Tensor
    activation: str = ""
    active: Tensor | None = None
    normalised: bool = False


class Ear:
    """Hears what the layers of a network with weights give, and what their activations make of it.

    `layers` names them. What lies between a layer and its activation (normalisation, pooling) belongs to the layer.
    `sequence` is what the first recurrent cell was given in the last pass, (B, T, F); None where there is no such cell.
    """

    def __init__(self, network: nn.Module) -> None:
        self.network = network
        known = weighted(network)
        self.layers = {layer: name for name, layer in network.named_modules() if layer in known}
        self.cell = next((m for m in network.modules() if isinstance(m, Cell)), None)
        self.sequence: Tensor | None = None
        self.heard = [m for m in network.modules() if m in self.layers or type(m) in NAMES or isinstance(m, NORMS)]

    def listen(self, task: Task, batch: Batch) -> tuple[list[Signal], Tensor, Tensor]:
        """Ask the task for its loss on a batch; return each layer's signal in order, the output, and the loss."""
        signals: list[Signal] = []
        outputs: list[Tensor] = []

        def hear(module: nn.Module, inputs: Any, output: Any) -> None:
            if not isinstance(output, Tensor):
                return
            if module in self.layers:
                signals.append(Signal(self.layers[module], module, output))
            elif signals and not signals[-1].activation:
                if isinstance(module, NORMS):
                    signals[-1].normalised = True
                else:
                    signals[-1].activation, signals[-1].active = NAMES[type(module)], output

        def read(cell: nn.Module, inputs: tuple[Tensor, Any]) -> tuple[Tensor, Any]:
            sequence, state = inputs
            self.sequence = sequence if sequence.requires_grad else sequence.detach().requires_grad_()
            return self.sequence, state

        handles = [m.register_forward_hook(hear) for m in self.heard]
        if self.cell is not None:
            handles.append(self.cell.register_forward_pre_hook(read))
        handles.append(self.network.register_forward_hook(lambda module, inputs, output: outputs.append(output)))
        try:
            loss = next(iter(task.losses(self.network, batch))).value
        finally:
            for handle in handles:
                handle.remove()
        return signals, outputs[-1], loss


def backwards(
    loss: Tensor, signals: list[Signal], sequence: Tensor | None = None
) -> tuple[list[Tensor | None], list[Tensor | None], Tensor | None]:
    """Return, for each layer, the gradients of the loss by its output and by its weight; None where there is none.

    The third is the gradient by a sequence that the loss depends on.
    """
    wanted = [t for s in signals for t in (s.output, own_weight(s.layer))]
    wanted += [] if sequence is None else [sequence]
    asked = [t for t in wanted if t.requires_grad]
    if not asked or not loss.requires_grad:
        return [None] * len(signals), [None] * len(signals), None
    found = iter(torch.autograd.grad(loss, asked, allow_unused=True))
    every = [next(found) if t.requires_grad else None for t in wanted]
    both = every[: 2 * len(signals)]
    return both[::2], both[1::2], None if sequence is None else every[-1]


def own_weight(layer: nn.Module) -> Tensor:
    """Return the weight of a layer."""
    return layer.get_parameter("weight")


def unit_axis(signal: Signal) -> int:
    """Return the axis of a signal that counts its units: channels of a convolution, columns of a linear layer."""
    return -1 if isinstance(signal.layer, nn.Linear) else 1


@contextlib.contextmanager
def undisturbed(network: nn.Module) -> Iterator[None]:
    """Let a network run with dropout off and batch normalisation over the batch, and find everything as it was."""
    norms = [m for m in network.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats]
    with evaluating(network), uncompiled(network), torch.random.fork_rng(devices=[]):
        for norm in norms:
            norm.training, norm.track_running_stats = True, False  # statistics of the batch; none are kept
        try:
            yield
        finally:
            for norm in norms:
                norm.track_running_stats = True


@contextlib.contextmanager
def uncompiled(network: nn.Module) -> Iterator[None]:
    """Run a compiled network as it was written: hooks are not part of what was compiled."""
    compiled = getattr(network, "_compiled_call_impl", None)
    if compiled is None:
        yield
        return
    network._compiled_call_impl = None
    try:
        yield
    finally:
        network._compiled_call_impl = compiled
