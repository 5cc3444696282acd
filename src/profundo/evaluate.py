"""Honest scores: a network on a split, every score with an interval, and the run folder's account of them."""

import io
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from .answers import Answers, ask
from .assemble import assemble
from .data import encode_new, read
from .data.dataset import Data
from .data.shown import picture
from .decision import Decision, undecided
from .errors import CheckFailed, DataError
from .metrics import Score, classification_scores, mean_score, multilabel_scores, regression_scores
from .outcomes import find_outcome
from .plan import Plan
from .run import Run
from .schema import Category, Number, Schema
from .tasks import build_task
from .tasks.task import Predictive

if TYPE_CHECKING:
    import pandas as pd

WORST = 24  # examples shown in the report


@dataclass(frozen=True)
class Trained:
    """A run's network, ready to answer."""

    network: nn.Module
    task: Predictive
    schema: Schema
    plan: Plan
    decision: Decision

    def answer(self, data: Data, split: str = "test") -> "Answers":
        """Answer for every example of a split, with calibrated probabilities."""
        return answer(self.network, self.task, data, split, self.decision)


def open_trained(run: Run | str | os.PathLike[str]) -> Trained:
    """Load a run's best weights into its network. Raises DataError where a file is missing or not the one stored."""
    run = run if isinstance(run, Run) else Run.open(run)
    run.check("plan.toml", "schema.json")
    plan = Plan.from_toml(run.path("plan.toml").read_text(encoding="utf-8"), str(run.path("plan.toml")))
    schema = Schema.from_dict(run.read("schema.json"))
    weights = run.load_weights("best.safetensors", run.digest("best.safetensors"))
    network = assemble(plan, schema)
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        raise DataError(f"{run.path('best.safetensors')} does not fit the network {plan.network}: {error}") from error
    decision = Decision.from_dict(run.read("decision.json")) if run.has("decision.json") else undecided(plan.task)
    return Trained(network.eval(), build_task(plan.task, schema, **plan.task_options), schema, plan, decision)


@torch.no_grad()
def answer(network: nn.Module, task: Predictive, data: Data, split: str, decision: Decision | None = None) -> Answers:
    """Ask the network about every example of a split; with a decision, its probabilities and its answers."""
    network.eval()
    outcome = find_outcome(data.task)
    if outcome is not None:
        return outcome.ask(network, task, data, split)
    answers = ask(network, task, data, split)
    together, codes = answers.prediction, answers.codes
    if together.probabilities is not None:
        decision = decision or undecided("multilabel" if together.values.ndim > 1 else "classification")
        together = decision.apply(together, task.decode)
        assert together.probabilities is not None
        codes = decision.choose(together.probabilities)
    y = None if answers.y is None else true_values(data.schema, answers.y)
    return replace(answers, prediction=together, codes=codes, y=y)


def true_values(schema: Schema, y: np.ndarray) -> np.ndarray:
    """Return y as codes, or as numbers in the target's own units."""
    numbers = [k for k in schema.targets.values() if isinstance(k, Number)]
    if not numbers:
        return y
    scale, center = (np.array([getattr(k, f) for k in numbers]) for f in ("scale", "center"))
    values = y.astype(np.float64)
    return values * scale + center if values.ndim > 1 else values * scale[0] + center[0]


def score(answers: Answers, task: str, *, seed: int = 0, resamples: int = 1000) -> dict[str, Score]:
    """Score answers: every measure of the task with a 95 % interval and n; without resamples, hardly any interval."""
    if answers.losses is None:
        raise DataError("the data have no target column: there is nothing to compare the answers with.")
    prediction = answers.prediction
    how: Any = {"seed": seed, "resamples": resamples}
    outcome = find_outcome(task)
    if outcome is not None:
        return outcome.score(answers, task, **how)
    assert answers.y is not None
    if prediction.probabilities is None:
        scores = regression_scores(answers.y, prediction.values, **how)
    elif task == "multilabel":
        scores = multilabel_scores(answers.y, prediction.probabilities, decided=answers.codes, **how)
    else:
        scores = classification_scores(
            answers.y, prediction.probabilities, prediction.labels, decided=answers.codes, **how
        )
    return {"loss": mean_score(answers.losses, **how), **scores}


def evaluate(
    run: Run | str | os.PathLike[str],
    source: Any = None,
    *,
    annotations: str | os.PathLike[str] = "",
    min_score: float | None = None,
) -> dict[str, Any]:
    """Return the scores that a run stored, or, with `source`, score the run's network on new data that have the target.

    `annotations` says where things are in the pictures of `source`, where its folder does not say so by itself.

    Raises CheckFailed where `min_score` is given and the main score is worse.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    if source is None:
        run.check("scores.json")
        result = run.read("scores.json")
    else:
        trained = open_trained(run)
        task = trained.plan.task
        data = encode_new(trained.schema, task, read(source, annotations=annotations, task=task), targets=True)
        answers = trained.answer(data)
        scores = {k: v.to_dict() for k, v in score(answers, trained.plan.task).items()}
        notes = [n.text for n in data.notes]
        result = {
            "run": str(run.folder),
            "source": str(source),
            "n": len(answers.ids),
            "scores": scores,
            "lower": [m.name for m in trained.task.metrics() if m.better == "lower"],
            "notes": notes,
        }
    main = next(iter(k for k in result["scores"] if k != "loss"))
    result = {**result, "main": main}
    if min_score is not None and (told := too_bad(result, min_score)):
        raise CheckFailed(told)
    return result


def too_bad(result: Mapping[str, Any], wanted: float) -> str:
    """Say that the main score is worse than what was wanted; "" where it is not."""
    main, value = result["main"], result["scores"][result["main"]]["value"]
    lower = main in result.get("lower", ())
    if value is not None and (value <= wanted if lower else value >= wanted):
        return ""
    shown = "undefined" if value is None else f"{value:.4g}"
    return f"{main} is {shown}, {'above' if lower else 'below'} the {wanted} that was asked for."


def most_wrong(answers: Answers, data: Data, count: int = WORST) -> list[dict[str, Any]]:
    """Describe the examples with the highest loss, as examples.json keeps them."""
    if answers.losses is None:
        return []
    worst = np.argsort(-answers.losses, kind="stable")[:count]
    ids = data.ids.cpu().numpy()
    return [describe(answers, data, int(w), int((ids == answers.ids[w]).argmax())) for w in worst]


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe one answered example: what was true, what was said, and the example itself."""
    outcome = find_outcome(data.task)
    if outcome is not None:
        return outcome.describe(answers, data, index, position)
    prediction, y = answers.prediction, answers.y
    losses, row = answers.losses, int(answers.ids[index])
    assert y is not None and losses is not None
    told: dict[str, Any] = {"id": row, "loss": float(losses[index]), "confidence": None, "picture": None, "values": {}}
    kinds = list(data.schema.targets.values())
    if len(kinds) == 1 and isinstance(kinds[0], Category) and prediction.probabilities is not None:
        told |= {"true": kinds[0].labels[int(y[index])], "predicted": str(prediction.values[index])}
        told["confidence"] = float(prediction.probabilities[index].max())
    else:
        told |= {"true": np.asarray(y[index]).tolist(), "predicted": np.asarray(prediction.values[index]).tolist()}
    told["picture"] = picture(data, position)
    if data.schema.image is None and data.frame is not None:
        place = int((data.frame.index.to_numpy() == row).argmax())  # .at[] would build a table of the whole index
        told["values"] = {c: str(data.frame[c].iat[place]) for c in data.schema.inputs if c in data.frame.columns}
    return told


def answers_to_npz(answers: Answers, others: Mapping[str, Any]) -> bytes:
    """Pack answers, and those of other models to the same examples, as the bytes of answers.npz."""
    arrays: dict[str, Any] = {"ids": answers.ids, "prediction": np.asarray(answers.prediction.values)}
    if answers.prediction.values.dtype == object:
        arrays["prediction"] = answers.prediction.values.astype(str)
    if answers.y is not None:
        arrays["y"] = answers.y
    if answers.prediction.probabilities is not None:
        arrays["probabilities"] = answers.prediction.probabilities
    file = io.BytesIO()
    np.savez_compressed(file, **arrays, **others)
    return file.getvalue()


def to_frame(answers: Answers, schema: Schema) -> "pd.DataFrame":
    """Return answers as a table: row, prediction, and one column of probability for each label."""
    import pandas as pd

    targets = list(schema.targets)
    values = answers.prediction.values
    table: dict[str, Any] = {"row": answers.ids}
    if values.ndim == 1:
        table[targets[0]] = values
    else:
        table |= {name: values[:, i] for i, name in enumerate(targets)}
    if answers.prediction.probabilities is not None:
        names = answers.prediction.labels or tuple(targets)
        table |= {f"probability of {n}": answers.prediction.probabilities[:, i] for i, n in enumerate(names)}
    return pd.DataFrame(table)
