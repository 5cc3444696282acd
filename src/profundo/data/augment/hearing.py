"""Random changes of spectrograms: moved and stretched in time, shifted in pitch, with gaps, noise and another tone.

They stand in for other speakers and other rooms: speed and pitch after Jaitly and Hinton 2013 (vocal tract length
perturbation), gaps in time and in the bands after Park et al. 2019 (SpecAugment, 1904.08779).
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F

from ...batch import Batch
from ...errors import UsageError, unknown
from ...schema import Audio
from ..spectrogram import RANGE, hertz, mel
from .mix import Mix
from .noise import SEED, TABLE
from .policy import Policy
from .stage import Stage
from .words import CHANGES as PICTURES
from .words import Change, strength

FAINT = 60.0  # decibels below the loudest moment: the faintest noise that is added


def silence(kind: Audio) -> float:
    """Return the value of silence in a spectrogram."""
    return (-RANGE - kind.center) / kind.scale


@dataclass(frozen=True)
class Warp:
    """Move by up to `shift` of the length, stretch in time by up to `speed`, and raise or lower all pitches by `pitch`.

    All three are one reading of the spectrogram at other places; from outside comes silence.
    """

    shift: float
    speed: float
    pitch: float
    kind: Audio

    @property
    def columns(self) -> int:
        """How far, how fast, how high."""
        return 3

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the moved sounds."""
        x, (mels, frames) = batch.x, batch.x.shape[2:]
        shift, speed, pitch = (2 * drawn - 1).unbind(1)
        time = torch.linspace(-1, 1, frames, device=x.device) * ((1 + self.speed) ** speed).unsqueeze(1)
        time = time + (2 * self.shift * shift).unsqueeze(1)
        band = self.bands(mels, (1 + self.pitch) ** pitch)
        places = torch.stack([time[:, None, :].expand(-1, mels, -1), band[:, :, None].expand(-1, -1, frames)], -1)
        floor = silence(self.kind)
        moved = F.grid_sample(x - floor, places, align_corners=True, padding_mode="zeros") + floor
        return replace(batch, x=moved)

    def bands(self, mels: int, factor: Tensor) -> Tensor:
        """Return where each band is read, (B, mels) within -1..1, for all frequencies multiplied by factors (B,)."""
        top = mel(self.kind.rate / 2)
        middles = torch.tensor([hertz(top * (i + 1) / (mels + 1)) for i in range(mels)], device=factor.device)
        read = 2595 * torch.log10(1 + middles / factor.unsqueeze(1) / 700)
        return 2 * (read / top * (mels + 1) - 1) / (mels - 1) - 1


@dataclass(frozen=True)
class Tone:
    """Raise one end of the pitches and lower the other by up to `decibels`, as another microphone does."""

    decibels: float
    kind: Audio

    @property
    def columns(self) -> int:
        """How much."""
        return 1

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the sounds in another tone; silence stays silence."""
        slope = torch.linspace(-1, 1, batch.x.shape[2], device=batch.x.device).view(1, 1, -1, 1)
        much = (2 * drawn - 1).view(-1, 1, 1, 1) * self.decibels / self.kind.scale
        return replace(batch, x=(batch.x + much * slope).clamp(min=silence(self.kind)))


@dataclass(frozen=True)
class Hiss:
    """Add white noise, from `FAINT` decibels below the loudest moment up to an amplitude of `share` of it."""

    share: float
    kind: Audio

    @property
    def columns(self) -> int:
        """How loud, and where in the table of noise it begins."""
        return 2

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the noisy sounds: powers add up, so that only what is fainter than the noise is lost."""
        x, kind = batch.x, self.kind
        most = 20 * math.log10(self.share)
        level = -FAINT + drawn[:, 0] * (most + FAINT)
        numbers = x[0].numel()
        starts = (drawn[:, 1] * TABLE).long().clamp(max=TABLE - 1)
        rough = ripple(numbers).to(x.device).as_strided((TABLE, numbers), (1, 1)).index_select(0, starts).view(x.shape)
        noise = 10 ** ((level.view(-1, 1, 1, 1) + rough) / 10)
        power = 10 ** ((x * kind.scale + kind.center) / 10) + noise
        return replace(batch, x=(10 * power.log10() - kind.center) / kind.scale)


def ripple(numbers: int) -> Tensor:
    """Return how many decibels white noise is above its mean in each band and moment, about: a table."""
    even = torch.rand(TABLE + numbers, generator=torch.Generator().manual_seed(SEED))
    return 10 * (-even.clamp(min=1e-3).log()).clamp(min=1e-2).log10() / 2


@dataclass(frozen=True)
class Gaps:
    """Silence a band of up to `bands` of the pitches and a stretch of up to `gap` of the time."""

    bands: float
    gap: float
    kind: Audio

    @property
    def columns(self) -> int:
        """How wide and where, for each of the two."""
        return 4

    def apply(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the sounds with their gaps, which hold the mean (0), not silence: nothing is told by them."""
        x = batch.x
        mels, frames = x.shape[2:]
        high = stretch(mels, self.bands * drawn[:, 0], drawn[:, 1]).view(-1, 1, mels, 1)
        late = stretch(frames, self.gap * drawn[:, 2], drawn[:, 3]).view(-1, 1, 1, frames)
        return replace(batch, x=x.masked_fill(high | late, 0.0))


def stretch(count: int, share: Tensor, place: Tensor) -> Tensor:
    """Say which of `count` steps lie in a stretch of a share (B,) of them, at a place (B,) within 0..1: (B, count)."""
    long = share * count
    begin = (place * (count - long)).unsqueeze(1)
    steps = torch.arange(count, device=share.device) + 0.5
    return (steps >= begin) & (steps < begin + long.unsqueeze(1))


CHANGES = {
    "shift": Change(0.1, 0, 1, "moved in time by up to this share of the length"),
    "speed": Change(0.2, 0, 1, "up to this share slower or faster, at the same pitch"),
    "pitch": Change(0.15, 0, 1, "all pitches up to this share higher or lower, as of another voice"),
    "tone": Change(6, 0, 40, "one end of the pitches louder, the other fainter, by up to so many decibels"),
    "noise": Change(0.05, 0.001, 1, "white noise of up to this share of the loudest amplitude"),
    "bands": Change(0.2, 0, 0.9, "a band of up to this share of the pitches taken out"),
    "gaps": Change(0.15, 0, 0.9, "a stretch of up to this share of the time taken out"),
    "mixup": PICTURES["mixup"],
}
USUAL = "shift+speed+pitch+tone+bands+gaps"  # for sounds where nothing is asked for


def assembled(name: str, kind: Audio) -> Policy:
    """Build the policy of --augment for sounds. Raises UsageError for an unknown word, with the nearest."""
    found: dict[str, float] = {}
    for part in name.split("+"):
        word, colon, text = part.strip().partition(":")
        if word not in CHANGES:
            raise UsageError("of sounds, " + unknown("augmentation", word, ("auto", "none", *CHANGES)))
        if word in found:
            raise UsageError(f"--augment {name} names {word} twice. Name it once.")
        found[word] = strength(word, CHANGES[word], text if colon else None)
    stages: list[Stage] = []
    if found.keys() & {"shift", "speed", "pitch"}:
        stages.append(Warp(found.get("shift", 0.0), found.get("speed", 0.0), found.get("pitch", 0.0), kind))
    if "tone" in found:
        stages.append(Tone(found["tone"], kind))
    if "noise" in found:
        stages.append(Hiss(found["noise"], kind))
    if found.keys() & {"bands", "gaps"}:
        stages.append(Gaps(found.get("bands", 0.0), found.get("gaps", 0.0), kind))
    if "mixup" in found:
        stages.append(Mix(found["mixup"]))
    return Policy(name, tuple(stages))
