"""From a spectrogram back to sound: the powers of the bands are spread over frequencies, and phases are found for them.

The phases are those of Griffin and Lim 1984, in the quick form of Perraudin, Balazs and Sondergaard 2013.
"""

import torch
from torch import Tensor

from ..schema import Audio
from .spectrogram import FULL, RANGE, fft_size, hann, hop_size, mel_filters, transform

SPREADS = 60  # steps that spread the bands' powers over frequencies
ROUNDS = 40  # from phases to sound and back
MOMENTUM = 0.99
PEAK = 0.9  # of the largest amplitude


def sound_of(levels: Tensor, kind: Audio, seed: int = 0) -> Tensor:
    """Return the sounds (B, samples) int16 of log-mel spectrograms (B, mels, frames) in decibels, -RANGE to 0.

    There are hop * (frames - 1) samples, the loudest at 0.9 of the most there can be. `seed` draws the first phases.
    """
    sizes = frequencies(10 ** (levels / 10) * (levels > -RANGE), kind).sqrt()
    generator = torch.Generator().manual_seed(seed)
    turns = 2 * torch.pi * torch.rand(sizes.shape, generator=generator)
    phases, before = torch.polar(torch.ones_like(turns), turns), torch.zeros(sizes.shape, dtype=torch.complex64)
    for _ in range(ROUNDS):
        found = transform(back(sizes * phases, kind), kind)
        ahead = found - before * (MOMENTUM / (1 + MOMENTUM))
        phases, before = ahead / ahead.abs().clamp(min=1e-9), found
    sound = back(sizes * phases, kind)
    loudest = sound.abs().amax(1, keepdim=True).clamp(min=1e-9)
    return (sound / loudest * (PEAK * FULL)).round().to(torch.int16)


def frequencies(power: Tensor, kind: Audio) -> Tensor:
    """Return the power of each frequency (B, fft / 2 + 1, frames), none below 0, whose bands have this power.

    Least squares by multiplicative steps, as in the factorisation of Lee and Seung 2001.
    """
    filters = mel_filters(kind.rate, fft_size(kind), kind.mels)
    wanted, both = filters.T @ power, filters.T @ filters
    found = wanted.clone()
    for _ in range(SPREADS):
        found = found * wanted / (both @ found + 1e-12)
    return found


def back(transformed: Tensor, kind: Audio) -> Tensor:
    """Return the sound (B, samples) of Fourier transforms (B, fft / 2 + 1, frames)."""
    window = hann(kind)
    return torch.istft(transformed, fft_size(kind), hop_size(kind), len(window), window)
