"""Examples as points where no two columns make a plane: the first two principal components of the last hidden layer."""

import numpy as np
import torch
from torch import Tensor, nn

ROUNDS = 20  # of subspace iteration for the first basis; later ones start from the one before, so that none jumps
TOGETHER = 64  # examples: those of a long text fill the processor's cache soon
EDGE = 0.995  # share of the points that are not on the border


def features(network: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """Return what the last linear layer of a network hears (n, features), and the network's output."""
    last = [m for m in network.modules() if isinstance(m, nn.Linear)][-1:]
    heard: list[Tensor] = []
    found: list[tuple[Tensor, Tensor]] = []
    hooks = [m.register_forward_pre_hook(lambda module, inputs: heard.append(inputs[0])) for m in last]
    try:
        with torch.no_grad():
            for part in torch.split(x, TOGETHER):
                output = network(part)
                found.append(((heard[-1] if heard else output).flatten(1), output))
    finally:
        for hook in hooks:
            hook.remove()
    return torch.cat([h for h, _ in found]).float().cpu(), torch.cat([o for _, o in found])


class Projection:
    """A basis of two directions that is kept while points move, and turned towards their own when it is refreshed.

    The middle of the points and their scale are those of the moment.
    """

    def __init__(self) -> None:
        self.basis: Tensor | None = None

    def refresh(self, points: Tensor) -> None:
        """Turn the basis towards the two directions in which the points (n, features) differ most."""
        moved, rounds = points - points.mean(0), 1
        if self.basis is None or len(self.basis) != points.shape[1]:
            generator = torch.Generator().manual_seed(0)
            self.basis, rounds = torch.randn(points.shape[1], min(2, points.shape[1]), generator=generator), ROUNDS
        for _ in range(rounds):
            turned, lengths = torch.linalg.qr(moved.T @ (moved @ self.basis))
            self.basis = turned * torch.where(lengths.diagonal() < 0, -1.0, 1.0)  # no direction flips

    def place(self, points: Tensor) -> np.ndarray:
        """Return where points stand, (n, 2) float32 in -1..1."""
        assert self.basis is not None
        found = (points - points.mean(0)) @ self.basis
        scale = max(float(found.abs().quantile(EDGE)), 1e-12)
        return torch.nn.functional.pad((found / scale).clamp(-1, 1), (0, 2 - found.shape[1])).numpy()
