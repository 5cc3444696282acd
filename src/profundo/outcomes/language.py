"""A language model's answers: how surprised it is by each token of a text, and text of its own."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from ..answers import Answers
from ..baselines import BaselineResult
from ..data.dataset import Data
from ..data.passages import Passages
from ..errors import DataError, UsageError
from ..metrics import Score
from ..metrics.language import language_scores
from ..run import Run
from ..schema import END, FILLING, RESERVED, Tokens
from ..tasks.language import surprise
from ..tasks.task import Prediction, Predictive
from . import ngrams
from .outcome import Learnt, Made, Outcome
from .sampling import USUAL, prompt_codes, sample, written

if TYPE_CHECKING:
    import pandas as pd

SHOWN = 600  # tokens of the test part that the report colours
TEMPERATURES = (0.5, 0.8, 1.0)


@torch.no_grad()
def ask(network: nn.Module, task: Predictive, data: Data, split: str) -> Answers:
    """Read the passages of a split; `more` holds -log p of every token in nats, (n, context), 0 where none is scored.

    The prediction is the likeliest code at each step, (n, context); y are the true ones, 0 where none is scored.
    """
    network.eval()
    place = next(network.parameters()).device
    found: list[tuple[np.ndarray, ...]] = []
    for batch in data.batches(split, size=64):
        scores, true = network(batch.x.to(place)), batch.y.to(place)
        likeliest = scores.argmax(2)
        said = (batch.ids, likeliest.int(), true.int(), surprise(scores, true))
        found.append(tuple(t.cpu().numpy() for t in said))
    if not found:
        raise DataError(f"{data.name} has no text in its {split} part: there is nothing to read.")
    ids, likeliest, y, nats = (np.concatenate(parts) for parts in zip(*found, strict=True))
    losses = nats.sum(1) / np.maximum((y != FILLING).sum(1), 1)
    return Answers(ids, Prediction(likeliest), likeliest, y, losses, {"nats": nats})


def score(answers: Answers, task: str, **how: Any) -> dict[str, Score]:
    """Measure the surprise at the tokens of all passages."""
    assert answers.y is not None
    scored = answers.y != FILLING
    hits = ((answers.codes == answers.y) & scored).sum(1)
    return language_scores(answers.more["nats"].sum(1), hits, scored.sum(1), **how)


def kind_of(data: Data) -> Tokens:
    """Return how the text is cut into tokens."""
    kind = next(iter(data.schema.inputs.values()))
    assert isinstance(kind, Tokens)
    return kind


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe a passage that surprised: its text, and what was held for likeliest at each step."""
    assert answers.y is not None and answers.losses is not None
    scored = answers.y[index] != FILLING
    kind = kind_of(data)
    true, likeliest = answers.y[index][scored], answers.codes[index][scored]
    return {
        "id": int(answers.ids[index]),
        "loss": float(answers.losses[index]),
        "confidence": None,
        "true": text_of(kind, true),
        "predicted": text_of(kind, likeliest),
        "picture": None,
        "values": {},
    }


def text_of(kind: Tokens, codes: np.ndarray) -> str:
    """Return the text of codes, with all that follows an end."""
    return written(kind, codes[(codes != END)])


def table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return a row for each line of a text, or each text of several: its tokens and the mean surprise at them."""
    import pandas as pd

    assert isinstance(data, Passages) and answers.y is not None and data.frame is not None
    column = next(iter(data.schema.inputs))
    scored = answers.y != FILLING
    rows = data.ids.numpy()[data.steps(data.positions("test"))[:, 1:].numpy()[scored]]
    count = np.bincount(rows)
    nats = np.bincount(rows, answers.more["nats"][scored])
    kept = np.flatnonzero(count)
    values = data.frame[column].tolist()
    texts = str(values[0]).split("\n") if len(values) == 1 else values
    name = "line" if len(values) == 1 else "row"
    mean = nats[kept] / count[kept]
    return pd.DataFrame({name: kept, column: [texts[i] for i in kept], "tokens": count[kept], "nats a token": mean})


def store(run: Run, data: Data, answers: Answers, found: Sequence[BaselineResult]) -> dict[str, np.ndarray]:
    """Return the arrays of answers.npz: the mean surprise of each passage, and that of each baseline."""
    assert answers.losses is not None
    own = {"ids": answers.ids, "y": np.zeros(len(answers.ids)), "prediction": answers.losses.astype(np.float64)}
    return own | {f"baseline:{b.name}": b.prediction for b in found if b.prediction is not None}


def cards(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Store what the report shows: samples, a coloured passage, and cells that follow something in the text."""
    from .cells import cells_card

    kind = kind_of(data)
    begin = prompt_codes(kind, "")
    samples = []
    for temperature in TEMPERATURES:
        how: Any = {"length": USUAL[kind.unit], "temperature": temperature, "count": 1, "seed": learnt.plan.data.seed}
        samples.append(
            {"temperature": temperature, "text": written(kind, sample(learnt.network, kind, begin, **how)[0])}
        )
    card = {
        "unit": kind.unit,
        "vocabulary": len(kind.vocabulary),
        "samples": samples,
        "surprise": coloured(kind, answers),
    }
    cells = cells_card(learnt.network, data)
    run.write("language.json", card | {"cells": cells})
    return {"sample": samples[1]["text"], "cells": [cell["sentence"] for cell in cells]}


def coloured(kind: Tokens, answers: Answers) -> dict[str, Any]:
    """Return the first tokens of the test part, and the surprise at each in nats."""
    assert answers.y is not None
    scored = answers.y != FILLING
    codes, nats = answers.y[scored][:SHOWN], answers.more["nats"][scored][:SHOWN]
    return {"tokens": [shown(kind, int(code)) for code in codes], "values": [round(float(n), 3) for n in nats]}


def shown(kind: Tokens, code: int) -> str:
    """Return the text of one token as it stands in a line."""
    if code < RESERVED:
        return {END: "∎"}.get(code, "�")
    text = written(kind, [code])
    return text if kind.unit in ("characters", "bases") else f"{text} " if kind.unit == "words" else text


OPTIONS = {
    "prompt": "what the text begins with",
    "temperature": "under 1 safer, over 1 bolder, 0 the likeliest each time (0.8)",
    "count": "how many texts (1)",
    "length": "how many characters, words or tokens (500 characters, 100 words)",
    "cell": "LAYER.UNIT: colour the prompt by the activation of this cell, in place of new text",
    "seed": "the same seed makes the same text",
}


def generate(learnt: Learnt, options: Mapping[str, Any]) -> Made:
    """Write text that goes on from a prompt, or colour the prompt by a cell."""
    kind = next(iter(learnt.schema.inputs.values()))
    assert isinstance(kind, Tokens)
    prompt = str(options.get("prompt", ""))
    if "cell" in options:
        from .cells import colour

        return colour(learnt.network, kind, prompt, str(options["cell"]))
    temperature, count = float(options.get("temperature", 0.8)), int(options.get("count", 1))
    length = int(options.get("length", USUAL[kind.unit]))
    if temperature < 0 or count < 1 or length < 1:
        raise UsageError("--temperature is 0 or more, --count and --length 1 or more.")
    given = prompt_codes(kind, prompt)
    how: Any = {"length": length, "temperature": temperature, "count": count, "seed": int(options.get("seed", 0))}
    made = sample(learnt.network, kind, given, **how)
    texts = [whole(kind, prompt, given, codes) for codes in made]
    return Made("\n---\n".join(texts), [{"text": text, "prompt": prompt} for text in texts])


def whole(kind: Tokens, prompt: str, given: Sequence[int], codes: Sequence[int]) -> str:
    """Return a prompt with its continuation."""
    if not prompt:
        return written(kind, codes)
    if kind.unit == "words":
        return written(kind, [*given, *codes])
    return prompt + written(kind, codes)


OUTCOME = Outcome(
    score=score,
    describe=describe,
    table=table,
    ask=ask,
    store=store,
    cards=cards,
    rivals=ngrams.rivals,  # type: ignore[arg-type]
    measure="nats",
    generate=generate,
    options=OPTIONS,
)
