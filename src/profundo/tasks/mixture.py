"""What a network says of the next move of a pen: a mixture of Gaussians for where, scores for what the pen does.

Graves 2013 (1308.0850), equations 16 to 25; the three states of the pen are Ha and Eck's (2017, 1704.03477).
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

STATES = 3  # draws, lifted, ended
SMALLEST, LARGEST = -7.0, 4.0  # logarithms of a standard deviation, in units of the data's scale
STRAIGHTEST = 0.995  # the largest correlation


def outputs(mixtures: int) -> int:
    """Return how many numbers a network gives for a move: 6 for each Gaussian, and the scores of the pen."""
    return 6 * mixtures + STATES


@dataclass(frozen=True)
class Mixture:
    """M correlated Gaussians for each move: every tensor is (..., M) but `pen`, (..., 3)."""

    weights: Tensor  # logarithms, not normalised
    means: tuple[Tensor, Tensor]
    scales: tuple[Tensor, Tensor]  # logarithms
    correlation: Tensor
    pen: Tensor

    @classmethod
    def of(cls, output: Tensor) -> "Mixture":
        """Read what a network gives, (..., 6 M + 3)."""
        weights, mx, my, sx, sy, rho = output[..., :-STATES].float().chunk(6, -1)
        scales = (sx.clamp(SMALLEST, LARGEST), sy.clamp(SMALLEST, LARGEST))
        return cls(weights, (mx, my), scales, STRAIGHTEST * torch.tanh(rho), output[..., -STATES:].float())

    def move_losses(self, moves: Tensor) -> Tensor:
        """Return -log p of the moves (..., 2), in nats: (...)."""
        x, y = (
            (moves[..., i : i + 1] - mean) * torch.exp(-scale)
            for i, (mean, scale) in enumerate(zip(self.means, self.scales, strict=True))
        )
        left = 1 - self.correlation**2
        distance = (x**2 + y**2 - 2 * self.correlation * x * y) / left
        logs = -0.5 * distance - math.log(2 * math.pi) - self.scales[0] - self.scales[1] - 0.5 * torch.log(left)
        return -torch.logsumexp(F.log_softmax(self.weights, -1) + logs, -1)

    def pen_losses(self, states: Tensor) -> Tensor:
        """Return -log p of what the pen does, (...) from 0 and 1 (..., 3), in nats."""
        return -(F.log_softmax(self.pen, -1) * states).sum(-1)

    def draw(self, temperature: float, generator: torch.Generator) -> Tensor:
        """Draw a move from each, (B, 5), of mixtures (B, M).

        A temperature under 1 prefers what is likely: scores are divided by it, variances multiplied (Ha and Eck 2017).
        """
        chosen = torch.multinomial(F.softmax(self.weights / temperature, -1), 1, generator=generator)
        (mx, my), (sx, sy), rho = ([t.gather(-1, chosen)[:, 0] for t in self.means], self.scales, self.correlation)
        sx, sy = (s.gather(-1, chosen)[:, 0].exp() * math.sqrt(temperature) for s in (sx, sy))
        rho = rho.gather(-1, chosen)[:, 0]
        one, two = torch.randn((2, len(mx)), generator=generator)
        pen = torch.multinomial(F.softmax(self.pen / temperature, -1), 1, generator=generator)[:, 0]
        states = F.one_hot(pen, STATES).float()
        x, y = mx + sx * one, my + sy * (rho * one + torch.sqrt(1 - rho**2) * two)
        return torch.cat([torch.stack([x, y], 1), states], 1)
