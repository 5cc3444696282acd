"""Random changes of sounds: each is a pure function of its numbers, and does what it says."""

import numpy as np
import pytest
import torch

from profundo.batch import Batch
from profundo.data.augment import auto, build
from profundo.data.augment.hearing import CHANGES, Gaps, Hiss, Tone, Warp, silence
from profundo.data.spectrogram import hertz, mel, spectrogram
from profundo.errors import UsageError
from profundo.schema import Audio, Category, Schema

KIND = Audio(8_000, 8_000, 40, center=-50.0, scale=20.0)
SCHEMA = Schema({"sound": KIND}, {"label": Category(("a", "b"))})


def tones(*frequencies):
    """A batch of tones in the middle of silence."""
    samples = torch.zeros(len(frequencies), 8_000, dtype=torch.int16)
    time = np.arange(2_000) / 8_000
    for row, frequency in zip(samples, frequencies, strict=True):
        row[3_000:5_000] = torch.from_numpy((20_000 * np.sin(2 * np.pi * frequency * time)).astype(np.int16))
    count = len(frequencies)
    return Batch(spectrogram(samples, KIND), torch.zeros(count, dtype=torch.long), torch.arange(count))


def band(x):
    """The loudest band in the middle of each sound."""
    return x[:, 0, :, 50].argmax(1)


@pytest.mark.parametrize("word", CHANGES)
def test_every_word_changes_and_pieces_of_a_batch_agree(word):
    policy = build(word, SCHEMA)
    batch = tones(400, 800, 1200, 1600)
    drawn = policy.draw(4, torch.Generator().manual_seed(1))
    changed = policy.apply(batch, drawn)
    assert changed.x.shape == batch.x.shape and not torch.equal(changed.x, batch.x) and changed.x.isfinite().all()
    if word != "mixup":  # whose partner is the neighbour in the batch
        half = policy.apply(batch.part(2, 4), drawn[2:])
        assert torch.allclose(half.x, changed.x[2:], atol=1e-5)


def test_the_usual_policy_is_named_and_none_is_none():
    assert build("auto", SCHEMA).name == auto(SCHEMA) and build("none", SCHEMA) is None
    with pytest.raises(UsageError, match="pitch"):
        build("pich", SCHEMA)
    with pytest.raises(UsageError, match="twice"):
        build("speed+speed", SCHEMA)
    with pytest.raises(UsageError, match="from 0 to 1"):
        build("shift:3", SCHEMA)


def test_shift_moves_in_time_and_pitch_in_the_bands():
    batch = tones(1000)
    later = Warp(0.2, 0.0, 0.0, KIND).apply(batch, torch.tensor([[0.0, 0.5, 0.5]])).x
    loud = batch.x[0, 0].amax(0).gt(0).nonzero().float().mean()
    assert later[0, 0].amax(0).gt(0).nonzero().float().mean() == pytest.approx(float(loud) + 20, abs=1.5)
    higher = Warp(0.0, 0.0, 0.5, KIND).apply(batch, torch.tensor([[0.5, 0.5, 1.0]])).x
    wanted = mel(1500) / mel(4000) * 41 - 1
    assert abs(int(band(higher)) - wanted) <= 1 and hertz(mel(1500)) == pytest.approx(1500)
    slower = Warp(0.0, 1.0, 0.0, KIND).apply(batch, torch.tensor([[0.5, 0.0, 0.5]])).x
    lasts = [int((x[0, 0].amax(0) > 0).sum()) for x in (batch.x, slower)]
    assert lasts[1] == pytest.approx(2 * lasts[0], abs=3)


def test_noise_fills_silence_and_leaves_what_is_loud():
    batch = tones(1000)
    noisy = Hiss(0.1, KIND).apply(batch, torch.tensor([[1.0, 0.3]])).x
    levels = noisy * KIND.scale + KIND.center
    assert -30 < float(levels[0, 0, :, 5].mean()) < -15  # 0.1 of the amplitude is -20 decibels
    peak = batch.x[0, 0].max()
    assert noisy[0, 0].max() == pytest.approx(float(peak), abs=0.1)


def test_tone_tilts_and_gaps_hold_the_mean():
    batch = tones(1000)
    tilted = Tone(6.0, KIND).apply(batch, torch.tensor([[1.0]])).x - batch.x
    assert float(tilted[0, 0, -1, 50]) * KIND.scale == pytest.approx(6, abs=0.1)
    assert batch.x.min() >= silence(KIND) - 1e-5
    gone = Gaps(0.5, 0.5, KIND).apply(batch, torch.tensor([[1.0, 0.0, 1.0, 1.0]])).x
    assert (gone[0, 0, :20] == 0).all() and (gone[0, 0, :, -50:] == 0).all()
    assert torch.equal(gone[0, 0, 20:, :50], batch.x[0, 0, 20:, :50])
