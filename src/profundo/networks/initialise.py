"""The values that weights start from, by name."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor, nn

from ..errors import UsageError
from .layers import LinkedConv2d
from .network import choice, evaluating

INITIALISATIONS = {
    "default": "each network's own",
    "zeros": "all zero; hidden units then stay equal to each other",
    "normal": "N(0, 0.01^2)",
    "glorot": "uniform, variance 2 / (inputs + outputs) (Glorot and Bengio 2010); 25 / 9 of it where tanh follows",
    "he": "normal, variance 2 / inputs, for ReLU (He et al. 2015)",
    "orthogonal": "a random orthogonal matrix (Saxe et al. 2014)",
    "lsuv": "orthogonal, then scaled so that each layer's output has variance 1 on a batch (Mishkin and Matas 2016)",
}
Weighted = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d | LinkedConv2d


@torch.no_grad()
def initialise(network: nn.Module, how: str, *, seed: int = 0, x: Tensor | None = None) -> None:
    """Set the weights of linear and convolutional layers, in place, and their biases to zero.

    Embeddings, normalisations and other parameters stay as they are. `x` is a batch, for "lsuv" alone. Raises
    UsageError for an unknown name, and for "lsuv" without a batch.
    """
    if choice("initialisation", how, INITIALISATIONS) == "default":
        return
    if how == "lsuv" and x is None:
        raise UsageError("initialisation='lsuv' needs a batch of the data: pass x=, or choose orthogonal.")
    generator = Generator().manual_seed(seed)
    for layer, tanh in weighted(network).items():
        fill(layer, filler(how, tanh, generator))
    if how == "lsuv" and x is not None:
        scale_to_unit_variance(network, x)


def weighted(network: nn.Module) -> dict[Weighted, bool]:
    """Return the layers with weights, in the order of their definition, and whether a tanh follows each."""
    found: dict[Weighted, bool] = {}
    last: Weighted | None = None
    for module in network.modules():
        if isinstance(module, Weighted):
            last = module
            found[last] = False
        elif isinstance(module, nn.Tanh) and last is not None:
            found[last] = True
    return found


def filler(how: str, tanh: bool, generator: Generator) -> Callable[[Tensor], Tensor]:
    """Return the function that fills a weight (outputs, inputs, ...)."""
    match how:
        case "zeros":
            return nn.init.zeros_
        case "normal":
            return lambda weight: nn.init.normal_(weight, 0.0, 0.01, generator=generator)
        case "glorot":
            gain = 5 / 3 if tanh else 1.0
            return lambda weight: nn.init.xavier_uniform_(weight, gain, generator=generator)
        case "he":
            return lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu", generator=generator)
        case _:
            return lambda weight: nn.init.orthogonal_(weight, generator=generator)


def fill(layer: Weighted, values: Callable[[Tensor], Tensor]) -> None:
    """Fill a layer's weight, drawn on the CPU so that every device gets the same numbers; its bias becomes zero."""
    shape = layer.shape if isinstance(layer, LinkedConv2d) else layer.weight.shape
    if layer.weight.numel():
        drawn = values(torch.empty(shape)).to(layer.weight.device)
        layer.weight.copy_(layer.take(drawn) if isinstance(layer, LinkedConv2d) else drawn)
    if layer.bias is not None:
        layer.bias.zero_()


def scale_to_unit_variance(network: nn.Module, x: Tensor) -> None:
    """Divide each layer's weight by the standard deviation of its output, in the order in which x meets them.

    A layer is linear and its bias is zero, so one pass is exact; the paper iterates because it changes one layer at a
    time. An output without variance is left as it is.
    """
    seen: set[nn.Module] = set()

    def scale(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        deviation = output.std()
        if layer in seen or not deviation > 0:
            return output
        seen.add(layer)
        layer.get_parameter("weight").div_(deviation)
        return output / deviation

    hooks = [layer.register_forward_hook(scale) for layer in weighted(network)]
    try:
        with evaluating(network):
            network(x)
    finally:
        for hook in hooks:
            hook.remove()
