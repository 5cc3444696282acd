"""The weights of a layer as pictures: kernels of a convolution, or what each unit looks for in the picture itself."""

from typing import Any

import numpy as np
from torch import nn

from ..networks.layers import LinkedConv2d
from ..schema import Schema
from .hooks import layers_of


def kernels_of(network: nn.Module, name: str, schema: Schema) -> np.ndarray | None:
    """Return the weights of a layer as (units, channels, height, width) float32; None where they are no picture.

    Of a linear layer they are one where it reads the pixels of the picture; the channels are then those of the picture.
    """
    layer: Any = layers_of(network).get(name)
    match layer:
        case LinkedConv2d():
            weight = layer.dense()
        case nn.Conv2d():
            weight = layer.weight
        case nn.ConvTranspose2d():
            weight = layer.weight.transpose(0, 1)
        case nn.Linear() if reads_pixels(network, name, schema):
            weight = layer.weight.reshape(-1, *schema.shape)
        case _:
            return None
    return weight.detach().float().cpu().numpy()


def reads_pixels(network: nn.Module, name: str, schema: Schema) -> bool:
    """Say whether a linear layer is the first with weights, and reads all pixels of a picture."""
    if schema.image is None:
        return False
    first = next((n for n, layer in layers_of(network).items() if list(layer.parameters(recurse=False))), "")
    layer = layers_of(network)[name]
    return name == first and isinstance(layer, nn.Linear) and layer.in_features == int(np.prod(schema.shape))
