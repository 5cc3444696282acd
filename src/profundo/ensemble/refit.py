"""An ensemble's answers for new rows: its networks are in the run folder, its classical models are fitted anew.

A stored classical model would be a pickle, which can run any code when it is read; the same rows and the same seed give
the same model. That they do is checked against the answers to the test part that the run stored.
"""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import precision
from ..answers import Answers
from ..baselines import decided, fit_again
from ..classical import Problem
from ..data import encode_new, load, read
from ..data.columns import Columns
from ..data.counted import Counted, counted
from ..data.dataset import Data
from ..errors import DataError, ProfundoError, ResourceError
from ..evaluate import Trained, answer, open_trained, to_frame, true_values
from ..predict import write
from ..run import Run
from ..tasks.classification import Classification
from ..tasks.multilabel import Multilabel
from ..tasks.task import Prediction
from .combine import Combination
from .members import NETWORK, network_of_seed, raw

if TYPE_CHECKING:
    import pandas as pd

ALIKE = 0.99  # the share of the test answers that must be those that were scored


def ensemble_predict(
    run: Run | str | os.PathLike[str], source: Any, out: str | os.PathLike[str] | None = None
) -> "pd.DataFrame":
    """Answer for every row of a source with the run's ensemble, as `predict` does with its network.

    Raises DataError where the run has no ensemble, or where its source is gone or has changed, so that its classical
    members cannot be fitted anew; ResourceError where the budget is too short for that.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    if not run.has("ensemble.json"):
        raise DataError(f"{run.folder} has no ensemble. Train one: profundo train SOURCE --ensemble")
    run.check("ensemble.json")
    trained = open_trained(run)
    new = encode_new(trained.schema, trained.plan.task, read(source, task=trained.plan.task), targets=False)
    stored = run.read("ensemble.json")
    names = [m["name"] for m in stored["members"]]
    answers = answers_of_networks(run, trained, new, names)
    classical = [name for name in names if name not in answers]
    if classical:
        answers |= answers_of_classical(run, trained, new, classical)
    together = Combination.from_dict(stored["combination"])([answers[name] for name in names])
    frame = to_frame(as_answers(together, trained, new), trained.schema)
    if out is not None:
        write(frame, Path(out))
    notes = [n.text for n in new.notes if n.warning]
    again = [f"fitted anew from {trained.plan.data.source}: {', '.join(classical)}"] if classical else []
    frame.attrs["notes"] = notes + again
    return frame


def answers_of_networks(run: Run, trained: Trained, new: Data, names: list[str]) -> dict[str, np.ndarray]:
    """Return what the run's network and those of its further seeds answer."""
    own = {NETWORK: trained.network} if NETWORK in names else {}
    own |= {name: network_of_seed(run, trained.network, name) for name in names if name.startswith("seed-")}
    return {name: raw(answer(network, trained.task, new, "test")) for name, network in own.items()}


def answers_of_classical(run: Run, trained: Trained, new: Data, names: list[str]) -> dict[str, np.ndarray]:
    """Fit classical models as the run did, and return what they answer for the new rows."""
    plan, data = trained.plan, source_again(run, trained)
    count = data.count("test")
    words = counted(data)
    parts: dict[str, tuple[Any, np.ndarray]] = {
        part: (
            Columns(data, part) if words is None else words.rows(data, part),
            true_values(data.schema, data.y[data.positions(part)].cpu().numpy()),
        )
        for part in ("train", "validation")
    }
    parts["test"] = (rows_together(data, new, words), np.empty(0))
    labels = len(data.schema.labels) if plan.task == "classification" else len(data.schema.targets)
    threads = plan.recipe.threads or precision.cores()
    embedded, pictures = 0 if words else len(data.schema.embedded), data.schema.image is not None
    problem = Problem(
        *(plan.task, labels, embedded, data.count("train"), threads, plan.data.seed, pictures),
        texts=0 if words is None else words.texts,
    )
    found = fit_again(parts, names, problem, budget_s=plan.budget)
    for name in names:
        if name not in found:
            raise ResourceError(
                f"{name}, a member of the ensemble, was not fitted anew within {plan.budget:g} s. Is the machine busy? "
                f"Try again, or use the network alone: profundo predict {run.folder} NEW_DATA"
            )
    check_same(run, trained, {name: answers[:count] for name, answers in found.items()})
    return {name: answers[count:] for name, answers in found.items()}


def rows_together(data: Data, new: Data, words: Counted | None) -> Any:
    """Return the rows of both test parts, the new ones last."""
    if words is None:
        return np.concatenate([np.asarray(Columns(data, "test")), np.asarray(Columns(new, "test"))])
    from scipy.sparse import vstack

    return vstack([words.rows(data, "test"), words.rows(new, "test")], format="csr")


def source_again(run: Run, trained: Trained) -> Data:
    """Load what the run was trained on. Raises DataError where it is gone."""
    source = trained.plan.data.source
    what = f"the classical members of the ensemble of {run.folder} are fitted anew from the data that it learnt from"
    advice = f"without them, the network alone answers: profundo predict {run.folder} NEW_DATA"
    if not source or source.startswith("<"):
        raise DataError(f"{what}, which were no file; {advice}")
    try:
        return load(source, trained.plan.data)
    except ProfundoError as error:
        raise DataError(f"{what}, and {source} cannot be read ({error}) Put it back; {advice}") from error


def check_same(run: Run, trained: Trained, answers: dict[str, np.ndarray]) -> None:
    """Raise DataError where models fitted anew do not answer the test part as the run's did."""
    run.check("answers.npz")
    with np.load(io.BytesIO(run.path("answers.npz").read_bytes()), allow_pickle=False) as file:
        scored = {name: file[f"baseline:{name}"] for name in answers if f"baseline:{name}" in file.files}
    for name, given in answers.items():
        own, then = decided(trained.plan.task, given), scored.get(name)
        if then is None or then.shape != own.shape or np.isclose(own, then, rtol=1e-3).mean() < ALIKE:
            raise DataError(
                f"{name}, fitted anew, does not answer as it did when {run.folder} was scored: "
                f"{trained.plan.data.source} or the version of scikit-learn changed. Put the old one back, or train "
                "anew: profundo train SOURCE --ensemble"
            )


def as_answers(values: np.ndarray, trained: Trained, new: Data) -> Answers:
    """Return combined answers as those of one network."""
    ids, task = new.ids.cpu().numpy(), trained.task
    prediction = Prediction(values)
    if isinstance(task, Classification):
        prediction = Prediction(task.decode(values.argmax(1)), values, task.labels)
    elif isinstance(task, Multilabel):
        prediction = Prediction(task.decode(values >= 0.5), values, task.labels)
    return Answers(ids, prediction, decided(trained.plan.task, values), None, None)
