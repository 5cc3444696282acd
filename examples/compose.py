"""Music in Python: learn progressions of chords that are made in code, and write a song of its own as MIDI.

python examples/compose.py
"""

import tempfile
from pathlib import Path

import profundo


def main() -> None:
    """Train for a few seconds, then compose eight bars."""
    with tempfile.TemporaryDirectory() as name:
        run = profundo.train("progressions", out=Path(name) / "run", epochs=60)
        print({name: round(score["value"], 3) for name, score in profundo.evaluate(run)["scores"].items()})
        made = profundo.generate(run.folder, out="song.mid", length=128, temperature=0.4, seed=1)
        print(made.text)


if __name__ == "__main__":
    main()
