"""Faster R-CNN with a feature pyramid: one network proposes boxes, judges them and corrects them.

Ren et al. 2015, Faster R-CNN: towards real-time object detection with region proposal networks (1506.01497); Lin et al.
2017, Feature pyramid networks for object detection (1612.03144). Smaller than theirs, to learn from few pictures on a
processor: narrow maps, few proposals, normalisation in the pyramid.
"""

from torch import Tensor

from ..schema import Schema
from .network import Network
from .two_stage import OPTIONS, TwoStage, two_stage


class FasterRCNN(TwoStage):
    """Boxes, scores and codes of the objects in pictures (B, C, H, W) of any size."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return boxes (B, k, 4) in pixels, scores (B, k), 0 for nothing, and codes (B, k); k is `most_found`."""
        found = self.stages(x)
        return found["boxes"], found["scores"], found["codes"]

    def losses(self, x: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Return the terms objectness, proposals, labels and boxes, for the truth y (B, most, 5)."""
        return self.learn(self.features(x), (x.shape[2], x.shape[3]), y)[0]


def faster_rcnn(  # noqa: PLR0913
    schema: Schema,
    *,
    backbone: str = "convnet",
    width: int = 0,
    pyramid: int = 48,
    hidden: int = 256,
    finest: int = 4,
    anchor: float = 4.0,
    shapes: int = 3,
    proposals: int = 100,
    sample: int = 32,
    most_found: int = 100,
    enlarge: int = 1,
) -> FasterRCNN:
    """Build a Faster R-CNN for pictures with boxes."""
    made: FasterRCNN = two_stage(
        FasterRCNN,
        schema,
        backbone=backbone,
        width=width,
        pyramid=pyramid,
        hidden=hidden,
        finest=finest,
        anchor=anchor,
        shapes=shapes,
        proposals=proposals,
        sample=sample,
        most_found=most_found,
        enlarge=enlarge,
    )
    return made


NETWORKS = {
    "faster_rcnn": Network(
        "faster_rcnn",
        "Faster R-CNN with a feature pyramid: proposes boxes, judges and corrects them",
        "image",
        faster_rcnn,
        OPTIONS,
        "Ren et al. 2015 (1506.01497), Lin et al. 2017 (1612.03144)",
        gives="boxes",
    )
}
