"""Written texts: searched for by beams, scored as translations are, shown with what each word looked at."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from ..answers import Answers
from ..baselines import BaselineResult
from ..data import encode_new, read
from ..data.buckets import lengths_of
from ..data.dataset import Data
from ..data.pairs import written
from ..data.shown import picture
from ..data.tokens import decode
from ..errors import DataError, UsageError
from ..metrics import Score, mean_score
from ..metrics.compare import Comparison, Rival, decide, paired
from ..metrics.writing import Counts, count, rightness, score_counts
from ..plan import Plan
from ..run import Run
from ..schema import Schema, Tokens
from ..tasks.task import Prediction, Predictive
from .found_texts import rivals
from .looks import cards, sources
from .outcome import Learnt, Made, Outcome

if TYPE_CHECKING:
    import pandas as pd

TOGETHER = 64  # texts that are written side by side


@torch.no_grad()
def ask_texts(network: nn.Module, task: Predictive, data: Data, split: str) -> Answers:
    """Write a text for every example of a split, inputs of similar length side by side.

    `prediction.values` and `y` are texts (n,), `codes` what was written (n, length). `losses` are 1 - chrF of each
    text; `more` holds the mean loss of a right code, and the name of the main measure.
    """
    writer: Any = task
    network.eval()
    rows, place = data.positions(split), next(network.parameters()).device
    if not len(rows):
        raise DataError(f"{data.name} has no example in its {split} part: there is nothing to write.")
    known = bool((data.y[rows] != 0).any())
    lengths = lengths_of(data.schema, data.x)
    order = torch.arange(len(rows)) if lengths is None else torch.argsort(lengths[rows].cpu(), stable=True)
    codes, losses = np.zeros((len(rows), data.y.shape[1]), np.int64), np.zeros(len(rows))
    for some in torch.split(order, TOGETHER):
        batch = data.gather(rows[some.to(rows.device)])
        x = batch.x.to(place)
        codes[some] = writer.search(network, x)
        if known:
            y = batch.y.to(place)
            losses[some] = task.example_losses(writer.told(network, x, y)[0], y).cpu().numpy()
    texts, ids = task.decode(codes), data.ids[rows].cpu().numpy()
    if not known:
        return Answers(ids, Prediction(texts), codes, None, None, {"measure": writer.measure})
    truth = np.array(true_texts(data, rows.cpu().numpy()), dtype=object)
    wrong = 1 - rightness(count(truth.tolist(), texts.tolist()))
    return Answers(ids, Prediction(texts), codes, truth, wrong, {"loss": losses, "measure": writer.measure})


def true_texts(data: Data, rows: np.ndarray) -> list[str]:
    """Return the right texts of some rows, as they are in the source."""
    ((name, kind),) = data.schema.targets.items()
    assert isinstance(kind, Tokens)
    if data.frame is None:
        return [decode(kind, row) for row in data.y[torch.from_numpy(rows)]]
    return written(data.frame[name].iloc[rows])


def counted(answers: Answers, found: np.ndarray | None = None) -> Counts:
    """Count how the written texts, or others, agree with the right ones."""
    assert answers.y is not None
    return count(list(answers.y), list(answers.prediction.values if found is None else found))


def score(answers: Answers, task: str, **how: Any) -> dict[str, Score]:
    """Measure what was written."""
    scores = score_counts(counted(answers), **how)
    main = answers.more["measure"]
    return {"loss": mean_score(answers.more["loss"], **how), main: scores[main], **scores}


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe one text that was written."""
    assert answers.y is not None and answers.losses is not None
    return {
        "id": int(answers.ids[index]),
        "loss": float(answers.losses[index]),
        "confidence": None,
        "true": str(answers.y[index]),
        "predicted": str(answers.prediction.values[index]),
        "picture": picture(data, position),
        "values": sources(data, position),
    }


def table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return the rows that predict writes: the row of the source and the text."""
    import pandas as pd

    (name,) = data.schema.targets
    found = pd.DataFrame({"row": answers.ids, name: answers.prediction.values.astype(str)})
    if data.schema.image is not None and data.frame is not None and "file" in data.frame.columns:
        found.insert(1, "file", data.frame.loc[found["row"], "file"].to_numpy())
    return found


def store(run: Run, data: Data, answers: Answers, found: Sequence[BaselineResult]) -> dict[str, np.ndarray]:
    """Return the arrays of answers.npz: how right each text is (its chrF); the texts are written as written.json."""
    assert answers.y is not None and answers.losses is not None
    rows = zip(answers.ids.tolist(), answers.y, answers.prediction.values, strict=True)
    run.write("written.json", [{"id": row, "true": str(true), "written": str(own)} for row, true, own in rows])
    own = {"ids": answers.ids, "y": np.ones(len(answers.ids)), "prediction": 1 - answers.losses}
    others = {
        f"baseline:{b.name}": rightness(counted(answers, b.prediction)) for b in found if b.prediction is not None
    }
    return own | others


def compared(answers: Answers, found: Sequence[BaselineResult], plan: Plan, measure: str) -> dict[str, Any] | None:
    """Compare the main measure with that of the best baseline by a paired bootstrap over texts."""
    done = [Rival(b.name, b.validation, b.prediction) for b in found if b.prediction is not None]
    if not done:
        return None
    own, main = counted(answers), answers.more["measure"]

    def compare(rival: Rival) -> Comparison:
        a, b = (partial(values, part, main) for part in (own, counted(answers, rival.prediction)))
        return paired(main, a, b, len(own), plan.data.seed)

    return decide(done, compare)


def values(counts: Counts, measure: str, weights: np.ndarray) -> dict[str, np.ndarray]:
    """Return one measure for each row of weights of the texts."""
    if measure == "exact match":
        return {measure: weights @ counts.exact / weights.sum(1)}
    return {measure: counts.measure(weights)[measure]}


def generate(learnt: Learnt, options: Mapping[str, Any]) -> Made:
    """Write about a prompt: a text, or the name of a picture's file. `count` texts are kept, the best first."""
    data = prompted(learnt.schema, learnt.plan.task, options.get("prompt"))
    how, task = dict(options), learnt.task
    beams, many = how.get("beams", getattr(task, "beams", 1)), how.get("count", 1)
    if isinstance(beams, bool) or not isinstance(beams, int) or beams < 1:
        raise UsageError(f"beams must be a whole number of at least 1, not {beams!r}.")
    network: Any = learnt.network
    x = data.whole("test").x.to(next(network.parameters()).device)
    penalty = getattr(task, "length_penalty", 1.0)
    length = how["length"] + 2 if "length" in how else 0
    found = network.write(x, beams=max(beams, many), penalty=penalty, length=length)
    texts = task.decode(found.codes[0, :many].numpy())
    rows = [{"text": t, "score": round(s, 4)} for t, s in zip(texts, found.scores[0].tolist(), strict=False)]
    return Made("\n".join(texts), rows)


def prompted(schema: Schema, task: str, prompt: Any) -> Data:
    """Encode a prompt as an example. Raises UsageError where there is none."""
    import pandas as pd

    names = list(schema.inputs)
    what = "the file of a picture, --prompt photo.jpg" if schema.image is not None else 'a text, --prompt "A dog runs."'
    if not str(prompt or "").strip():
        raise UsageError(f"there is nothing to write about. Give {what}")
    if len(names) > 1:
        raise UsageError(f"{len(names)} columns are read ({', '.join(names)}). Type: profundo predict RUN TABLE")
    return encode_new(schema, task, read(pd.DataFrame({names[0]: [str(prompt)]}), image=names[0]), targets=False)


OUTCOME = Outcome(
    score=score,
    describe=describe,
    table=table,
    ask=ask_texts,
    store=store,
    cards=cards,
    rivals=rivals,
    verdict=compared,
    generate=generate,
    options={
        "prompt": "the text to be translated, or the file of the picture to be described",
        "count": "how many texts, the likeliest first",
        "length": "how many pieces a text has at most",
        "beams": "how many beginnings are kept while a text is searched for",
    },
)
