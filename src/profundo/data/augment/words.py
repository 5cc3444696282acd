"""The language of `--augment`: names joined by +, each perhaps with a strength: `flip+crop+colour:0.4+erase+mixup`."""

from dataclasses import dataclass
from typing import Any

from ...errors import UsageError, unknown
from ...schema import Image


@dataclass(frozen=True)
class Change:
    """A word of the language: its usual strength and its limits, and what the strength says."""

    usual: float
    least: float
    most: float
    meaning: str
    coloured: bool = False  # it says nothing to grey pictures


CHANGES = {
    "flip": Change(0.5, 0, 1, "left and right exchanged in this share of the pictures"),
    "vflip": Change(0.5, 0, 1, "top and bottom exchanged in this share of the pictures"),
    "shift": Change(1 / 12, 0, 1, "moved by up to this share of the shorter side"),
    "crop": Change(1 / 8, 0, 1, "a frame of this share of the shorter side added, then cut to size anywhere"),
    "resized-crop": Change(0.65, 0, 0.99, "a part enlarged, with up to this share of the area left out"),
    "rotate": Change(10, 0, 180, "turned by up to so many degrees"),
    "scale": Change(0.1, 0, 0.9, "made up to this share larger or smaller"),
    "shear": Change(10, 0, 60, "slanted by up to so many degrees"),
    "perspective": Change(0.2, 0, 0.5, "seen from the side, the nearer edge up to this share larger"),
    "brightness": Change(0.3, 0, 1, "up to this share lighter or darker"),
    "contrast": Change(0.3, 0, 1, "up to this share more or less contrast"),
    "saturation": Change(0.3, 0, 1, "up to this share more or less colourful", coloured=True),
    "hue": Change(0.05, 0, 0.5, "colours turned by up to this share of the circle", coloured=True),
    "grey": Change(0.1, 0, 1, "no colour in this share of the pictures", coloured=True),
    "blur": Change(1, 0, 50, "blurred, up to this standard deviation in pixels"),
    "noise": Change(0.05, 0, 1, "normal noise, up to this standard deviation where white is 1"),
    "erase": Change(0.25, 0.02, 1, "a rectangle of up to this share of the area taken out of half of the pictures"),
    "mixup": Change(0.2, 0.01, 10, "two pictures laid over each other by a share of the distribution Beta(a, a)"),
    "cutmix": Change(0.5, 0, 1, "a rectangle of another picture put into this share of the pictures"),
}
COLOUR = "colour"  # brightness, contrast and saturation of one strength, and a quarter of it for the hue
PARTS = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.25}
STRENGTH = Change(0.4, 0, 1, "all of brightness, contrast, saturation and hue, up to this strength")
SHORT = {"affine": "shift+rotate+scale"}
ALONE = {
    "auto": "shift for grey pictures, shift+flip for colour; where places are to be found scale and colour too",
    "none": "no changes",
}
NAMES = (*ALONE, *CHANGES, COLOUR, *SHORT)


def entries() -> dict[str, dict[str, Any]]:
    """Return every word with what it means; those that take a strength with its usual value, its least and its most."""
    taking = {**CHANGES, COLOUR: STRENGTH}
    found: dict[str, dict[str, Any]] = {
        name: {"usual": c.usual, "least": c.least, "most": c.most, "meaning": c.meaning} for name, c in taking.items()
    }
    found |= {name: {"meaning": f"the same as {policy}"} for name, policy in SHORT.items()}
    return found | {name: {"meaning": meaning} for name, meaning in ALONE.items()}


def read(policy: str, image: Image) -> list[tuple[str, float]]:
    """Return the words of a policy, each of CHANGES, with their strengths.

    `colour` and short words are spelled out, `colour` as far as the pictures have any. Raises UsageError for a word
    that is not known or does not fit the pictures, and for a strength outside its limits.
    """
    words: list[tuple[str, float]] = []
    for part in policy.split("+"):
        word, colon, text = part.strip().partition(":")
        given = text if colon else None
        if word in CHANGES:
            words.append((word, strength(word, CHANGES[word], given)))
        elif word == COLOUR:
            whole = strength(word, STRENGTH, given)
            words += [(w, whole * part) for w, part in PARTS.items() if image.channels == 3 or not CHANGES[w].coloured]
        elif word in SHORT and given is None:
            words += read(SHORT[word], image)
        else:
            raise UsageError(refusal(word, policy))
    for word, _ in words:
        if CHANGES[word].coloured and image.channels != 3:
            raise UsageError(f"--augment {word} changes colours, and these pictures are grey. Leave {word} out.")
    return words


def strength(word: str, change: Change, text: str | None) -> float:
    """Read a strength, the usual one where there is none. Raises UsageError with the limits."""
    if text is None:
        return change.usual
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not change.least <= value <= change.most:
        raise UsageError(
            f"the strength of {word} is {text!r}; it must be a number from {change.least:g} to {change.most:g}, "
            f"such as {word}:{change.usual:.2g}."
        )
    return value


def refusal(word: str, policy: str) -> str:
    """Say why a word cannot be read."""
    if word in SHORT:
        return f"{word} takes no strength: it is {SHORT[word]}. Give those their own, such as {SHORT[word]}:0.3."
    if word in ALONE:
        return f"--augment {policy}: {word} goes with nothing else. Type it alone."
    return unknown("augmentation", word, NAMES)
