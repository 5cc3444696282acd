"""Every unit of a chain of layers, as a picture over the plane, and its weights as lines."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from ..errors import UsageError
from .chain import Layer, chain

SHOWN = 16  # units of a layer that are drawn


def find_layers(network: nn.Module) -> list[Layer]:
    """Return the layers whose units can be drawn; none where the network is no chain of linear layers."""
    try:
        return chain(network)
    except UsageError:
        return []


@torch.no_grad()
def outputs(network: nn.Module, layers: Sequence[Layer], x: Tensor) -> list[Tensor]:
    """Return what each layer gives, (B, units), in one forward pass; the last is the network's output."""
    if not layers:
        return [network(x)]
    ends, found = {layer.parts[-1] for layer in layers}, []
    for module in network.children():
        x = module(x)
        if module in ends:
            found.append(x)
    return found


def drawn(columns: Tensor, side: int) -> tuple[np.ndarray, list[float]]:
    """Return units over a grid (side x side, n) as uint8 (n, side, side) around 128, and the largest |value|s."""
    limits = columns.abs().amax(0)
    scaled = columns * (127 / limits.clamp_min(1e-12)) + 128
    pixels = scaled.nan_to_num_(128).round_().clamp_(0, 255).to(torch.uint8)
    return pixels.T.reshape(-1, side, side).numpy(), [float(f"{v:.4g}") for v in limits.tolist()]


def shown(layer: Layer) -> int:
    """Return how many units of a layer are drawn."""
    return min(layer.linear.out_features, SHOWN)


def lines(tensors: Sequence[tuple[Tensor, Tensor | None]]) -> np.ndarray:
    """Return weights (units, inputs) and biases of the drawn units, or their gradients, end to end, float32."""
    parts: list[Tensor] = []
    for weight, bias in tensors:
        part = weight.detach()[:SHOWN, :SHOWN]
        parts += [part.flatten(), torch.zeros(len(part)) if bias is None else bias.detach()[:SHOWN].cpu()]
    return torch.cat([p.cpu() for p in parts]).numpy()


def weights_of(layers: Sequence[Layer]) -> list[tuple[Tensor, Tensor | None]]:
    """Return the weights and biases of each layer."""
    return [(layer.linear.weight, layer.linear.bias) for layer in layers]


def filters(network: nn.Module, shape: tuple[int, ...]) -> np.ndarray | None:
    """Return the weights of the first layer as pictures (n, height, width, channels) uint8 around 128.

    They are those of a linear layer on all pixels (channels, height, width), or of a convolution on 1 or 3 channels;
    None where the first layer is neither.
    """
    first = next((m for m in network.modules() if isinstance(m, nn.Linear | nn.Conv2d)), None)
    if first is None:
        return None
    weight = first.weight.detach()[: 2 * SHOWN]
    if isinstance(first, nn.Linear):
        if weight.shape[1] != int(np.prod(shape)):
            return None
        weight = weight.reshape(-1, *shape)
    if weight.shape[1] not in (1, 3):
        return None
    limits = weight.abs().flatten(1).amax(1).clamp_min(1e-12)[:, None, None, None]
    pixels = (weight * (127 / limits) + 128).round().clamp(0, 255).to(torch.uint8)
    return pixels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
