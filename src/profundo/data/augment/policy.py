"""The language of `--augment`: names joined by +, each perhaps with a strength: `flip+crop+colour:0.4+erase+mixup`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...batch import Batch
from ...errors import UsageError, unknown
from ...schema import Boxes, Image, Mask
from .blur import Blur
from .colour import Brightness, Colour, Contrast, Grey, Hue, Saturation
from .erase import Erase
from .geometry import Geometry
from .mix import Mix
from .moves import Flip, Perspective, ResizedCrop, Rotate, Scale, Shear, Shift, VerticalFlip
from .noise import Noise
from .stage import Stage


@dataclass(frozen=True)
class Change:
    """A word of the language: what it does, its usual strength and its limits, and what the strength says."""

    kind: str  # which stage it is part of
    usual: float
    least: float
    most: float
    words: str
    make: Callable[[float], Any] = float


CHANGES = {
    "flip": Change("move", 0.5, 0, 1, "left and right exchanged in this share of the pictures", Flip),
    "vflip": Change("move", 0.5, 0, 1, "top and bottom exchanged in this share of the pictures", VerticalFlip),
    "shift": Change("move", 1 / 12, 0, 1, "moved by up to this share of the shorter side", Shift),
    "crop": Change("move", 1 / 8, 0, 1, "a frame of this share of the shorter side added, then cut to size", Shift),
    "resized-crop": Change(
        "move", 0.65, 0, 0.99, "a part enlarged, up to this share of the area left out", ResizedCrop
    ),
    "rotate": Change("move", 10, 0, 180, "turned by up to so many degrees", Rotate),
    "scale": Change("move", 0.1, 0, 0.9, "made up to this share larger or smaller", Scale),
    "shear": Change("move", 10, 0, 60, "slanted by up to so many degrees", Shear),
    "perspective": Change("move", 0.2, 0, 0.5, "seen from the side, this much", Perspective),
    "brightness": Change("tint", 0.3, 0, 1, "up to this share lighter or darker", Brightness),
    "contrast": Change("tint", 0.3, 0, 1, "up to this share more or less contrast", Contrast),
    "saturation": Change("tint", 0.3, 0, 1, "up to this share more or less colourful", Saturation),
    "hue": Change("tint", 0.05, 0, 0.5, "colours turned by up to this share of the circle", Hue),
    "grey": Change("tint", 0.1, 0, 1, "no colour in this share of the pictures", Grey),
    "blur": Change("blur", 1, 0, 50, "blurred, up to this standard deviation in pixels", Blur),
    "noise": Change("noise", 0.05, 0, 1, "noise, up to this standard deviation where white is 1"),
    "erase": Change("erase", 0.25, 0.02, 1, "a rectangle of up to this share taken out of half of the pictures"),
    "mixup": Change("mixup", 0.2, 0.01, 10, "two pictures laid over each other; the alpha of Beta(alpha, alpha)"),
    "cutmix": Change("cutmix", 0.5, 0, 1, "a part of another picture put into this share of the pictures"),
}
COLOUR, WHOLE_COLOUR = "colour", ("brightness", "contrast", "saturation", "hue")
STRENGTH, HUE = 0.4, 0.25  # of `colour`, and the hue's part of it
SHORT = {"affine": "shift+rotate+scale"}
WHOLE = ("auto", "none")
NAMES = (*WHOLE, *CHANGES, COLOUR, *SHORT)


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
    if target is not None and (mixing := [w for w, _ in words if w in ("mixup", "cutmix")]):
        raise UsageError(f"--augment {name}: {mixing[0]} is for whole pictures with an answer. Leave {mixing[0]} out.")
    made: dict[str, list[Any]] = {}
    for word, strength in words:
        made.setdefault(CHANGES[word].kind, []).append(CHANGES[word].make(strength))
    for kind in ("blur", "noise", "erase", "mixup", "cutmix"):
        if len(made.get(kind, ())) > 1:
            raise UsageError(f"--augment {name} has {kind} twice. Name it once.")
    stages: list[Stage] = []
    if moves := made.get("move"):
        stages.append(Geometry(tuple(moves), image, target))
    if tints := made.get("tint"):
        stages.append(Colour(tuple(tints), image))
    stages += made.get("blur", [])
    stages += [Noise(sigma, image) for sigma in made.get("noise", [])]
    stages += [Erase(area, target) for area in made.get("erase", [])]
    if "mixup" in made or "cutmix" in made:
        stages.append(Mix(*made.get("mixup", [None]), *made.get("cutmix", [0.0])))
    return Policy(name, tuple(stages))


def read(name: str, image: Image) -> list[tuple[str, float]]:
    """Return the words with their strengths; `colour` is spelled out as far as the pictures have colour."""
    words: list[tuple[str, float]] = []
    for part in name.split("+"):
        word, colon, text = part.strip().partition(":")
        if word in SHORT and not colon:
            words += read(SHORT[word], image)
        elif word == COLOUR:
            strength = checked(word, text, STRENGTH, (0, 1)) if colon else STRENGTH
            some = WHOLE_COLOUR if image.channels == 3 else WHOLE_COLOUR[:2]
            words += [(w, strength * HUE if w == "hue" else strength) for w in some]
        elif word in CHANGES:
            words.append((word, strength_of(word, text if colon else None, image)))
        elif word in (*WHOLE, *SHORT):
            raise UsageError(f"--augment {name}: {word} goes with nothing else. Type it alone.")
        else:
            raise UsageError(unknown("augmentation", word, NAMES))
    return words


def strength_of(word: str, text: str | None, image: Image) -> float:
    """Return the strength of a word, checked."""
    change = CHANGES[word]
    if getattr(change.make, "colour_only", False) and image.channels != 3:
        raise UsageError(f"--augment {word} changes colours, and these pictures are grey. Leave {word} out.")
    return change.usual if text is None else checked(word, text, change.usual, (change.least, change.most))


def checked(word: str, text: str, usual: float, limits: tuple[float, float]) -> float:
    """Read a strength. Raises UsageError with the limits where it is none."""
    least, most = limits
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not least <= value <= most:
        raise UsageError(
            f"the strength of {word} is {text!r}; it must be a number from {least:g} to {most:g}, "
            f"such as {word}:{usual:.2g}."
        )
    return value
