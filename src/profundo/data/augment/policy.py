"""A policy: which changes are made of every batch, stage by stage."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from ...batch import Batch
from ...errors import UsageError
from ...schema import Boxes, Image, Mask
from .blur import Blur
from .colour import Brightness, Colour, Contrast, Grey, Hue, Saturation, Tint
from .erase import Erase
from .geometry import Geometry
from .mix import Mix
from .moves import Flip, Move, Perspective, ResizedCrop, Rotate, Scale, Shear, Shift, VerticalFlip
from .noise import Noise
from .stage import Stage
from .words import read

MOVES: dict[str, Callable[[float], Move]] = {
    "flip": Flip,
    "vflip": VerticalFlip,
    "shift": Shift,
    "crop": Shift,
    "resized-crop": ResizedCrop,
    "rotate": Rotate,
    "scale": Scale,
    "shear": Shear,
    "perspective": Perspective,
}
TINTS: dict[str, Callable[[float], Tint]] = {
    "brightness": Brightness,
    "contrast": Contrast,
    "saturation": Saturation,
    "hue": Hue,
    "grey": Grey,
}
MIXING = ("mixup", "cutmix")


@dataclass(frozen=True)
class Policy:
    """Random changes of training pictures, in stages: moves, colour, blur, noise, erasing, mixing."""

    name: str
    stages: tuple[Stage, ...]

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Return (count, k) numbers within 0..1, a row for each picture."""
        return torch.rand(count, sum(s.columns for s in self.stages), generator=generator)

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the changed batch: a pure function of the drawn rows."""
        if not len(batch):  # the share of a process, where there are fewer pictures than processes
            return batch
        parts = torch.split(drawn, [s.columns for s in self.stages], 1)
        for stage, numbers in zip(self.stages, parts, strict=True):
            batch = stage.apply(batch, numbers)
        return batch


def assembled(name: str, image: Image, target: Mask | Boxes | None) -> Policy:
    """Build a policy from words. Raises UsageError for one that is not known or does not fit the data."""
    words = read(name, image)
    moves = tuple(MOVES[word](strength) for word, strength in words if word in MOVES)
    tints = tuple(TINTS[word](strength) for word, strength in words if word in TINTS)
    others = {word: strength for word, strength in words if word not in MOVES and word not in TINTS}
    for word, times in Counter(word for word, _ in words).items():
        if word in others and times > 1:
            raise UsageError(f"--augment {name} has {word} {times} times. Name it once.")
        if word in MIXING and target is not None:
            raise UsageError(f"--augment {name}: {word} is for whole pictures with an answer. Leave {word} out.")
    stages: list[Stage] = []
    if moves:
        stages.append(Geometry(moves, image, target))
    if tints:
        stages.append(Colour(tints, image))
    if "blur" in others:
        stages.append(Blur(others["blur"]))
    if "noise" in others:
        stages.append(Noise(others["noise"], image))
    if "erase" in others:
        stages.append(Erase(others["erase"], target))
    if others.keys() & set(MIXING):
        stages.append(Mix(others.get("mixup"), others.get("cutmix", 0.0)))
    return Policy(name, tuple(stages))
