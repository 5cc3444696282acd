"""Clips by what is in each frame and how that goes on: a network for pictures, then a recurrent one over the frames.

Donahue et al. 2015, Long-term recurrent convolutional networks (1411.4389), who show it pictures and optical flow; here
it is the difference between frames (Wang et al. 2016, Temporal segment networks, 1608.00859), which is there at once.
"""

from torch import Tensor, nn

from ..schema import Schema
from .frames import FrameEncoder, FrameSequence
from .network import Network, flag, share, whole
from .recurrent import Recurrent


class VideoLSTM(nn.Module):
    """(B, frames, channels, H, W) to (B, outputs), from the mean of what the recurrent network gives at each frame."""

    def __init__(self, frames: FrameSequence, recurrent: Recurrent, dropout: float, outputs: int) -> None:
        super().__init__()
        self.frames = frames
        self.recurrent = recurrent
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(recurrent.width, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs)."""
        states = self.recurrent(self.frames(x))[0]
        scores: Tensor = self.output(self.dropout(states.mean(1)))
        return scores


def video_lstm(
    schema: Schema,
    *,
    cell: str = "lstm",
    width: int = 64,
    hidden: int = 64,
    bidirectional: bool = False,
    motion: bool = True,
    dropout: float = 0.0,
) -> VideoLSTM:
    """Build the network for clips of a schema."""
    frames = FrameSequence(schema.shape[1], whole("width", width), motion=flag("motion", motion))
    made = Recurrent(cell, width, whole("hidden", hidden), bidirectional=flag("bidirectional", bidirectional))
    return VideoLSTM(frames, made, share("dropout", dropout), schema.outputs)


class SingleFrame(nn.Module):
    """The middle frame alone, (B, frames, channels, H, W) to (B, outputs): what can be told without any motion."""

    def __init__(self, frames: FrameEncoder, outputs: int) -> None:
        super().__init__()
        self.frames = frames
        self.output = nn.Linear(frames.output.out_features, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """Return (B, outputs)."""
        scores: Tensor = self.output(self.frames(x[:, x.shape[1] // 2]).relu())
        return scores


def single_frame(schema: Schema, *, width: int = 64) -> SingleFrame:
    """Build the network of the middle frame for clips of a schema."""
    return SingleFrame(FrameEncoder(schema.shape[1], whole("width", width)), schema.outputs)


WIDTH = {"width": "the numbers that a frame becomes"}
NETWORKS = {
    "video_lstm": Network(
        "video_lstm",
        "a convolutional network for each frame and a recurrent one over the frames, the default for clips",
        "video",
        video_lstm,
        {
            "cell": "lstm, gru or rnn",
            **WIDTH,
            "hidden": "the numbers of the recurrent state",
            "bidirectional": "whether a second recurrent network reads the clip backwards",
            "motion": "whether a frame is seen beside its difference to the one before",
            "dropout": "the share of features silenced before the last layer while training",
        },
        "Donahue et al. 2015, Long-term Recurrent Convolutional Networks for Visual Recognition (1411.4389)",
        head="output",
    ),
    "single_frame": Network(
        "single_frame",
        "a convolutional network that sees the middle frame alone: what a clip tells without motion",
        "video",
        single_frame,
        WIDTH,
        head="output",
    ),
}
