"""From sounds to labels, and from labels to sounds, in Python: make calls of birds, tell them apart, let one sing.

python examples/tell_sounds.py
"""

import tempfile
from pathlib import Path

import numpy as np
import soundfile

import profundo

RATE = 8_000
BIRDS = {"cuckoo": (660, 550), "robin": (1500, 2400), "owl": (400, 380)}  # two notes each, in hertz


def call(notes: tuple[float, float], voice: float, rng: np.random.Generator) -> np.ndarray:
    """Return 0.4 s of a call: two notes in a voice that is higher or lower, and some wind."""
    time = np.arange(round(0.2 * RATE)) / RATE
    sung = [np.sin(2 * np.pi * note * voice * time) * np.hanning(len(time)) for note in notes]
    return 0.5 * np.concatenate(sung) + 0.01 * rng.standard_normal(2 * len(time))


def record(folder: Path, singers: list[str], seed: int) -> None:
    """Write recordings named BIRD_SINGER_NUMBER.wav."""
    rng = np.random.default_rng(seed)
    folder.mkdir()
    for singer in singers:
        voice = rng.uniform(0.85, 1.15)
        for bird, notes in BIRDS.items():
            for number in range(20):
                soundfile.write(folder / f"{bird}_{singer}_{number}.wav", call(notes, voice, rng), RATE)


def main() -> None:
    """Train on five singers, keeping each in one part, and ask about a sixth; then learn to sing."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        record(place / "known", ["ann", "bob", "eve", "joe", "kim"], seed=0)
        record(place / "new", ["zoe"], seed=1)
        run = profundo.train(place / "known", group="speaker", out=place / "run", epochs=10, baselines=False)
        print(
            {name: round(score["value"], 3) for name, score in profundo.evaluate(run, place / "new")["scores"].items()}
        )
        print(profundo.predict(run, place / "new").head())
        voice = profundo.train(place / "known", task="speech", out=place / "voice", epochs=20, batch_size=16, hidden=64)
        made = profundo.generate(voice.folder, label="cuckoo", out="cuckoo.wav", temperature=0.5)
        print(made.text, "in cuckoo.wav")


if __name__ == "__main__":
    main()
