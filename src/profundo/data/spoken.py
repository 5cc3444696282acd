"""Speech to learn from: sounds as sequences of units, each a short piece of sound, beside the label and the speaker.

A unit is the spectrum of one window, one of a few hundred that k-means finds among the training sounds: speech becomes
a text in an alphabet of its own (after Lakhotia et al. 2021, generative spoken language modelling, 2102.01192).
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..batch import Batch
from ..errors import DataError, unknown
from ..schema import BEGINNING, END, RESERVED, Audio, Category, Schema
from . import encode
from .dataplan import DataPlan
from .dataset import Data
from .load import divide
from .raw import Note, Raw
from .spectrogram import RANGE, decibels
from .target import Target, choose

UNITS = 512  # different windows that sounds are made of, at most
EACH = 64  # windows of the training part for each unit, at least
HOP, WINDOW = 0.0125, 0.032  # seconds
QUIET = -50.0  # decibels: a window with nothing louder is silence, and speech begins and ends outside of it
PIECE = 256  # sounds made into spectrograms at a time
LEARNT_FROM = 40_000  # windows of the training part that the units are learnt from
SPEAKER = "speaker"


@dataclass(eq=False)
class Spoken(Data):
    """Sounds as codes of units, with the samples that they are of.

    `x` (N, conditions + steps) float32 has the codes of label and speaker, then those of the units so far, beginning
    with BEGINNING; `y` (N, steps) int64 those that come next, up to END; 0 fills up.
    """

    sounds: Tensor | None = None  # (N, samples) int16

    def gather(self, rows: Tensor) -> Batch:
        """Return these examples, cut after the longest of them."""
        batch = super().gather(rows)
        steps = int((batch.y > 0).sum(1).max())
        return replace(batch, x=batch.x[:, : batch.x.shape[1] - batch.y.shape[1] + steps], y=batch.y[:, :steps])


def load(plan: DataPlan, raw: Raw, families: np.ndarray | None) -> Data:
    """Read labelled sounds, learn their units from the training part, and write each sound in them."""
    if raw.media is None or raw.media.kind != "audio":
        raise DataError(
            f"{raw.name} holds no sounds to learn speech from. Give a folder of recordings, or a zip of one."
        )
    target = choose(raw, plan.target, "classification", plan.kinds)
    good, bad = raw.media.usable()
    view, parts = divide(plan, raw, target, good & target.present, families)
    places, train = np.searchsorted(raw.frame.index, view.frame.index), parts.parts["train"]
    plain, notes = raw.media.fit(plan, places, train)
    assert isinstance(plain, Audio)
    kind = replace(plain, hop=HOP, window=WINDOW)
    sounds = raw.media.encode(kind, places)
    kind = replace(kind, units=learn_units(sounds[torch.from_numpy(train)], kind, plan.seed))
    inputs = conditions(view, target, train)
    schema = Schema(inputs, {raw.media_column: kind})
    notes.append(
        Note("sound", f"speech of {len(kind.units)} units, each {kind.hop * 1000:.3g} ms, given {', '.join(inputs)}")
    )
    data = written(raw.name, schema, view, sounds)
    summary = {name: described(name, raw.media_column) for name in (*inputs, raw.media_column)}
    splits = {name: torch.from_numpy(found) for name, found in parts.parts.items()}
    told = [
        Note("data", f"{raw.name}: {len(raw.frame):,} sounds"),
        *raw.notes,
        *target.notes,
        *parts.notes,
        *notes,
        *bad,
    ]
    return replace(data, splits=splits, seed=plan.seed, notes=told, summary=summary, official=view.split is not None)


def new(schema: Schema, task: str, raw: Raw, *, targets: bool) -> Data:
    """Write new sounds in the units of the training, as one split, "test"."""
    if raw.media is None or raw.media.kind != "audio":
        raise DataError(f"the network was trained on sounds, and {raw.name} holds none.")
    for name in schema.inputs:
        if name not in raw.frame.columns:
            raise DataError(f"in {raw.name}, " + unknown("column", name, map(str, raw.frame.columns)))
    (kind,) = (k for k in schema.targets.values() if isinstance(k, Audio))
    good, notes = raw.media.usable()
    rows = np.flatnonzero(good)
    view = replace(raw, frame=raw.frame.take(rows))
    return replace(written(raw.name, schema, view, raw.media.encode(kind, rows)), notes=[*raw.notes, *notes])


def described(name: str, sound: str) -> dict[str, object]:
    """Say for the report what a column is."""
    role = "target" if name == sound else "input"
    return {"kind": "audio" if name == sound else "category", "role": role, "reason": "", "missing": 0, "distinct": 0}


def conditions(view: Raw, target: Target, train: np.ndarray) -> dict[str, Category]:
    """Return what is known before a sound begins: its label, and its speaker where the source says so."""
    names = [*target.columns, *([SPEAKER] if SPEAKER in view.frame.columns else [])]
    found = encode.fit_target(view.frame[names].take(train), "classification")
    return {name: replace(kind, embed=True) for name, kind in found.items() if isinstance(kind, Category)}


def written(name: str, schema: Schema, view: Raw, sounds: Tensor) -> Spoken:
    """Write sounds in the units of a schema, all of them one split, "test"."""
    (kind,) = (k for k in schema.targets.values() if isinstance(k, Audio))
    codes, _ = encode.transform(schema.inputs, view.frame[list(schema.inputs)])
    y = in_units(sounds, kind)
    begun = torch.cat([torch.full((len(y), 1), BEGINNING), y[:, :-1]], 1)
    begun = torch.where(begun == END, 0, begun)
    return Spoken(
        name=name,
        schema=schema,
        task="speech",
        x=torch.cat([torch.from_numpy(codes), begun.float()], 1),
        y=y,
        ids=torch.from_numpy(view.frame.index.to_numpy(np.int64, copy=True)),
        splits={"test": torch.arange(len(y))},
        frame=view.frame,
        sounds=sounds,
    )


def learn_units(sounds: Tensor, kind: Audio, seed: int) -> tuple[tuple[float, ...], ...]:
    """Return the spectra (units, mels) in decibels that stand for all windows of the sounds; the first is silence."""
    from sklearn.cluster import MiniBatchKMeans

    levels = torch.cat([decibels(part, kind).transpose(1, 2).flatten(0, 1) for part in torch.split(sounds, PIECE)])
    loud = levels[levels.amax(1) > QUIET]
    generator = torch.Generator().manual_seed(seed)
    some = loud[torch.randperm(len(loud), generator=generator)[:LEARNT_FROM]].numpy()
    count = min(UNITS, max(8, len(some) // EACH), len(some))
    found = MiniBatchKMeans(count, batch_size=4096, n_init=1, max_iter=50, random_state=seed).fit(some)
    silence = np.full((1, kind.mels), -RANGE)
    return tuple(tuple(round(float(v), 2) for v in row) for row in np.concatenate([silence, found.cluster_centers_]))


def in_units(sounds: Tensor, kind: Audio) -> Tensor:
    """Return the codes (N, steps) int64 of sounds (N, samples): from the first loud window to the last, END, then 0."""
    spectra = torch.tensor(kind.units)
    found = []
    for part in torch.split(sounds, PIECE):
        levels = decibels(part, kind).transpose(1, 2)  # (B, frames, mels)
        near = torch.cdist(levels, spectra.expand(len(levels), -1, -1)).argmin(2)
        found += [trimmed(codes, loud) for codes, loud in zip(near, levels.amax(2) > QUIET, strict=True)]
    y = torch.zeros(len(found), max(map(len, found)) + 1, dtype=torch.int64)
    for row, codes in zip(y, found, strict=True):
        row[: len(codes)] = codes + RESERVED
        row[len(codes)] = END
    return y


def trimmed(codes: Tensor, loud: Tensor) -> Tensor:
    """Return the codes from the first loud window to the last; windows between that are not loud are silence, 0."""
    places = loud.nonzero()[:, 0]
    inside = torch.where(loud, codes, 0)
    return inside[int(places[0]) : int(places[-1]) + 1] if len(places) else inside[:1]


def spectrum(codes: np.ndarray, kind: Audio) -> Tensor:
    """Return the spectrogram (1, mels, frames) in decibels of a sequence of codes, its steps smoothed a little."""
    levels = torch.tensor(kind.units)[torch.from_numpy(codes - RESERVED)].T.unsqueeze(0)
    around = torch.nn.functional.pad(levels, (1, 1), mode="replicate")
    return 0.25 * around[..., :-2] + 0.5 * around[..., 1:-1] + 0.25 * around[..., 2:]
