"""What one frame of a clip becomes: a short vector, by a small convolutional network that is the same for every frame.

Networks that read clips (`video_lstm`, and every other network of sequences) begin with it, as those of
Donahue et al. 2015 (1411.4389) begin with a network for pictures.
"""

import torch
from torch import Tensor, nn

GRID = 4  # cells in each direction that the last maps are averaged over: where something is must not be lost
MAPS = 16


class FrameEncoder(nn.Module):
    """Frames (N, channels, H, W) of at least 4 x 4 pixels to vectors (N, width).

    Three convolutions, each with half the pixels of the one before; then the mean over each cell of a grid, so that a
    vector tells what is in the frame and where.
    """

    def __init__(self, channels: int, width: int, maps: int = MAPS) -> None:
        super().__init__()
        self.maps = nn.Sequential(
            nn.Conv2d(channels, maps, 5, 2, 2, bias=False),
            nn.BatchNorm2d(maps),
            nn.ReLU(),
            *halved(maps, 2 * maps),
            *halved(2 * maps, 4 * maps),
            nn.AdaptiveAvgPool2d(GRID),
        )
        self.output = nn.Linear(4 * maps * GRID * GRID, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, width)."""
        return self.output(self.maps(x).flatten(1))


class FrameSequence(nn.Module):
    """Clips (B, frames, channels, H, W) to a vector for each frame, (B, frames, width).

    With `motion` a frame is seen together with what changed since the one before, as twice as many channels: a network
    of single frames tells nothing of how things move (Wang et al. 2016, Temporal segment networks, 1608.00859).
    """

    def __init__(self, channels: int, width: int, *, motion: bool = True) -> None:
        super().__init__()
        self.motion = motion
        self.encoder = FrameEncoder(channels * (2 if motion else 1), width)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, frames, width)."""
        if self.motion:
            x = torch.cat([x, x - torch.cat([x[:, :1], x[:, :-1]], 1)], 2)
        vectors: Tensor = self.encoder(x.flatten(0, 1))
        return vectors.reshape(-1, x.shape[1], vectors.shape[1])


def halved(inputs: int, outputs: int) -> list[nn.Module]:
    """Return the layers of a stage: (N, inputs, H, W) to (N, outputs, H / 2, W / 2)."""
    pool = nn.MaxPool2d(2, ceil_mode=True)  # so that a map of one pixel stays one
    return [nn.Conv2d(inputs, outputs, 3, 1, 1, bias=False), pool, nn.BatchNorm2d(outputs), nn.ReLU()]
