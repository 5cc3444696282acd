"""Recordings: what is read from files and names, what they become, and what is said of those that are not usable."""

import zipfile

import numpy as np
import pandas as pd
import pytest
import torch

from profundo.data import load, read
from profundo.data.sound import Sounds, fill, from_paths
from profundo.data.spectrogram import RANGE, decibels, hertz, mel, mel_filters, spectrogram
from profundo.errors import DataError, MissingExtra, UsageError
from profundo.schema import Audio

soundfile = pytest.importorskip("soundfile")
RATE = 8_000


def tone(frequency, seconds=0.5, rate=RATE, loud=0.5):
    time = np.arange(round(seconds * rate)) / rate
    return loud * np.sin(2 * np.pi * frequency * time)


def write(path, sound, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, sound, rate)
    return path


@pytest.fixture
def spoken(tmp_path):
    """Low and high tones "spoken" by three people, twelve of each."""
    generator = np.random.default_rng(0)
    for label, low in (("low", 300), ("high", 1500)):
        for number in range(36):
            name = f"{label}_{('ann', 'bob', 'eve')[number % 3]}_{number}.flac"
            sound = tone(low * generator.uniform(0.9, 1.1)) + 0.01 * generator.standard_normal(4000)
            write(tmp_path / "spoken" / name, sound)
    return tmp_path / "spoken"


def test_the_mel_scale_goes_there_and_back():
    assert mel(1000) == pytest.approx(1000, rel=1e-3)
    assert hertz(mel(440)) == pytest.approx(440)


@pytest.mark.parametrize("rate, mels", [(8_000, 40), (16_000, 64), (44_100, 128), (8_000, 128)])
def test_every_band_hears_something(rate, mels):
    fft = 2048 if rate > 16_000 else 512
    filters = mel_filters(rate, fft, mels)
    assert filters.shape == (mels, fft // 2 + 1)
    assert (filters.sum(1) > 0).all() and (filters >= 0).all()


def test_a_tone_is_loudest_in_its_own_band():
    kind = Audio(RATE, 4000, 40)
    levels = decibels(torch.from_numpy((tone(1000) * 32767).astype(np.int16))[None], kind)
    assert levels.shape == (1, 40, kind.frames)
    band = mel(1000) / mel(RATE / 2) * 41 - 1  # the middle of band i is edge i + 1
    assert abs(int(levels[0, :, 20].argmax()) - band) <= 1
    assert levels.max() == 0 and levels.min() >= -RANGE


def test_how_loud_a_recording_is_says_nothing():
    loud = (tone(700) * 32767).astype(np.int16)
    both = torch.from_numpy(np.stack([loud, loud // 10]))
    one, other = spectrogram(both, Audio(RATE, 4000, 40))
    assert (one - other).abs().median() < 0.05


def test_names_say_label_speaker_and_number(spoken):
    raw = read(str(spoken))
    assert list(raw.frame.columns) == ["file", "label", "speaker", "number"]
    assert raw.target == ("label",) and set(raw.frame["speaker"]) == {"ann", "bob", "eve"}
    data = load(str(spoken), group="speaker")
    speakers = [set(data.frame["speaker"].iloc[data.splits[s].numpy()]) for s in data.splits]
    assert all(len(s) == 1 for s in speakers) and len(set.union(*speakers)) == 3
    assert data.x.dtype == torch.int16 and data.schema.takes == "audio"
    x = data.whole("train").x
    assert x.shape[1:] == data.schema.shape and abs(float(x.mean())) < 0.1 and abs(float(x.std()) - 1) < 0.1


def test_folders_are_labels_and_other_names_say_nothing(tmp_path):
    for label in ("wren", "robin"):
        for number in range(8):
            write(tmp_path / "birds" / "train" / label / f"{number}.wav", tone(500 + number))
            write(tmp_path / "birds" / "test" / label / f"{number}.wav", tone(500 + number))
    raw = read(str(tmp_path / "birds"))
    assert set(raw.frame["label"]) == {"wren", "robin"} and set(raw.split) == {"train", "test"}
    alone = read(str(tmp_path / "birds" / "train" / "wren" / "0.wav"))
    assert list(alone.frame.columns) == ["file"] and len(alone.media) == 1


def test_a_zip_of_sounds_and_the_official_split_of_the_digits(tmp_path):
    with zipfile.ZipFile(tmp_path / "digits.zip", "w") as archive:
        for digit in range(10):
            for number in range(7):
                name = f"{digit}_jackson_{number}.wav"
                archive.write(write(tmp_path / "made" / name, tone(200 + 100 * digit, 0.1)), name)
    raw = read(str(tmp_path / "digits.zip"))
    assert len(raw.frame) == 70 and (raw.split == "test").sum() == 50
    assert ((raw.frame["number"] < 5) == (raw.split == "test")).all()


def test_a_column_names_the_files(tmp_path):
    for number in range(12):
        write(tmp_path / "clips" / f"{number}.wav", tone(300 + 700 * (number % 2)))
    frame = pd.DataFrame({"clip": [f"clips/{n}.wav" for n in range(12)], "kind": ["low", "high"] * 6})
    frame.to_csv(tmp_path / "clips.csv", index=False)
    data = load(str(tmp_path / "clips.csv"), target="kind")
    assert list(data.schema.inputs) == ["clip"] and data.count("train") + data.count("test") < 12


def test_what_is_no_sound_is_named_and_left_out(tmp_path):
    names = ["good.wav", "silent.wav", "short.wav", "broken.flac", "empty.ogg", "missing.wav"]
    write(tmp_path / "good.wav", tone(400))
    write(tmp_path / "silent.wav", np.zeros(4000))
    write(tmp_path / "short.wav", tone(400, 0.01))
    whole = write(tmp_path / "broken.flac", tone(400)).read_bytes()
    (tmp_path / "broken.flac").write_bytes(b"fLaX" + whole[4:])
    (tmp_path / "empty.ogg").write_bytes(b"")
    sounds = from_paths(tmp_path, names)
    good, notes = sounds.usable()
    assert good.tolist() == [True, False, False, False, False, False]
    assert "5 of 6" in notes[0].text and "silent.wav is silent" in notes[0].text and "10 ms" in notes[0].text
    problems = [h.problem for h in sounds.heard]
    assert "cannot be decoded" in problems[3] and "empty" in problems[4] and "cannot be read" in problems[5]
    with pytest.raises(DataError, match="none of the 1 sounds"):
        from_paths(tmp_path, ["silent.wav"]).usable()


def test_rates_are_brought_together_and_too_low_ones_refused(tmp_path, spoken):
    write(tmp_path / "high.wav", np.stack([tone(440, rate=44_100), np.zeros(22_050)], 1), 44_100)
    write(tmp_path / "same.wav", tone(440, loud=0.25))
    kind = Audio(RATE, 4000, 40)
    high, same = from_paths(tmp_path, ["high.wav", "same.wav"]).encode(kind, np.array([0, 1]))
    middle = slice(1000, 3000)
    assert (high[middle].float() - same[middle].float()).abs().max() < 100  # of 8,192
    with pytest.raises(UsageError, match="--rate 8000"):
        load(str(spoken), rate=8)
    with pytest.raises(UsageError, match="window"):
        load(str(spoken), seconds=0.01)


def test_short_sounds_stand_in_silence_and_long_ones_are_cut_where_they_are_loudest():
    place = np.zeros(6, np.int16)
    fill(place, np.array([1, 2], np.int16))
    assert place.tolist() == [0, 0, 1, 2, 0, 0]
    fill(place, np.array([1, 1, 1, 9, 9, 9, 9, 9, 9, 1], np.int16))
    assert place.tolist() == [9] * 6


def test_without_the_package_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "soundfile", None)
    write_nothing = Sounds([b"RIFF"], lambda row: "a.wav")
    with pytest.raises(MissingExtra, match=r"pip install 'profundo\[audio\]'"):
        write_nothing.usable()
