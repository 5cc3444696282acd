"""What a layer gives, in one of three forms: maps of a picture, the steps of a sequence, or a vector."""

from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

from ..networks.cells import Cell

CHANNELS_FIRST = (
    *(nn.Conv1d, nn.BatchNorm1d, nn.MaxPool1d, nn.AvgPool1d, nn.AdaptiveAvgPool1d, nn.AdaptiveMaxPool1d),
    nn.ConvTranspose1d,
)


@dataclass
class Forms:
    """Sorts what the layers of one pass give; what follows a convolution along a sequence has its order of axes."""

    batch: int
    before: dict[tuple[int, ...], bool] = field(default_factory=dict)

    def sort(self, layer: nn.Module, output: Any) -> tuple[str, Tensor] | None:
        """Return a form and the tensor in it, its first axis counting the examples; None where it is in none of them.

        "maps" are (B, channels, H, W), "steps" (B, T, width), a "vector" (B, units). Of layers that see an example in
        several pieces (the frames of a clip), the piece in the middle is taken.
        """
        said = output[0] if isinstance(layer, Cell) else output
        if not isinstance(said, Tensor) or not said.is_floating_point() or said.dim() < 2 or not said.numel():
            return None
        pieces, rest = divmod(len(said), self.batch)
        if rest or not pieces:
            return None
        if pieces > 1:
            said = said.reshape(self.batch, pieces, *said.shape[1:])[:, pieces // 2]
        match said.dim():
            case 5:
                return "maps", said[:, :, said.shape[2] // 2]
            case 4:
                return "maps", said
            case 3:
                return "steps", self.steps(layer, said)
            case 2:
                return "vector", said
        return None

    def steps(self, layer: nn.Module, said: Tensor) -> Tensor:
        """Return (B, T, width)."""
        shape = tuple(said.shape)
        first = isinstance(layer, CHANNELS_FIRST) or (self.before.get(shape, False) and not own_width(layer))
        self.before[shape] = first
        return said.transpose(1, 2) if first else said


def own_width(layer: nn.Module) -> bool:
    """Say whether a layer gives vectors along the last axis whatever came before it."""
    return isinstance(layer, nn.Linear | nn.Embedding | nn.LayerNorm | Cell)
