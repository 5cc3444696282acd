"""From a source to a data set in memory: read, choose the target, split, decide kinds, learn statistics, encode."""

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, ResourceError, UsageError, unknown
from ..schema import Number, Schema
from . import encode, folds
from .dataplan import DataPlan, make_plan
from .dataset import Augment, Data
from .derive import with_derived
from .images import choose_image, fit_pixels, odd_sizes, readable
from .kinds import Column, Decision, infer
from .memory import memory_limit
from .raw import Note, Raw
from .series import gathered
from .source import read, sample
from .special import reader, special_task
from .splits import Split, column, moments, split
from .summary import of_image, summarise
from .target import Target, choose
from .texts import fit_columns, read_as_tokens, told
from .values import labels
from .without import rows_without


def load(source: Any, plan: DataPlan | None = None, **options: Any) -> Data:
    """Load a source (see `read`), or the source that a plan names, as a data set with its schema and its splits.

    The options are the fields of `DataPlan`. Each thing that is inferred is a note with the flag that changes it; every
    statistic is of the training part alone. Raises UsageError for an unknown option and DataError for bad data.
    """
    plan = make_plan(source, plan, options)
    raw = read_rows(plan.source if isinstance(source, DataPlan) else source, plan)
    task = special_task(plan, raw)
    special = reader(task)
    if plan.derive and (special is not None or raw.media is not None or raw.pictures is not None):
        raise UsageError("--derive makes new columns of a table with a target, which these data are not. Leave it out.")
    if special is not None:
        plan = replace(plan, task=task)
        data = special.load(plan, raw, None)
        return data if plan.copies == "keep" else special.load(plan, raw, families_of(data, len(raw.frame)))
    if plan.series:
        plan, raw = gathered(plan, raw)
    target = choose(raw, plan.target, plan.task, plan.kinds)
    if plan.derive:
        raw = with_derived(raw, plan.derive, target.columns)
        plan = replace(plan, kinds={**plan.kinds, **dict.fromkeys(plan.derive, "number")})
    load_rows = load_media if raw.media is not None else load_table if raw.pictures is None else load_images
    data = load_rows(plan, raw, target, None)
    if plan.copies == "keep":
        return data
    return load_rows(plan, raw, target, families_of(data, len(raw.frame)))


def families_of(data: Data, rows: int) -> np.ndarray:
    """Return for each of the source's rows the number of the family of copies it is of, -1 where it is not used.

    Of sounds, clips, series and drawings only exact copies are found.
    """
    from .copies import families
    from .copies.families import exact

    if data.schema.shaped is not None and data.schema.image is None:
        found = np.full(rows, -1, np.int64)
        found[data.ids.numpy()] = exact(data.x)
        return found
    inputs = [name for name in data.schema.inputs if data.frame is not None and name in data.frame.columns]
    picture = data.schema.image is not None or data.frame is None
    found = np.full(rows, -1, np.int64)
    found[data.ids.numpy()] = families(data.x if picture or data.frame is None else data.frame[inputs], data.seed)
    return found


def read_rows(source: Any, plan: DataPlan) -> Raw:
    """Read the rows of a source that a plan asks for; rows that have been read are taken as they are."""
    if plan.noise is not None or plan.draw is not None:
        source = drawn(source, plan)
    image = next((name for name, kind in plan.kinds.items() if kind == "image"), "")
    column = bool(plan.target) and not plan.annotations and plan.target not in (("objects",), ("mask",))
    task = plan.task or ("classification" if column else "")  # a column of a table is wanted, not where things are
    where: Any = {"annotations": plan.annotations, "bad_annotations": plan.bad_annotations, "task": task}
    return read(source, rows=plan.rows, seed=plan.seed, image=image, **where)


def drawn(source: Any, plan: DataPlan) -> Raw:
    """Draw a made set with the noise, and as the drawing, that a plan asks for. Raises UsageError for other sources."""
    from .builtin import BUILTIN
    from .builtin import read as read_builtin
    from .playground import CLASSES, REGRESSIONS

    name = str(source).lower().replace("-", "_")
    made = [known for known, entry in BUILTIN.items() if entry.origin == "made"]
    able = [*CLASSES, *REGRESSIONS] if plan.noise is not None else made
    if isinstance(source, Raw) or name not in able or Path(str(source)).exists():
        flag = "--noise" if plan.noise is not None else "--draw"
        given = source.name if isinstance(source, Raw) else str(source)
        raise UsageError(f"{flag} is for made sets alone, and {unknown('made set', given, able)} Leave it out.")
    raw = read_builtin(name, seed=plan.draw or 0, noise=plan.noise or 0.0)
    raw.notes.append(Note("data", f"drawing {plan.draw or 0}, noise {plan.noise or 0:g}", "--draw N --noise 0.2"))
    return raw if plan.rows is None else sample(raw, plan.rows, plan.seed)


def load_table(plan: DataPlan, raw: Raw, target: Target, families: np.ndarray | None) -> Data:
    """Load a table."""
    view, parts = divide(plan, raw, target, target.present & rows_without(plan.without, len(raw.frame)), families)
    train = parts.parts["train"]
    kinds = {name: kind for name, kind in plan.kinds.items() if name not in target.columns}
    decision = infer(
        view.frame,
        target=target.columns,
        kinds=kinds,
        keep=plan.keep,
        drop=plan.drop,
        rows_train=train,
        reserved=reserved(plan, view),
    )
    learnt_from = view.frame[list(decision.inputs)].take(train)
    decision = read_as_tokens(plan, decision, learnt_from)
    inputs = encode.fit(learnt_from, fit_columns(plan, decision, learnt_from))
    inputs |= {n: replace(k, formula=n) for n, k in inputs.items() if n in plan.derive and isinstance(k, Number)}
    check_size(raw.name, len(view.frame), sum(k.width for k in inputs.values()))
    x, unseen = encode.transform(inputs, view.frame[list(inputs)])
    targets = encode.fit_target(view.frame[list(target.columns)].take(train), target.task)
    schema = Schema(inputs, targets)
    notes = [*decision.notes, *told(inputs, x, plan), *replace(unseen, labels={}, unparsed={}, missing={}).notes]
    data = assemble(raw, view, target, parts, schema, torch.from_numpy(x))
    return replace(
        data,
        seed=plan.seed,
        notes=[*data.notes, *notes],
        summary=summarise(view.frame, train, schema, decision),
    )


def load_images(plan: DataPlan, raw: Raw, target: Target, families: np.ndarray | None) -> Data:
    """Load pictures; the other columns of their table are not inputs."""
    if raw.pictures is None:
        raise DataError(f"{raw.name} holds no pictures.")
    survey = raw.pictures.survey()
    good, bad_notes = readable(raw.pictures, survey)
    image, notes = choose_image(survey, plan.size, plan.sizes)
    kept = good & target.present & rows_without(plan.without, len(raw.frame))
    if families is not None and plan.copies == "drop":
        kept = kept & firsts(families)
    notes += odd_sizes(raw.pictures, survey, kept)
    view, parts = divide(plan, raw, target, kept, families)
    train = parts.parts["train"]
    pixels = raw.pictures.decode(np.flatnonzero(kept), image.channels, image.height, image.width_pixels)
    image = fit_pixels(image, pixels, train, plan.seed, (plan.mean, plan.std))
    targets = encode.fit_target(view.frame[list(target.columns)].take(train), target.task)
    schema = Schema({raw.picture_column: image}, targets)
    others = [c for c in view.frame.columns if c not in targets and c != raw.picture_column]
    left_out = Decision({c: Column("", "the inputs are the pictures") for c in others})
    data = assemble(raw, view, target, parts, schema, tensor(pixels))
    shown = summarise(view.frame.drop(columns=[raw.picture_column], errors="ignore"), train, schema, left_out)
    described = of_image(len(view.frame), image, len(survey.bad))
    augment = build_augment(plan.augment, schema, target.task)
    return replace(
        data,
        seed=plan.seed,
        notes=[*data.notes, *notes, *bad_notes, *left_out.notes],
        summary={raw.picture_column: described} | shown,
        augment=augment,
    )


def load_media(plan: DataPlan, raw: Raw, target: Target, families: np.ndarray | None) -> Data:
    """Load sounds, clips, series or drawings; the other columns of their table are not inputs."""
    assert raw.media is not None
    good, bad_notes = raw.media.usable()
    kept = good & target.present & rows_without(plan.without, len(raw.frame))
    view, parts = divide(plan, raw, target, kept, families)
    places, train = np.searchsorted(raw.frame.index, view.frame.index), parts.parts["train"]
    kind, notes = raw.media.fit(plan, places, train)
    targets = encode.fit_target(view.frame[list(target.columns)].take(train), target.task)
    schema = Schema({raw.media_column: kind}, targets)
    others = [c for c in view.frame.columns if c not in targets and c != raw.media_column]
    left_out = Decision({c: Column("", f"the inputs are of the kind {kind.name}") for c in others})
    data = assemble(raw, view, target, parts, schema, raw.media.encode(kind, places))
    shown = summarise(view.frame.drop(columns=[raw.media_column], errors="ignore"), train, schema, left_out)
    reason = f"{len(view.frame):,} of the shape {' x '.join(map(str, schema.shape))}"
    described = {"kind": kind.name, "role": "input", "reason": reason, "missing": 0, "distinct": len(view.frame)}
    return replace(
        data,
        seed=plan.seed,
        notes=[*data.notes, *notes, *bad_notes, *left_out.notes],
        summary={raw.media_column: described} | shown,
        augment=build_augment(plan.augment, schema, target.task),
    )


def divide(
    plan: DataPlan, raw: Raw, target: Target, kept: np.ndarray, families: np.ndarray | None
) -> tuple[Raw, Split]:
    """Return the rows that are used, and their split; copies are dropped, or kept together, where the plan says so."""
    rows = np.flatnonzero(kept if families is None or plan.copies == "together" else kept & firsts(families))
    together = None if families is None or plan.copies == "drop" else families[rows]
    view = replace(
        raw,
        frame=raw.frame if len(rows) == len(kept) else raw.frame.take(rows),
        pictures=None,
        split=None if raw.split is None else raw.split[rows],
        target=target.columns,
    )
    classes = labels(view.frame[target.columns[0]])[0] if target.task == "classification" else None
    if plan.fold:
        return view, one_fold(plan, view, classes, together)
    how: Any = {"how": plan.split, "group": plan.group, "time": plan.time, "families": together, "seed": plan.seed}
    return view, split(view, classes, **how)


def firsts(families: np.ndarray) -> np.ndarray:
    """Say of each row whether it is the first of its family."""
    found = np.zeros(len(families), dtype=bool)
    found[np.unique(families, return_index=True)[1]] = True
    return found & (families >= 0)


def one_fold(plan: DataPlan, view: Raw, classes: np.ndarray | None, groups: np.ndarray | None) -> Split:
    """Split rows as one round of a resampling says; groups and time are kept to."""
    count = len(view.frame)
    rank = None
    if plan.group:
        groups, names = labels(column(view.frame, plan.group))
        groups = np.where(groups < 0, len(names), groups)
    if plan.time:
        times = moments(column(view.frame, plan.time), plan.time)
        rank = folds.ranked(np.where(np.isfinite(times), times, -np.inf))
    rows = folds.Rows(np.zeros(count, np.int64) if classes is None else classes, groups, rank)
    return Split(folds.divide(plan.fold, rows, plan.seed), [Note("split", f"the fold {plan.fold}")])


def assemble(raw: Raw, view: Raw, target: Target, parts: Split, schema: Schema, x: Tensor) -> Data:
    """Put the tensors together; rows whose label no training row has are left out of their part."""
    answers = view.frame[list(target.columns)]
    y, usable = encode.transform_target(schema.targets, answers, target.task)
    notes = [data_note(raw), *raw.notes, *target.notes, *parts.notes]
    if not usable.all():
        lost = np.flatnonzero(~usable)
        y[lost] = 0
        name = answers.iloc[lost[0]].tolist()
        text = f"{len(lost):,} rows outside the training part have a label that it has not, such as {name[0]}; left out"
        notes.append(Note("warning", text, warning=True))
    splits = {name: found[usable[found]] for name, found in parts.parts.items()}
    for name, found in splits.items():
        if not len(found):
            raise DataError(f"no row of the {name} part has a label that the training part has. Try --split 70/15/15.")
    return Data(
        name=raw.name,
        schema=schema,
        task=target.task,
        x=x,
        y=torch.from_numpy(y),
        ids=torch.from_numpy(view.frame.index.to_numpy(np.int64, copy=True)),
        splits={name: torch.from_numpy(found) for name, found in splits.items()},
        notes=notes,
        frame=view.frame,
        official=view.split is not None,
    )


def data_note(raw: Raw) -> Note:
    """Say what was read."""
    return Note("data", f"{raw.name}: {len(raw.frame):,} rows, {len(raw.frame.columns):,} columns")


def reserved(plan: DataPlan, view: Raw) -> dict[str, str]:
    """Name the columns that say how to split."""
    found = {
        str(c): "the official split" for c in view.frame.columns if view.split is not None and str(c).lower() == "split"
    }
    if plan.split in view.frame.columns:
        found[plan.split] = "it says the split"
    return found | ({plan.group: "it says the group"} if plan.group else {})


def check_size(name: str, rows: int, width: int) -> None:
    """Raise ResourceError where the encoded table would not fit in memory."""
    need, limit = 4.0 * rows * width, memory_limit()
    if need > limit:
        raise ResourceError(
            f"{name} becomes {rows:,} rows of {width:,} numbers, {need / 1e9:.2g} GB; the limit is "
            f"{limit / 1e9:.2g} GB. "
            f"Read fewer rows: --rows {max(10, int(rows * limit / need / 2))}; or leave out columns: --drop COLUMN."
        )


def tensor(pixels: np.ndarray) -> Tensor:
    """Share an array as a tensor; one mapped from a file is only read."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The given NumPy array is not writable")
        return torch.from_numpy(pixels)


def build_augment(name: str, schema: Schema, task: str) -> Augment | None:
    """Return the random changes of that name."""
    from . import augment

    return augment.build(name, schema, task)
