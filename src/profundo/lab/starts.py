"""Ways to set the first weights, side by side: how strong signal and gradient are, layer by layer, before learning."""

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ..networks import build
from ..networks.initialise import initialise
from .made import as_data
from .options import Settings

BINS = 41
ALIVE = (0.9, 1.1)  # the variance is multiplied by so much at each layer: a signal that arrives


def starts(o: Settings) -> dict[str, Any]:
    """Send random examples through the same network, started in each way. `o` are the settings of `table.STARTS`.

    Returns ways (k); variance (k, layers): of each layer's activations over units and examples; gradient (k, layers):
    the norm of the gradient that arrives at the layer's activations, of the sum of the outputs times random signs;
    histograms (k, layers, 41): shares of the activations between edges (k, 42); ratio (k): variance of the last layer
    over the first's, and factor (k): the same for each layer, its root; back (k): the first layer's gradient over the
    last's; verdict (k): arrives (factor 0.9 to 1.1), fades or explodes.
    """
    generator = torch.Generator().manual_seed(o.seed)
    x = torch.randn(o.examples, o.units, generator=generator)
    data = as_data(x.numpy(), np.zeros(o.examples), seed=o.seed)
    signs = torch.randn(o.examples, 1, generator=generator).sign()
    variance, gradient, histograms, edges = [], [], [], []
    for way in o.ways:
        network = build("mlp", data.schema, seed=o.seed, hidden=[o.units] * o.layers, activation=o.activation)
        initialise(network, way, seed=o.seed, x=x)
        heard = listen(network, x, signs)
        variance.append([float(a.detach().double().var(correction=0)) for a in heard])
        gradient.append([float(a.grad.norm()) if a.grad is not None else 0.0 for a in heard])
        far = max(float(a.detach().abs().max()) for a in heard)
        edges.append(np.linspace(-far, far, BINS + 1) if far > 0 else np.linspace(-1, 1, BINS + 1))
        histograms.append([np.histogram(a.detach().numpy(), edges[-1])[0] / a.numel() for a in heard])
    v, g = np.array(variance), np.array(gradient)
    with np.errstate(all="ignore"):
        ratio = np.where(v[:, 0] > 0, v[:, -1] / v[:, 0], 0.0)
        back = np.where(g[:, -1] > 0, g[:, 0] / g[:, -1], 0.0)
    factor = ratio ** (1 / (o.layers - 1))
    return {
        "ways": list(o.ways),
        "variance": v.astype(np.float32),
        "gradient": g.astype(np.float32),
        "histograms": np.array(histograms, dtype=np.float32),
        "edges": np.array(edges, dtype=np.float32),
        "ratio": ratio.tolist(),
        "factor": factor.tolist(),
        "back": back.tolist(),
        "verdict": [verdict(f) for f in factor],
    }


def listen(network: nn.Module, x: Tensor, signs: Tensor) -> list[Tensor]:
    """Return the activations (examples, units) of each hidden layer, with the gradients that arrived at them."""
    heard: list[Tensor] = []

    def hear(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        output.retain_grad()
        heard.append(output)

    hooks = [m.register_forward_hook(hear) for n, m in network.named_children() if n.startswith("activation")]
    try:
        (network(x) * signs).sum().backward()
    finally:
        for hook in hooks:
            hook.remove()
    return heard


def verdict(factor: float) -> str:
    """Say in a word what becomes of the signal."""
    return "fades" if factor < ALIVE[0] else "explodes" if factor > ALIVE[1] else "arrives"


def sentences(found: dict[str, Any], o: Settings) -> list[str]:
    """Say which signals arrive."""
    lines = [f"{o.layers} layers of {o.units} units, {o.activation}: variance of the last layer over the first's"]
    for i, way in enumerate(found["ways"]):
        factor = f"x {found['factor'][i]:.3f} a layer"
        back = f"the gradient comes back {found['back'][i]:.3g} times as large"
        lines.append(f"{way:<11} {found['ratio'][i]:<10.3g} {factor}  {found['verdict'][i]:<9} {back}")
    return lines
