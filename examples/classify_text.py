"""From messages and their labels to the words that decide, in Python: make some, learn, score, predict, explain.

python examples/classify_text.py
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import profundo

SPEECH = {
    "question": ("when does the {} open", "how much is the {}", "is the {} still there", "where can I find the {}"),
    "complaint": (
        "the {} arrived broken",
        "my {} stopped working",
        "the {} is far too slow",
        "I want my money back: {}",
    ),
}
THINGS = ("shop", "lamp", "phone", "garden chair", "blue kettle", "small table", "radio", "door")


def messages(count: int, seed: int) -> pd.DataFrame:
    """Make messages of two labels."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(list(SPEECH), count)
    texts = [rng.choice(SPEECH[label]).format(rng.choice(THINGS)) + f", order {rng.integers(1e5)}" for label in labels]
    return pd.DataFrame({"message": texts, "label": labels})


def main() -> None:
    """Train on 400 messages and show what speaks for each label."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        run = profundo.train(messages(400, seed=0), "label", out=place / "run", evaluate="holdout")
        scores = json.loads((place / "run" / "scores.json").read_text())
        print(f"accuracy {scores['scores']['accuracy']['value']:.3f}: {scores['verdict']}")
        print(profundo.predict(run, messages(5, seed=1)).to_string())
        for spoken in json.loads((place / "run" / "words.json").read_text())["words"]:
            print(f"{spoken['output']}: {', '.join(word for word, _, _ in spoken['words'][:6])}")


if __name__ == "__main__":
    main()
