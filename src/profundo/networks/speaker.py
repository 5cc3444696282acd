"""A voice: says unit after unit of a sound, given its label and who speaks."""

import torch
from torch import Tensor, nn

from ..errors import UsageError
from ..schema import BEGINNING, RESERVED, Audio, Category, Schema
from .network import Network, share, whole
from .recurrent import Recurrent, States

CLOCKS = 8  # numbers that tell the time


Said = tuple[States, int]  # the states of the layers, and how many units have been said


class Speaker(nn.Module):
    """Gated recurrent layers over the units so far; what is known beforehand, and the time, go in at every step.

    x is (B, conditions + T): the codes of label and speaker, then those of the units so far, 0 after their end. Without
    units, a sound is about to begin. The time keeps a voice from saying one thing for ever.
    """

    def __init__(self, sizes: list[int], units: int, hidden: int, layers: int, dropout: float) -> None:
        super().__init__()
        self.conditions = nn.ModuleList(nn.Embedding(size, hidden // 4) for size in sizes)
        self.unit = nn.Embedding(units, hidden, padding_idx=0)
        self.dropout = nn.Dropout(dropout)
        width = hidden + len(sizes) * (hidden // 4) + CLOCKS
        self.layers = Recurrent("gru", width, hidden, layers, dropout=dropout)
        self.output = nn.Linear(hidden, units)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores of the next unit at each step, (B, T, units)."""
        return self.go_on(x)[0]

    def go_on(self, x: Tensor, before: Said | None = None) -> tuple[Tensor, Said]:
        """Return the scores of the next unit at each step, and what is needed to go on from there."""
        count = len(self.conditions)
        codes = x.long()
        known = torch.cat([table(codes[:, i]) for i, table in enumerate(self.conditions)], 1)
        begun = codes[:, count:] if codes.shape[1] > count else codes.new_full((len(codes), 1), BEGINNING)
        units = self.unit(begun)
        states, passed = before if before is not None else (None, 0)
        now = torch.arange(passed, passed + units.shape[1], device=x.device)
        shape = (len(x), units.shape[1], -1)
        steps = torch.cat([self.dropout(units), known.unsqueeze(1).expand(shape), clocks(now).expand(shape)], 2)
        said, after = self.layers(steps, None, states)
        return self.output(self.dropout(said)), (after, passed + units.shape[1])


def clocks(steps: Tensor) -> Tensor:
    """Return how late it is (T, CLOCKS), as hands that turn once in 16, 32, 64 and 128 steps."""
    turns = steps.unsqueeze(1) * (2 * torch.pi / torch.tensor([16.0, 32.0, 64.0, 128.0], device=steps.device))
    return torch.cat([turns.sin(), turns.cos()], 1)


def speaker(schema: Schema, *, hidden: int = 128, layers: int = 1, dropout: float = 0.3) -> Speaker:
    """Build a voice for a schema whose inputs are categories and whose target is a sound of units."""
    kinds = list(schema.inputs.values())
    (sound,) = schema.targets.values()
    if not isinstance(sound, Audio) or not all(isinstance(k, Category) and k.embed for k in kinds):
        raise UsageError("speaker learns sounds from labels. Type: --task speech")
    sizes = list(schema.embedded)
    return Speaker(
        sizes,
        RESERVED + len(sound.units),
        whole("hidden", hidden, 4),
        whole("layers", layers),
        share("dropout", dropout),
    )


NETWORKS = {
    "speaker": Network(
        "speaker",
        "a voice: gated recurrent layers that say unit after unit of a sound, given its label and who speaks",
        "table",
        speaker,
        {
            "hidden": "the width of the layers",
            "layers": "how many",
            "dropout": "the share of features silenced while training",
        },
        "Cho et al. 2014 (1406.1078), Lakhotia et al. 2021 (2102.01192)",
        gives="sound",
    )
}
