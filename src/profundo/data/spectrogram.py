"""Log-mel spectrograms: how strong each band of pitch is at each moment, as an ear hears it.

A sound is cut into overlapping windows, each becomes the power of its frequencies (a Fourier transform), and triangles
evenly spaced on the mel scale add those up (Davis and Mermelstein 1980; the scale as in O'Shaughnessy 1987).
"""

import functools
import math

import torch
from torch import Tensor

from ..schema import Audio

RANGE = 80.0  # decibels below the loudest moment of a sound: what is fainter is silence
SILENCE = 1e-12  # of power: keeps the logarithm of nothing finite
FULL = 32_768.0  # int16 that stands for an amplitude of 1


def spectrogram(samples: Tensor, kind: Audio) -> Tensor:
    """Return sounds (B, samples) int16 as a network takes them: (B, 1, mels, frames) float32 in standard units.

    Each is counted in decibels from its own loudest value, so that how loud a recording is says nothing.
    """
    return (decibels(samples, kind).unsqueeze(1) - kind.center) / kind.scale


def decibels(samples: Tensor, kind: Audio) -> Tensor:
    """Return the log-mel spectrograms (B, mels, frames), from -RANGE to 0 decibels below each sound's loudest value."""
    levels = 10 * (mel_power(samples, kind) + SILENCE).log10()
    loudest = levels.amax((1, 2), keepdim=True)
    return (levels - loudest).clamp_(min=-RANGE)


def mel_power(samples: Tensor, kind: Audio) -> Tensor:
    """Return the power of each band (B, mels, frames): the middle of window i is the sample i * hop."""
    power = transform(samples.float() / FULL, kind).abs().square()
    return mel_filters(kind.rate, fft_size(kind), kind.mels).to(power.device) @ power


def transform(sound: Tensor, kind: Audio) -> Tensor:
    """Return the Fourier transforms (B, fft / 2 + 1, frames) complex64 of sounds (B, samples) within -1..1."""
    window = hann(kind).to(sound.device)
    size, hop = fft_size(kind), hop_size(kind)
    return torch.stft(sound, size, hop, len(window), window, pad_mode="constant", return_complex=True)


def hop_size(kind: Audio) -> int:
    """Return the samples from one window to the next."""
    return max(1, round(kind.hop * kind.rate))


def window_size(kind: Audio) -> int:
    """Return the samples of a window."""
    return max(4, round(kind.window * kind.rate))


def fft_size(kind: Audio) -> int:
    """Return the length of the transform: a power of two, at least twice the window, to tell low bands apart."""
    return 2 ** math.ceil(math.log2(2 * window_size(kind)))


def hann(kind: Audio) -> Tensor:
    """Return the window."""
    return torch.hann_window(window_size(kind))


@functools.lru_cache(maxsize=8)
def mel_filters(rate: int, fft: int, mels: int) -> Tensor:
    """Return the triangles (mels, fft / 2 + 1): band i rises from edge i to edge i + 1 and falls to edge i + 2."""
    top = mel(rate / 2)
    edges = torch.tensor([hertz(top * i / (mels + 1)) for i in range(mels + 2)], dtype=torch.float64)
    bins = torch.linspace(0, rate / 2, fft // 2 + 1, dtype=torch.float64)
    low, middle, high = (edges[i : i + mels, None] for i in range(3))
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    triangles = torch.minimum(rising, falling).clamp(min=0)
    narrow = triangles.sum(1) == 0  # a band between two bins takes the nearer one
    nearest = (bins - middle).abs().argmin(1)
    triangles[narrow, nearest[narrow]] = 1.0
    return triangles.float()


def mel(frequency: float) -> float:
    """Return a frequency in hertz on the mel scale."""
    return 2595 * math.log10(1 + frequency / 700)


def hertz(mels: float) -> float:
    """Return a value of the mel scale in hertz."""
    return 700 * (10 ** (mels / 2595) - 1)
