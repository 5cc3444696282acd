"""Some clips of the test part, drawn by chance, with what is true and what was said."""

from typing import Any

import numpy as np

from ..answers import Answers
from ..data.dataset import Data
from ..data.shown import picture
from ..schema import Category, Video

SHOWN = 8
SALT = 0xC1


def clips_card(data: Data, answers: Answers, seed: int = 0) -> dict[str, Any]:
    """Return what clips.json holds: how long the clips are, and some of the test part as strips of frames."""
    kind = data.schema.shaped
    assert isinstance(kind, Video)
    places = np.sort(np.random.default_rng([seed, SALT]).permutation(len(answers.ids))[:SHOWN])
    position = {int(row): place for place, row in enumerate(data.ids.tolist())}
    return {
        "frames": kind.frames,
        "rate": kind.rate,
        "clips": [told(data, answers, int(place), position[int(answers.ids[place])]) for place in places],
    }


def told(data: Data, answers: Answers, place: int, position: int) -> dict[str, Any]:
    """Tell of one clip: its row, truth, answer, the probability of the answer, and its frames."""
    target = next(iter(data.schema.targets.values()))
    prediction, y = answers.prediction, answers.y
    assert y is not None
    true = target.labels[int(y[place])] if isinstance(target, Category) else np.round(y[place], 4).tolist()
    said = prediction.values[place]
    sure = None if prediction.probabilities is None else float(np.max(prediction.probabilities[place]))
    return {
        "id": int(answers.ids[place]),
        "true": str(true),
        "said": str(said if isinstance(said, str) else np.round(said, 4).tolist()),
        "probability": sure if isinstance(target, Category) else None,
        "picture": picture(data, position),
    }
