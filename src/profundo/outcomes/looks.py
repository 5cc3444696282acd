"""Some texts of the test part with what the network looked at while it wrote each piece: what the report shows."""

import base64
import io
import itertools
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..answers import Answers
from ..data.dataset import Data
from ..data.pairs import written
from ..data.shown import picture
from ..data.tokens import decode, spans
from ..metrics.writing import count, score_counts
from ..run import Run
from ..schema import END, FILLING, Image, Tokens
from .outcome import Learnt

SHOWN = 8
MOST_PIECES = 60  # of a text that is shown: an attention picture of more cannot be read
PARTS = 4  # groups of texts by their length
FEWEST = 80  # texts from which they are grouped
SCALE = 2  # times that a small picture is drawn larger


def cards(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Write writing.json: texts drawn by chance alone with what was looked at, and the scores by length."""
    rows = np.random.default_rng([learnt.plan.data.seed, 0x77]).permutation(len(answers.ids))
    short = [int(row) for row in rows if pieces_of(answers.codes[row]) <= MOST_PIECES][:SHOWN]
    shown = [one(learnt, data, answers, row) for row in short]
    main = answers.more["measure"]
    card = {"task": learnt.plan.task, "measure": main, "examples": shown, "lengths": by_length(answers, main)}
    run.write("writing.json", card)
    return {}


def pieces_of(codes: np.ndarray) -> int:
    """Return how many pieces a text of codes has, with the end."""
    return int((codes != FILLING).sum()) - 1


@torch.no_grad()
def one(learnt: Learnt, data: Data, answers: Answers, row: int) -> dict[str, Any]:
    """Return one text of the test part: what was read, what is right, what was written, and the weights."""
    network: Any = learnt.network
    place = next(network.parameters()).device
    rows = data.positions("test")[row : row + 1]
    batch = data.gather(rows)
    codes = torch.from_numpy(answers.codes[row : row + 1])
    weights = network.looks(batch.x.to(place), codes.to(place))[0].float().cpu()
    (kind,) = data.schema.targets.values()
    assert answers.y is not None and isinstance(kind, Tokens)
    told = {
        "id": int(answers.ids[row]),
        "source": sources(data, int(rows[0])),
        "true": str(answers.y[row]),
        "written": str(answers.prediction.values[row]),
        "pieces": [name_of(kind, code) for code in codes[0, 1 : 1 + len(weights)].tolist()],
    }
    image = data.schema.image
    if image is not None:
        maps = network.encoder
        seen = [overlaid(data.x[int(rows[0])], w.view(maps.height, maps.columns), image) for w in weights]
        return told | {"picture": picture(data, int(rows[0])), "seen": seen}
    if not data.schema.tokens:
        return told
    read = read_pieces(data, int(rows[0]), weights.shape[1])
    return told | {"read": read, "weights": [[round(float(v), 3) for v in line] for line in weights[:, : len(read)]]}


def sources(data: Data, position: int) -> dict[str, str]:
    """Return what was read for one example, by column."""
    if data.frame is None:
        return {}
    return {c: str(data.frame[c].iat[position]) for c in data.schema.inputs if c in data.frame.columns}


def name_of(kind: Tokens, code: int) -> str:
    """Return a piece as it is shown."""
    return "(end)" if code == END else decode(kind, [code]).strip(" ") or "␣"


def read_pieces(data: Data, position: int, most: int) -> list[str]:
    """Return the pieces of the texts that were read; what stands beside them is the last."""
    assert data.frame is not None
    found: list[str] = []
    for name, kind in data.schema.tokens.items():
        (text,) = written(data.frame[name].iloc[[position]])
        found += [text[a:b].strip(" ") or "␣" for a, b in spans(kind, text)]
    return [*found, "(columns)"][:most] if len(found) < most else found[:most]


def overlaid(pixels: Tensor, weights: Tensor, image: Image) -> str:
    """Draw a picture (channels, height, width) uint8, the darker the less it was looked at, as a PNG in base64."""
    from PIL import Image as Pillow

    array = pixels.numpy()[0] if image.channels == 1 else np.moveaxis(pixels.numpy()[:3], 0, -1)
    size = (image.width_pixels * SCALE, image.height * SCALE)
    light = Pillow.fromarray((weights / weights.max().clamp(min=1e-9)).numpy().astype(np.float32))
    bright = np.asarray(light.resize(size, Pillow.Resampling.BICUBIC)).clip(0, 1)[..., None]
    shown = np.asarray(Pillow.fromarray(array).convert("RGB").resize(size, Pillow.Resampling.NEAREST), np.float32)
    glow = np.array([255, 150, 20], np.float32) * bright  # so that a look at black can be seen too
    file = io.BytesIO()
    Pillow.fromarray((shown * 0.55 + glow * 0.45).astype(np.uint8)).save(file, format="PNG")
    return base64.b64encode(file.getvalue()).decode()


def by_length(answers: Answers, measure: str) -> list[dict[str, Any]]:
    """Return the main score of short, longer and long right texts, by words (letters where they are single words)."""
    assert answers.y is not None
    if len(answers.y) < FEWEST:
        return []
    words = np.array([len(t.split()) for t in answers.y])
    unit, size = ("words", words) if np.median(words) > 1 else ("letters", np.array([len(t) for t in answers.y]))
    edges = np.unique(np.quantile(size, np.linspace(0, 1, PARTS + 1)).astype(int))
    found = []
    for i, (low, high) in enumerate(itertools.pairwise(edges.tolist())):
        inside = (size >= low) & ((size < high) if i < len(edges) - 2 else (size <= high))
        if inside.sum() < 2:
            continue
        counts = count(answers.y[inside].tolist(), answers.prediction.values[inside].tolist())
        scored = score_counts(counts, resamples=200)[measure]
        last = high if i == len(edges) - 2 else high - 1
        found.append({"words": f"{low}" if low == last else f"{low} to {last}", "unit": unit} | scored.to_dict())
    return found
