"""Do new data still look like those that a network was trained on? The whole: read, measure, test, and say it.

Where nothing changed, the chance of an alarm is at most `level` (see compare.py). A column that is not there is an
alarm of its own: it needs no test.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..data import encode_new, load, read
from ..data.dataset import Data
from ..data.raw import Raw
from ..data.values import labels as texts_of
from ..errors import DataError, nearest
from ..evaluate import Trained, open_trained
from ..findings import Finding, by_severity
from ..run import Run
from ..schema import Category, Number, Schema
from .columns import changed_unit
from .compare import FAR, UNSURE, Compared, compare, is_one_label, noticeable, stranges
from .labels import Shares, label_shares
from .reference import from_npz, measure, reference, sample, stored_projection, stored_rows, stored_summary
from .rows import Rows
from .sentences import (
    LEAST,
    answers_finding,
    class_rows,
    column_finding,
    few_finding,
    joint_finding,
    missing_column_finding,
    new_labels_finding,
    strange_finding,
    target_names,
    written_tests,
)

MOST = 10_000  # new rows that are looked at; more are sampled
ROWS = 50  # of the strangest rows that a finding names


def shifted(
    stored: Mapping[str, np.ndarray],
    new: Data,
    trained: Trained | None,
    *,
    level: float = 0.05,
    absent: Sequence[str] = (),
) -> dict[str, Any]:
    """Say whether new data look like the reference: {alarm, findings, columns, outputs, joint, labels, ...}.

    `columns` and `outputs` are lists of {name, test, statistic (0 to 1), p, p_corrected, shifted, before, after},
    `joint` one such or {}; `labels` {method, classes: [{label, before, after, low, high}]} or {}. Where nothing moved,
    the chance of `alarm` is at most `level`. Columns that are `absent` are reported, and what needs them is left out.
    `noticeable` is the share of its rows by which a column must move. Under 20 new rows nothing is tested.
    """
    old, about = stored_rows(stored), stored_summary(stored)
    rows = sample(new.splits["test"].cpu().numpy(), MOST, 0)
    findings = [missing_column_finding(name, lookalikes(name, new)) for name in absent]
    result: dict[str, Any] = {
        "alarm": bool(absent), "level": level, "n_reference": len(old), "n_new": len(rows),
        "tested": len(rows) >= LEAST, "columns": [], "outputs": [], "joint": {}, "labels": {}, "noticeable": None,
    }  # fmt: skip
    if len(rows) < LEAST:
        return result | {"findings": [f.to_dict() for f in [*findings, few_finding(len(rows))]]}
    blind = bool(absent) or about["network"] != (trained is not None)
    fresh = measure(trained, new, rows, None if blind else stored_projection(stored))
    fresh = without(fresh, absent)
    compared = compare(old, fresh, new.schema, level=level)
    shares = class_shares(old, fresh, new.schema)
    findings += column_findings(compared, old, fresh, new, rows)
    findings += answer_findings(compared, old, fresh, new, rows, shares)
    joint = written_tests(compared, "joint")
    names = target_names(new.schema)
    return result | {
        "alarm": bool(absent) or compared.alarm,
        "findings": [f.to_dict() for f in by_severity(findings)],
        "columns": written_tests(compared, "columns"),
        "outputs": written_tests(compared, "outputs"),
        "joint": joint[0] if joint else {},
        "labels": {} if shares is None else {"method": METHOD, "classes": class_rows(shares, names)},
        "noticeable": smallest(compared, len(old), len(rows)),
    }


METHOD = "expectation-maximisation on calibrated probabilities, if only the shares of the classes changed"


def smallest(compared: Compared, n_before: int, n_after: int) -> float | None:
    """Return the smallest move of a column that would be noticed, as a share of its rows."""
    columns = compared.blocks["columns"]
    used = sum(bool(tests) for tests in compared.blocks.values())
    return noticeable(n_before, n_after, columns, used, compared.level) if columns else None


def without(rows: Rows, names: Sequence[str]) -> Rows:
    """Leave out the columns that were not there: also the numbers that a text became."""
    gone = tuple(f"{name}: " for name in names)
    numbers = {k: v for k, v in rows.numbers.items() if k not in names and not (gone and k.startswith(gone))}
    return replace(rows, numbers=numbers, categories={k: v for k, v in rows.categories.items() if k not in names})


def class_shares(old: Rows, fresh: Rows, schema: Schema) -> Shares | None:
    """Estimate the shares of the classes, where the task is classification and the network could answer."""
    if not is_one_label(schema) or not fresh.outputs.shape[1] or not old.outputs.shape[1] or not len(old.y):
        return None
    return label_shares(old.outputs, old.y, fresh.outputs)


def column_findings(compared: Compared, old: Rows, fresh: Rows, new: Data, rows: np.ndarray) -> list[Finding]:
    """Say which columns moved, and which have labels that training never saw."""
    findings, moved = [], compared.shifted("columns")
    unseen = {name: never_seen(new, name, rows) for name in fresh.categories}
    for test in moved:
        plain = isinstance(new.schema.inputs.get(test.name), Number)
        unit = changed_unit(old.numbers[test.name], fresh.numbers[test.name]) if plain else None
        finding = column_finding(test, new.schema, unit, unseen.get(test.name, []))
        unread = [n.text for n in new.notes if f"values of {test.name} cannot be read" in n.text]
        findings.append(replace(finding, text=" ".join([finding.text, *(f"{text}." for text in unread)])))
    told = {test.name for test in moved}
    return findings + [new_labels_finding(name, found) for name, found in unseen.items() if found and name not in told]


def never_seen(new: Data, name: str, rows: np.ndarray) -> list[tuple[str, int]]:
    """Return the labels of a column that training never saw, with how often they occur, the commonest first."""
    kind = (dict(new.schema.inputs) | dict(new.schema.targets))[name]
    if not isinstance(kind, Category) or new.frame is None:
        return []
    codes, texts = texts_of(new.frame[name].take(rows))
    counts = Counter(texts[c] for c in codes[codes >= 0])
    return [(label, count) for label, count in counts.most_common() if label not in kind.labels]


def answer_findings(
    compared: Compared, old: Rows, fresh: Rows, new: Data, rows: np.ndarray, shares: Shares | None
) -> list[Finding]:
    """Say whether the answers moved, whether rows are unlike every class, and whether only all columns show it."""
    findings = []
    moved, columns = compared.shifted("outputs"), [t.name for t in compared.shifted("columns")]
    answers = [t for t in moved if t.name not in (UNSURE, FAR)]
    if answers:
        findings.append(answers_finding(answers, shares, target_names(new.schema)))
    if any(t.name in (UNSURE, FAR) for t in moved):
        findings += strange_findings(old, fresh, new, rows, shares, compared, columns)
    if compared.shifted("joint") and not columns and not moved:
        findings.append(joint_finding(compared.blocks["joint"][0]))
    return findings


def strange_findings(
    old: Rows,
    fresh: Rows,
    new: Data,
    rows: np.ndarray,
    shares: Shares | None,
    compared: Compared,
    columns: Sequence[str],
) -> list[Finding]:
    """Name the rows that are unlike the known ones, unless the change of the classes' shares alone explains them."""
    found = stranges(old, fresh, new.schema, shares)
    able = [s for s in found.values() if s.excess_p <= compared.level / (3 * len(found))]
    if not able:
        return []
    worst = max(able, key=lambda s: s.share_after - s.expected)
    ids = new.ids.cpu().numpy()[rows[np.flatnonzero(worst.far)][:ROWS]]
    return [strange_finding(worst.share_after, worst.expected, ids.tolist(), columns)]


def shifted_run(run: Run | str | os.PathLike[str], source: Any, *, level: float = 0.05) -> dict[str, Any]:
    """Say whether a source looks like the data that a run was trained on (see `shifted`).

    Raises DataError where the run is not complete or damaged, or the source cannot be read; columns that are missing
    from it are findings.
    """
    run = run if isinstance(run, Run) else Run.open(run)
    if not run.has("reference.npz"):
        raise DataError(
            f"{run.folder} has no reference.npz to hold others against (runs that say where things are keep none)."
            " Compare the sources: profundo check NEW --against OLD"
        )
    run.check("reference.npz")
    stored = from_npz(run.path("reference.npz"))
    trained = open_trained(run)
    raw, absent = completed(read(source, task=trained.plan.task), trained.schema)
    new = encode_new(trained.schema, trained.plan.task, raw, targets=False)
    result = shifted(stored, new, None if absent else trained, level=level, absent=absent)
    return result | {"run": str(run.folder), "source": new.name}


def shifted_sources(source: Any, against: Any, *, level: float = 0.05, **options: Any) -> dict[str, Any]:
    """Say whether a source looks like another, without a network: the columns, the target too, and all together.

    `options` are those of `load` for the source that it is held against.
    """
    data = load(against, **options)
    raw, absent = completed(read(source, task=data.task), data.schema)
    new = encode_new(data.schema, data.task, raw, targets=False)
    result = shifted(reference(None, data), new, None, level=level, absent=absent)
    return result | {"source": new.name, "against": data.name}


def completed(raw: Raw, schema: Schema) -> tuple[Raw, list[str]]:
    """Fill in the input columns that a table has not, with missing values, and name them."""
    if schema.image is not None:
        return raw, []
    derived = {name for name, kind in schema.inputs.items() if isinstance(kind, Number) and kind.formula}
    absent = [name for name in schema.inputs if name not in raw.frame.columns and name not in derived]
    return (replace(raw, frame=raw.frame.assign(**dict.fromkeys(absent, np.nan))) if absent else raw), absent


def lookalikes(name: str, new: Data) -> list[str]:
    """Return columns of the new data that are not inputs and whose name is like that of a missing one."""
    if new.frame is None:
        return []
    known = {*new.schema.inputs, *new.schema.targets}
    return nearest(name, [str(c) for c in new.frame.columns if c not in known], 1)
