"""Ratings: who, what, how much. Each row is one rating; who and what are codes that a network looks up."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from ..errors import DataError, UsageError, unknown
from ..schema import Category, Schema
from . import encode
from .dataplan import DataPlan
from .dataset import Data
from .kinds import Column, Decision, listed
from .load import assemble, data_note, divide
from .raw import Note, Raw
from .summary import summarise
from .target import Target, refuse_texts
from .values import labels, natural, numbers
from .without import rows_without

USERS = ("user", "userid", "user_id", "customer", "customer_id", "person", "reviewer", "member")
ITEMS = ("item", "itemid", "item_id", "movie", "movieid", "movie_id", "product", "product_id", "book", "isbn", "song")
RATINGS = ("rating", "ratings", "stars", "score", "count", "target")


def load(plan: DataPlan, raw: Raw, families: np.ndarray | None) -> Data:
    """Load ratings. Raises DataError with the nearest name for a column that is not there."""
    user = choose(raw, plan.user, USERS, "--user")
    item = choose(raw, plan.item, ITEMS, "--item")
    rating = choose(raw, next(iter(plan.target or raw.target), ""), RATINGS, "--target")
    if len(plan.target) > 1 or len({user, item, rating}) < 3:
        raise UsageError(f"three different columns are wanted: --user {user} --item {item} --target {rating}.")
    refuse_texts(raw.frame[rating], rating)
    values = numbers(raw.frame[rating])[0]
    present = np.isfinite(values) & raw.frame[user].notna().to_numpy() & raw.frame[item].notna().to_numpy()
    if not present.any():
        raise DataError(f"no row of {raw.name} has a {user}, an {item} and a {rating} that is a number.")
    if (values[present] == values[present][0]).all():
        raise DataError(
            f"every {rating} in {raw.name} is {values[present][0]:g}: there is no taste to learn. Name a column that "
            "tells how much something was liked: --target COLUMN"
        )
    target = Target((rating,), "regression", present, told(raw, (user, item, rating), present))
    view, parts = divide(plan, raw, target, present & rows_without(plan.without, len(raw.frame)), families)
    train = parts.parts["train"]
    learnt = view.frame.take(train)
    inputs = {name: Category(tuple(t for t in natural(labels(learnt[name])) if t), True) for name in (user, item)}
    schema = Schema(dict(inputs), encode.fit_target(learnt[[rating]], "regression"))
    x, unseen = encode.transform(schema.inputs, view.frame[[user, item]])
    others = [str(c) for c in view.frame.columns if c not in (user, item, rating)]
    left_out = Decision({c: Column("", "taste is learnt from who and what alone") for c in others})
    data = assemble(raw, view, target, parts, schema, torch.from_numpy(x))
    counts = f"{len(inputs[user].labels):,} of {user}, {len(inputs[item].labels):,} of {item}"
    kinds = Note("kinds", f"looked up by its name: {counts}", "--user COLUMN --item COLUMN")
    notes = [*data.notes, kinds, *unseen.notes, *left_out.notes]
    shown = summarise(view.frame, train, schema, left_out)
    return replace(data, task=plan.task, seed=plan.seed, notes=notes, summary=shown)


def new(schema: Schema, task: str, raw: Raw, *, targets: bool) -> Data:
    """Encode new pairs of who and what; with `targets`, rows without a rating are left out."""
    for name in (*schema.inputs, *(schema.targets if targets else ())):
        if name not in raw.frame.columns:
            raise DataError(f"in {raw.name}, " + unknown("column", name, map(str, raw.frame.columns)))
    y, kept = np.zeros(len(raw.frame), np.float32), np.ones(len(raw.frame), dtype=bool)
    if targets:
        y, kept = encode.transform_target(schema.targets, raw.frame, "regression")
    if not kept.any():
        raise DataError(f"{raw.name} has no row with a rating.")
    rows = np.flatnonzero(kept)
    frame = raw.frame.take(rows)
    x, unseen = encode.transform(schema.inputs, frame[list(schema.inputs)])
    lost = len(kept) - len(rows)
    notes = [Note("warning", f"{lost:,} rows have no rating; left out", warning=True)] if lost else []
    return Data(
        name=raw.name,
        schema=schema,
        task=task,
        x=torch.from_numpy(x),
        y=torch.from_numpy(y[rows]),
        ids=torch.from_numpy(frame.index.to_numpy(np.int64, copy=True)),
        splits={"test": torch.arange(len(rows))},
        notes=[data_note(raw), *raw.notes, *notes, *unseen.notes],
        frame=frame,
    )


def choose(raw: Raw, wanted: str, usual: Sequence[str], flag: str) -> str:
    """Return the column that is asked for, or the one with a usual name."""
    known = [str(c) for c in raw.frame.columns]
    if wanted and wanted not in known:
        raise DataError(f"for {flag}, in {raw.name}, " + unknown("column", wanted, known))
    found = wanted or next((c for name in usual for c in known if c.lower() == name), "")
    if not found:
        raise UsageError(f"which column of {raw.name} is it? Type: {flag} COLUMN (there is {listed(known)})")
    return found


def told(raw: Raw, columns: tuple[str, str, str], present: np.ndarray) -> list[Note]:
    """Say what is learnt, and what is unusual about the ratings."""
    user, item, rating = columns
    notes = [Note("task", f"how much each {user} likes each {item}, by {rating}", "--target COLUMN")]
    if not present.all():
        row = raw.frame.index[int(np.argmin(present))]
        text = f"{int((~present).sum()):,} rows lack {user}, {item} or a {rating} that is a number, the first is row "
        notes.append(Note("warning", f"{text}{row}; left out", warning=True))
    pairs = raw.frame.loc[present, [user, item]]
    again = pairs.duplicated()
    if again.any():
        text = f"{int(again.sum()):,} ratings are of a pair that was rated before, the first is row {again.idxmax()}"
        notes.append(Note("warning", f"{text}; all are kept", warning=True))
    return notes
