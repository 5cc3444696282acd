"""Speech is learnt by learning: a voice that heard rising and falling tones says them, and they are told apart."""

import io
import wave

import numpy as np
import pytest
import torch

from profundo import generate, train
from profundo.data import load
from profundo.data.griffin_lim import sound_of
from profundo.data.spectrogram import decibels
from profundo.data.spoken import in_units, spectrum
from profundo.errors import UsageError
from profundo.schema import BEGINNING, END, RESERVED, Audio

soundfile = pytest.importorskip("soundfile")
RATE = 8_000


def gliding(rising, generator):
    """A tone that glides over an octave for 0.2 to 0.3 s."""
    seconds = generator.uniform(0.2, 0.3)
    time = np.arange(round(seconds * RATE)) / RATE
    pitch = 600 * 2 ** ((time / seconds if rising else 1 - time / seconds) * 1.5)
    return 0.5 * np.sin(2 * np.pi * np.cumsum(pitch) / RATE)


@pytest.fixture(scope="module")
def glides(tmp_path_factory):
    folder = tmp_path_factory.mktemp("glides")
    generator = np.random.default_rng(0)
    for label in ("up", "down"):
        for number in range(60):
            soundfile.write(
                folder / f"{label}_{'ab'[number % 2]}_{number}.wav", gliding(label == "up", generator), RATE
            )
    return folder


def test_phases_are_found_for_a_spectrogram():
    kind = Audio(RATE, 4000, 40, window=0.032, hop=0.0125)
    sound = (gliding(True, np.random.default_rng(1)) * 32767).astype(np.int16)
    samples = torch.zeros(1, 4000, dtype=torch.int16)
    samples[0, 500 : 500 + len(sound)] = torch.from_numpy(sound)
    levels = decibels(samples, kind)
    again = decibels(sound_of(levels, kind), kind)
    loud = levels > -30
    assert (again - levels)[loud].abs().mean() < 2  # decibels
    assert torch.equal(sound_of(levels, kind), sound_of(levels, kind))


def test_sounds_become_units_and_units_sounds(glides):
    data = load(str(glides), task="speech")
    kind = data.schema.targets["file"]
    assert list(data.schema.inputs) == ["label", "speaker"] and data.schema.gives == "sound"
    assert data.x.shape[1] == 2 + data.y.shape[1] and (data.x[:, 2] == BEGINNING).all()
    assert ((data.y == END).sum(1) == 1).all()
    inside = (data.y >= RESERVED).sum(1)
    assert (torch.equal(data.x[:, 3:].long(), data.y[:, :-1] * (data.y[:, :-1] != END))) and inside.min() >= 10
    codes = data.y[0][data.y[0] >= RESERVED].numpy()
    made = sound_of(spectrum(codes, kind), kind)
    assert abs(made.shape[1] / RATE - len(codes) * kind.hop) < 0.02
    assert torch.equal(in_units(data.sounds[:5], kind)[0][: len(codes)], data.y[0][: len(codes)])


def test_a_voice_says_what_it_has_heard(glides, tmp_path):
    run = train(
        str(glides), task="speech", out=tmp_path / "run", epochs=30, batch_size=16, hidden=64, layers=1, lr=0.01
    )
    result = run.read("scores.json")
    assert result["scores"]["nats"]["value"] < result["baselines"][0]["scores"]["nats"]["value"] - 1
    assert result["speech"]["made"] >= 0.9
    made = generate(run.folder, label="up", count=2, seed=3)
    assert sorted(made.files) == ["up_a_0.wav", "up_b_1.wav"] and len(made.rows) == 2
    with wave.open(io.BytesIO(made.files["up_a_0.wav"])) as file:
        assert file.getframerate() == RATE and 0.1 < file.getnframes() / RATE < 0.4
    assert generate(run.folder, label="up", count=2, seed=3).files == made.files
    with pytest.raises(UsageError, match="up"):
        generate(run.folder, label="upp")
