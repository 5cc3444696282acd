"""Data without answers to learn: tables, pictures, sounds, and windows of time series. A label, where there is one,
is read for scoring alone.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, UsageError, unknown
from ..schema import Category, Kind, Schema
from . import encode
from .dataplan import DataPlan
from .dataset import Data
from .images import choose_image, fit_pixels, odd_sizes, readable
from .kinds import Decision, infer, listed, shell
from .load import build_augment, check_size, data_note, divide, reserved, tensor
from .raw import Note, Raw
from .summary import of_image, summarise
from .target import Target
from .timesteps import load_steps, new_steps
from .values import labels, natural
from .without import rows_without

if TYPE_CHECKING:
    import pandas as pd

COMMON = 50  # labels of a category that have a column of their own; the others are all alike


def load(plan: DataPlan, raw: Raw, families: np.ndarray | None) -> Data:
    """Load rows, pictures, sounds or steps of time, and what is known of them for scoring.

    `--target` names the label that scores; `--normal` which of its values is not odd. Neither is learnt from.
    """
    truth = truth_column(plan, raw)
    if plan.time and plan.task == "anomalies" and raw.pictures is None and raw.media is None:
        known = {truth: fit_truth(plan, raw, np.arange(len(raw.frame)), truth)} if truth else {}
        return load_steps(plan, raw, Schema(truth=known))
    kept = rows_without(plan.without, len(raw.frame))
    notes: list[Note] = []
    if raw.pictures is not None:
        kept, notes = kept & (good := readable(raw.pictures, raw.pictures.survey()))[0], good[1]
    elif raw.media is not None:
        kept, notes = kept & (usable := raw.media.usable())[0], usable[1]
    judged = (truth,) if truth else ()
    by_label = bool(truth) and not raw.frame[truth][kept].isna().any()  # rare ones stand in every part
    view, parts = divide(plan, raw, Target(judged, "classification" if by_label else plan.task, kept), kept, families)
    train = parts.parts["train"]
    inputs, x, decision, more = read_inputs(plan, raw, view, kept, train, truth)
    kinds = {} if not truth else {truth: fit_truth(plan, view, train, truth)}
    schema = Schema(inputs, {}, kinds)
    y, y_notes = find_truth(schema, plan.task, view)
    columns = view.frame if schema.shaped is None else view.frame.drop(columns=list(inputs), errors="ignore")
    shown = summarise(columns, train, schema, decision)
    if schema.image is not None:
        shown = {raw.picture_column: of_image(len(view.frame), schema.image, int((~kept).sum()))} | shown
    return Data(
        name=raw.name,
        schema=schema,
        task=plan.task,
        x=x,
        y=torch.from_numpy(y),
        ids=torch.from_numpy(view.frame.index.to_numpy(np.int64, copy=True)),
        splits={name: torch.from_numpy(found) for name, found in parts.parts.items()},
        seed=plan.seed,
        notes=[data_note(raw), *raw.notes, *notes, *parts.notes, *more, *y_notes, *decision.notes],
        frame=view.frame,
        augment=None if plan.augment == "auto" else build_augment(plan.augment, schema, plan.task),
        summary=shown,
        official=raw.split is not None,
    )


def new(schema: Schema, task: str, raw: Raw, *, targets: bool) -> Data:
    """Encode new rows as a trained network knows them; the label that scores is read where it is there."""
    if schema.takes == "series" and raw.media is None:
        return new_steps(schema, task, raw)
    from .new import new_media, new_pixels, new_table

    read: Any = new_pixels if schema.image is not None else new_table if schema.shaped is None else new_media
    x, kept, notes = read(schema, raw, np.ones(len(raw.frame), dtype=bool))
    if not kept.any():
        raise DataError(f"{raw.name} has no usable row ({'; '.join(n.text for n in notes)}).")
    view = replace(raw, frame=raw.frame.take(np.flatnonzero(kept)))
    if not set(schema.truth) <= set(view.frame.columns):
        schema = replace(schema, truth={})
    y, y_notes = find_truth(schema, task, view)
    return Data(
        name=raw.name,
        schema=schema,
        task=task,
        x=x,
        y=torch.from_numpy(y),
        ids=torch.from_numpy(view.frame.index.to_numpy(np.int64, copy=True)),
        splits={"test": torch.arange(len(x))},
        notes=[data_note(raw), *raw.notes, *notes, *y_notes],
        frame=view.frame,
    )


def truth_column(plan: DataPlan, raw: Raw) -> str:
    """Return the column of the label that scores, "" where there is none."""
    wanted = plan.target or raw.target
    if len(wanted) > 1:
        raise UsageError(f"one column scores {plan.task}, not {listed(wanted)}. Name one with --target.")
    for name in wanted:
        if name not in raw.frame.columns:
            raise DataError(f"in {raw.name}, " + unknown("column", name, map(str, raw.frame.columns)))
    if plan.normal and not wanted:
        raise UsageError(f"--normal {plan.normal} is a label of which column? Type: --target COLUMN")
    return wanted[0] if wanted else ""


def fit_truth(plan: DataPlan, view: Raw, train: np.ndarray, name: str) -> Category:
    """Return the labels that score; of anomalies the first is the one that is not odd."""
    every = tuple(label for label in natural(labels(view.frame[name])) if label)
    if plan.task != "anomalies":
        return Category(every)
    codes, texts = labels(view.frame[name].take(train))
    usual = plan.normal or texts[int(np.bincount(codes[codes >= 0], minlength=1).argmax())]
    if usual not in every:
        raise DataError(f"for --normal, in the column {name!r}, " + unknown("label", usual, every))
    return Category((usual, *(label for label in every if label != usual)))


def find_truth(schema: Schema, task: str, view: Raw) -> tuple[np.ndarray, list[Note]]:
    """Return y (n,) int64 of the label that scores, and what to say of it: zeros where there is none.

    Of anomalies y is 1 for every label but the first, and for one never seen; -1 where it is missing.
    """
    y = np.zeros(len(view.frame), np.int64)
    for name, kind in schema.truth.items():
        assert isinstance(kind, Category)
        codes, texts = labels(view.frame[name])
        place = {label: code for code, label in enumerate(kind.labels)}
        y = np.array([*(place.get(text, len(kind.labels)) for text in texts), -1])[codes]
        if task == "anomalies":
            y = np.minimum(y, 1)
            usual = f"{int((y == 1).sum()):,} rows are odd by {name}, whose usual value is {kind.labels[0]}"
            return y, [Note("task", f"anomalies; {usual}; it only scores", f"--target {shell(name)} --normal LABEL")]
        return y, [Note("task", f"clusters; {name} only scores them", f"--drop {shell(name)}")]
    flag = "--target COLUMN" + (" --normal LABEL" if task == "anomalies" else "")
    return y, [Note("task", f"{task}; no label to score by", flag)]


def read_inputs(
    plan: DataPlan, raw: Raw, view: Raw, kept: np.ndarray, train: np.ndarray, truth: str
) -> tuple[dict[str, Kind], Tensor, Decision, list[Note]]:
    """Return the kinds of the inputs, x, what became of each column, and notes."""
    rows = np.searchsorted(raw.frame.index, view.frame.index)
    if raw.pictures is not None:
        survey = raw.pictures.survey()
        image, notes = choose_image(survey, plan.size, plan.sizes)
        pixels = raw.pictures.decode(rows, image.channels, image.height, image.width_pixels)
        image = fit_pixels(image, pixels, train, plan.seed, (plan.mean, plan.std))
        return {raw.picture_column: image}, tensor(pixels), Decision(), notes + odd_sizes(raw.pictures, survey, kept)
    if raw.media is not None:
        media, notes = raw.media.fit(plan, rows, train)
        return {raw.media_column: media}, raw.media.encode(media, rows), Decision(), notes
    how: Any = {"keep": plan.keep, "drop": plan.drop, "rows_train": train, "reserved": reserved(plan, view)}
    asked = {name: kind for name, kind in plan.kinds.items() if name != truth}
    decision = infer(view.frame, target=(truth,) if truth else (), kinds=asked, **how)
    words = {name: "text" if kind == "tokens" else kind for name, kind in decision.inputs.items()}
    learnt = view.frame[list(words)].take(train)
    inputs = {name: spread_out(kind, learnt[name]) for name, kind in encode.fit(learnt, words).items()}
    check_size(raw.name, len(view.frame), sum(kind.width for kind in inputs.values()))
    x, _ = encode.transform(inputs, view.frame[list(inputs)])
    return inputs, torch.from_numpy(x), decision, []


def spread_out(kind: Kind, series: "pd.Series") -> Kind:
    """Give each of the common labels of an embedded category a column of its own: a code cannot be given back."""
    if not (isinstance(kind, Category) and kind.embed):
        return kind
    codes, texts = labels(series)
    common = np.argsort(-np.bincount(codes[codes >= 0], minlength=len(texts)), kind="stable")[:COMMON]
    kept = {texts[code] for code in common.tolist()} | {""}
    return Category(tuple(label for label in kind.labels if label in kept))
