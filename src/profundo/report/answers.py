"""The answers on the test part: which are right, which are wrong and how, and the most wrong examples."""

import numpy as np

from ..charts import number
from ..data.special import READERS
from ..errors import DataError
from ..schema import Category
from .classification import Answers, classification_figures
from .html import Html, joined, paragraph, safe, section, table, tag
from .regression import regression_figures
from .stored import Example, Stored

VALUES_SHOWN = 8


def answers_section(run: Stored) -> Html:
    """Draw the answers, as the task asks for."""
    if not run.answers or run.scores.task in READERS:
        return Html("")
    kinds = list(run.schema.targets.values())
    try:
        if len(kinds) == 1 and isinstance(kinds[0], Category) and run.scores.task != "multilabel":
            content = classification_figures(single_label(run))
        elif "probabilities" in run.answers:
            content = classification_figures(several_labels(run))
        else:
            content = regression_figures(run)
    except DataError as error:
        raise DataError(f"{run.path / 'answers.npz'} is damaged: {error}") from error
    return section("answers", "Right and wrong, on the test part", content)


def single_label(run: Stored) -> Answers:
    """Return the answers of a classification."""
    labels = run.schema.labels
    truth, given = (as_codes(run, name, labels) for name in ("y", "prediction"))
    shares = run.answers.get("probabilities")
    if shares is not None and shares.shape != (len(truth), len(labels)):
        raise DataError(f"probabilities has the shape {shares.shape}, not {(len(truth), len(labels))}.")
    shown = tuple(label or "(missing)" for label in labels)
    return Answers(shown, np.eye(len(labels), dtype=bool)[truth], shares, truth, given)


def several_labels(run: Stored) -> Answers:
    """Return the answers of a multilabel task: each target column is yes or no."""
    names, truth, shares = tuple(run.schema.targets), run.answers["y"], run.answers["probabilities"]
    if truth.dtype.kind not in "biuf" or truth.shape != (len(truth), len(names)) or shares.shape != truth.shape:
        raise DataError(f"y {truth.shape} and probabilities {shares.shape} do not fit {len(names)} targets.")
    return Answers(names, np.asarray(truth) > 0.5, shares)


def as_codes(run: Stored, name: str, labels: tuple[str, ...]) -> np.ndarray:
    """Return labels as codes 0..labels-1, whether they are stored as codes or as words."""
    values = run.answers[name]
    if values.dtype.kind == "U":
        known = {label: code for code, label in enumerate(labels)}
        words = values.reshape(-1).tolist()
        for word in sorted(set(words) - known.keys()):
            raise DataError(f"{name} holds {word!r}, which is not one of the {len(labels)} labels.")
        return np.array([known[word] for word in words], dtype=int)
    good = values.ndim == 1 and values.dtype.kind in "biuf" and bool(np.isfinite(values).all())
    if not good or (len(values) and (values.min() < 0 or values.max() >= len(labels))):
        raise DataError(f"{name} does not hold codes from 0 to {len(labels) - 1}.")
    return values.astype(int)


def examples_section(run: Stored) -> Html:
    """Show the most wrong test examples, as pictures where they are pictures."""
    if not run.examples:
        return Html("")
    pictures = [e for e in run.examples if e.picture]
    others = [e for e in run.examples if not e.picture]
    odd = run.scores.task in ("anomalies", "clustering")
    why = "the least like the others" if odd else "often they show what the data lack, or a label that is wrong"
    lead = paragraph(f"The test examples with the highest loss: {why}.", kind="quiet")
    grid = tag("div", joined(card(e) for e in pictures), class_="cards") if pictures else Html("")
    title = "The oddest" if odd else "The most wrong"
    return section("examples", title, lead, grid, example_table(others) if others else Html(""))


def card(example: Example) -> Html:
    """Show one picture with what it is and what the network said."""
    true, predicted = plain(example.true), plain(example.predicted)
    words = f"test example {example.id}: truly {true}, predicted {predicted}"
    source = f"data:image/png;base64,{example.picture}"
    image = Html(f'<img src="{source}" alt="{safe(words)}" loading="lazy">')
    sure = f" {percent(example.confidence)}" if example.confidence is not None else ""
    between = " taken for " if true != predicted else ", rightly taken for "
    where = tag("small", f"row {example.id}")
    caption = tag("figcaption", tag("b", true), between, tag("b", predicted), sure, where)
    return tag("figure", image, caption, class_="card")


def example_table(examples: list[Example]) -> Html:
    """Show examples that are rows of a table, with the first of their values."""
    names = list(dict.fromkeys(name for e in examples for name in e.values or {}))[:VALUES_SHOWN]
    sure = any(e.confidence is not None for e in examples)
    rows = [
        [str(e.id), plain(e.true), plain(e.predicted), *([percent(e.confidence)] if sure else []), e.loss]
        + [plain((e.values or {}).get(name)) for name in names]
        for e in examples
    ]
    return table(["row", "true", "predicted", *(["probability"] if sure else []), "loss", *names], rows)


def percent(share: float | None) -> str:
    """Write a probability as a percentage, never rounded up to a certainty."""
    if share is None:
        return "–"
    return f"{min(share, 0.999) * 100:.1f} %" if 0.99 < share < 1 else f"{share * 100:.0f} %"


def plain(value: object) -> str:
    """Write a value of an example."""
    if value is None:
        return "–"
    return number(value) if isinstance(value, float) else str(value)
