"""Texts to read as a language: one long text, or a column of them, as one stream of tokens cut in parts.

A .txt file is one text, split where it stands: the first part trains, the last tests. Rows of a table are texts of
their own, split as rows are; in the stream each begins with BEGINNING and ends with END.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
import torch

from ..errors import DataError, UsageError, unknown
from ..schema import BEGINNING, END, NEVER_SEEN, Schema, Tokens
from .dataplan import DataPlan
from .dataset import SPLITS, Data
from .load import data_note, divide
from .passages import Passages, begins
from .raw import Note, Raw
from .splits import FEWEST, asked
from .target import Target
from .tokens import encode_stream, fit_tokens
from .without import rows_without

SHARES = (0.85, 0.05, 0.10)  # of one long text
CONTEXT = {"characters": 128, "bytes": 128, "bpe": 64, "words": 64, "bases": 128}
LEAST = 100  # characters


@dataclass(frozen=True)
class Corpus:
    """Texts by part, in the order of the source; `rows` (n,) are the source's rows, or None where it is one text."""

    column: str
    texts: dict[str, list[str]]
    rows: dict[str, np.ndarray] | None
    notes: list[Note]

    def __len__(self) -> int:
        return sum(len(text) for texts in self.texts.values() for text in texts)


def load(plan: DataPlan, raw: Raw, families: np.ndarray | None) -> Data:
    """Load texts for a language model or for word vectors; the vocabulary is that of the training part."""
    texts = corpus(plan, raw, families)
    if plan.task == "word_vectors":
        from .neighbours import load_neighbours

        return load_neighbours(plan, raw, texts)
    unit = plan.tokens or "characters"
    kind = fit_tokens(texts.texts["train"], unit, vocabulary=plan.vocabulary, letters=plan.letters)
    context = asked_context(plan, texts, unit)
    kind = replace(kind, length=context)
    data = passages(raw, texts, kind, Schema({texts.column: kind}, {texts.column: kind}))
    counts = ", ".join(f"{split} {end - begin:,}" for split, (begin, end) in data.parts.items())
    said = [
        Note("kinds", f"{texts.column} is read as {unit}, {len(kind.vocabulary):,} different ones", "--tokens bpe"),
        Note("split", f"{counts} {unit}", "--split 85/5/10"),
        Note("task", f"what comes next, from up to {context} {unit} before it", "--context N"),
    ]
    return replace(data, seed=plan.seed, notes=[data_note(raw), *raw.notes, *texts.notes, *said, *data.notes])


def new(schema: Schema, task: str, raw: Raw, *, targets: bool) -> Data:
    """Encode new texts as a trained network reads them, as one part, "test"."""
    if task == "word_vectors":
        from .neighbours import new_neighbours

        return new_neighbours(schema, raw)
    column, kind = next(iter(schema.inputs.items()))
    assert isinstance(kind, Tokens)
    data = passages(raw, new_corpus(column, raw), kind, schema)
    return replace(data, notes=[data_note(raw), *raw.notes, *data.notes])


def new_corpus(column: str, raw: Raw) -> Corpus:
    """Return the texts of a source that is not split. Raises DataError where there are none."""
    if column not in raw.frame.columns:
        raise DataError(f"in {raw.name}, " + unknown("column", column, map(str, raw.frame.columns)))
    found = [text if isinstance(text, str) else "" for text in raw.frame[column]]
    if not "".join(found).strip():
        raise DataError(f"{raw.name} holds no text.")
    return Corpus(column, {"test": found}, {"test": np.arange(len(found))} if len(found) > 1 else None, [])


def passages(raw: Raw, texts: Corpus, kind: Tokens, schema: Schema) -> Passages:
    """Put the tokens of all parts in one stream."""
    streams = {split: stream(kind, texts, split) for split in texts.texts}
    ends = list(accumulate(len(codes) for codes, _ in streams.values()))
    parts = dict(zip(streams, pairwise([0, *ends]), strict=True))
    context, warm = kind.length, kind.length // 2
    data = Passages(
        name=raw.name,
        schema=schema,
        task="language",
        x=torch.from_numpy(np.concatenate([codes for codes, _ in streams.values()])),
        y=torch.zeros(0),
        ids=torch.from_numpy(np.concatenate([ids for _, ids in streams.values()])),
        splits={split: begins(part, split, context, warm) for split, part in parts.items()},
        frame=raw.frame,
        summary={texts.column: described(texts, kind)},
        context=context,
        ahead=context,
        warm=warm,
        parts=parts,
    )
    notes = [note for split, (codes, _) in streams.items() for note in never_seen(split, codes)]
    for split in data.splits:
        if not data.count(split):
            raise DataError(
                f"the {split} part of {raw.name} is too short for passages of {context} {kind.unit}. "
                f"Type a smaller one: --context {max(4, context // 4)}"
            )
    return replace(data, notes=notes)


def stream(kind: Tokens, texts: Corpus, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes of a part (n,) int64 and the line, or the row, that each is of (n,) int64."""
    if texts.rows is None:
        before = list(texts.texts)[: list(texts.texts).index(split)]
        line = sum(text.count("\n") for other in before for text in texts.texts[other])
        codes = encode_stream(kind, texts.texts[split][0]).astype(np.int64)
        lines = line + lines_of(kind, texts.texts[split][0], len(codes))
        if "train" in texts.texts:
            return codes, lines
        return np.append(before_a_text(kind), codes), np.append(0, lines)
    found = [encode_stream(kind, text) for text in texts.texts[split]]
    ends = [np.concatenate([[BEGINNING], codes, [END]]).astype(np.int64) for codes in found]
    return np.concatenate(ends), np.repeat(texts.rows[split], [len(e) for e in ends])


def before_a_text(kind: Tokens) -> int:
    """Return the code that is read before the first token of a text: a line's end, where training knows one."""
    newline = encode_stream(kind, "\n").tolist()
    return newline[0] if len(newline) == 1 and newline[0] != NEVER_SEEN else BEGINNING


def lines_of(kind: Tokens, text: str, count: int) -> np.ndarray:
    """Return the number of the line, from 0, that each token of a text is of."""
    if kind.unit == "characters":
        line = np.cumsum(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32) == ord("\n"))
        return np.concatenate([[0], line[:-1]]).astype(np.int64)
    from .tokenisers import tokeniser

    newlines = np.flatnonzero(np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32) == ord("\n"))
    begins_at = np.array([begin for begin, _ in tokeniser(kind).spans(text)], np.int64)
    return np.searchsorted(newlines, begins_at)[:count].astype(np.int64)


def never_seen(split: str, codes: np.ndarray) -> list[Note]:
    """Warn of tokens that training does not have."""
    count = int((codes == NEVER_SEEN).sum())
    if split == "train" or not count:
        return []
    text = f"{count:,} of the {len(codes):,} tokens of the {split} part are none that training knows"
    return [Note("warning", text, "--tokens bytes", count > 0.001 * len(codes))]


def corpus(plan: DataPlan, raw: Raw, families: np.ndarray | None) -> Corpus:
    """Return the texts of a source, split. Raises DataError where there are none."""
    column = text_column(plan, raw)
    values = raw.frame[column]
    kept = np.array([isinstance(v, str) and bool(v.strip()) for v in values])
    length = sum(len(v) for v, k in zip(values, kept, strict=True) if k)
    if length < LEAST:
        raise DataError(f"{raw.name} holds {length} characters of text in {column!r}; {LEAST} at least are needed.")
    if len(raw.frame) < FEWEST:
        if plan.group or plan.time:
            raise UsageError("a text is split where it stands. Leave out --group and --time.")
        whole = "\n".join(v for v, k in zip(values, kept, strict=True) if k)
        shares = asked(raw, plan.split)[0] if plan.split else SHARES
        bounds = [0, *(round(len(whole) * share) for share in accumulate(shares))]
        parts = {split: [whole[a:b]] for split, (a, b) in zip(SPLITS, pairwise(bounds), strict=True)}
        return Corpus(column, parts, None, [])
    kept &= rows_without(plan.without, len(raw.frame))
    target = Target((column,), plan.task or "language", kept, [])
    view, split = divide(plan, raw, target, kept, families)
    numbers = view.frame.index.to_numpy(np.int64)
    found = view.frame[column].to_numpy()
    parts = {name: [str(found[i]) for i in rows] for name, rows in split.parts.items()}
    return Corpus(column, parts, {name: numbers[rows] for name, rows in split.parts.items()}, split.notes)


def text_column(plan: DataPlan, raw: Raw) -> str:
    """Return the column that holds the texts: the one asked for, or the one with the longest ones."""
    names = [str(c) for c in raw.frame.columns]
    if plan.target:
        if len(plan.target) > 1:
            raise UsageError(
                f"one column of texts is read, not {', '.join(plan.target)}. Type: --target {plan.target[0]}"
            )
        if plan.target[0] not in names:
            raise DataError(f"in {raw.name}, " + unknown("column", plan.target[0], names))
        return plan.target[0]
    lengths = {
        c: raw.frame[c].map(lambda v: len(v) if isinstance(v, str) else 0).mean() for c in names if c not in plan.drop
    }
    found = max(lengths, key=lambda c: lengths[c], default="")
    if not found or not lengths[found]:
        raise DataError(f"{raw.name} has no column of texts; it has {', '.join(names)}.")
    return found


def asked_context(plan: DataPlan, texts: Corpus, unit: str) -> int:
    """Return how many tokens a passage has: as asked, else the usual, less for little text."""
    if plan.context:
        if not plan.context.isdigit() or int(plan.context) < 2:
            raise UsageError(f"--context {plan.context}: a whole number of {unit} from 2 up is wanted, such as 128.")
        return int(plan.context)
    return max(8, min(CONTEXT[unit], len(texts) // 200))


def described(texts: Corpus, kind: Tokens) -> dict[str, Any]:
    """Describe the texts for the report."""
    train: Sequence[str] = texts.texts.get("train", ())
    return {
        "kind": kind.name,
        "role": "input",
        "reason": f"{sum(map(len, train)):,} characters of training text as {kind.unit}",
        "missing": 0,
        "distinct": len(kind.vocabulary),
    }
