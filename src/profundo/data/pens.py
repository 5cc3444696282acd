"""Reading drawings: .npz files of pen points or of moves; a column of them for networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError
from ..schema import Kind, Strokes
from .arrays import SPLITS, load, member
from .raw import Note, Raw
from .strokes import encoded, moves_of, thinned_drawing, without_start

if TYPE_CHECKING:
    from .dataplan import DataPlan

MOST = 256  # points of a drawing that are kept where none are asked for
COLUMN = "drawing"
LAYOUT = (
    "Drawings are kept as points (n, 3): dx, dy, pen lifted, with offsets (drawings + 1,), or train_points, "
    "train_offsets, test_points, ...; or as xy (n, 2), stroke (n,) and offsets. label (drawings,) says what each is of"
)


@dataclass(frozen=True, eq=False)
class Pens:
    """Drawings by their moves (n, 3) (see strokes.py), in the source's units; the `Media` of the kind strokes."""

    moves: Sequence[np.ndarray]
    name: str
    kind: str = "strokes"

    def __len__(self) -> int:
        return len(self.moves)

    def label(self, row: int) -> str:
        """Name a drawing for messages."""
        return f"{self.name} row {row}"

    def usable(self) -> tuple[np.ndarray, list[Note]]:
        """Return which are drawings at all (n,) bool: at least one move, and none that is not a number."""
        good = np.array([len(m) > 0 and bool(np.isfinite(m).all()) for m in self.moves], dtype=bool)
        if good.all():
            return good, []
        bad = np.flatnonzero(~good)
        if not good.any():
            raise DataError(f"none of the {len(self):,} drawings of {self.name} has a point.")
        shown = ", ".join(map(str, bad[:3])) + (", ..." if len(bad) > 3 else "")
        text = f"{len(bad):,} drawings are empty or hold missing numbers (rows {shown}); they are left out"
        return good, [Note("warning", text, warning=True)]

    def fit(self, plan: "DataPlan", rows: np.ndarray, train: np.ndarray) -> tuple[Kind, list[Note]]:
        """Choose how many points are kept; learn the scale and the usual number of moves of the training part."""
        counts = np.array([len(self.moves[row]) for row in rows.tolist()])
        known = np.concatenate([self.moves[row][:, :2] for row in rows[train].tolist()]).astype(np.float64)
        points = min(plan.longest or MOST, int(counts[train].max())) + 1
        cut = int((counts >= points).sum())
        scale = float(np.sqrt((known**2).mean())) or 1.0
        kind = Strokes(points, scale, usual=float(np.minimum(counts[train], points - 1).mean()), grain=grain(known))
        told = f"up to {points - 1} moves each, {np.median(counts):.0f} in the middle"
        told += f"; {cut:,} longer drawings are cut" if cut else ""
        return kind, [Note("drawings", told, "--longest N")]

    def encode(self, kind: Kind, rows: np.ndarray) -> Tensor:
        """Return x of some drawings, (len(rows), points, 5) float32."""
        assert isinstance(kind, Strokes)
        return torch.from_numpy(encoded([self.moves[row] for row in rows.tolist()], kind))


def grain(values: np.ndarray) -> float:
    """Return the step of the grid that all numbers are on, 0 where they are on none."""
    whole = np.rint(values)
    return float(np.gcd.reduce(np.abs(whole).astype(np.int64).ravel())) if np.array_equal(whole, values) else 0.0


def read_pens(path: Path) -> Raw | None:
    """Read an .npz of drawings; None where its keys are others. Raises DataError where it is damaged."""
    found = load(path)
    if isinstance(found, np.ndarray):
        return None
    with found:
        keys = set(found.files)
        prefixes = [p for p in ("", *(f"{s}_" for s in SPLITS)) if {f"{p}points", f"{p}offsets"} <= keys]
        recorded = {"xy", "stroke", "offsets"} <= keys
        if not recorded and not prefixes:
            return None
        arrays = {key: member(path, found, key) for key in found.files}
    return from_points(path.name, arrays) if recorded else from_moves(path.name, arrays, prefixes)


def from_points(name: str, arrays: dict[str, np.ndarray]) -> Raw:
    """Take drawings as a pen was recorded: `xy` (n, 2), the number of the `stroke` (n,), `offsets` of the drawings."""
    xy, stroke, offsets = arrays["xy"], arrays["stroke"], checked(name, arrays, "xy", "offsets", 2)
    if stroke.shape != (len(xy),):
        raise DataError(f"in {name}, stroke has the shape {stroke.shape}, and xy {xy.shape}: one number a point.")
    moves = []
    for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
        places = np.flatnonzero(np.diff(stroke[begin:end])) + 1
        lines = np.split(xy[begin:end], places)
        moves.append(moves_of(thinned_drawing(lines)) if end > begin else np.zeros((0, 3), np.float32))
    before, after = len(xy), sum(map(len, moves))
    raw = assembled(name, moves, arrays)
    raw.notes.append(
        Note("drawings", f"{before:,} points were recorded; the {after:,} that matter for the line are kept")
    )
    return raw


def from_moves(name: str, arrays: dict[str, np.ndarray], prefixes: Sequence[str]) -> Raw:
    """Take drawings as moves, `points` (n, 3): dx, dy, pen lifted after it; perhaps in official parts."""
    moves: list[np.ndarray] = []
    splits: list[str] = []
    for prefix in prefixes:
        points, offsets = arrays[f"{prefix}points"], checked(name, arrays, f"{prefix}points", f"{prefix}offsets", 3)
        for begin, end in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
            moves.append(without_start(points[begin:end].astype(np.float32)))
        splits += [SPLITS.get(prefix.rstrip("_"), "")] * (len(offsets) - 1)
    raw = assembled(name, moves, arrays)
    raw.split = np.array(splits) if len(set(splits)) > 1 else None
    return raw


def checked(name: str, arrays: dict[str, np.ndarray], points: str, offsets: str, width: int) -> np.ndarray:
    """Return the offsets of drawings. Raises DataError where points and offsets do not go together."""
    shape, places = arrays[points].shape, arrays[offsets]
    if len(shape) != 2 or shape[1] != width or arrays[points].dtype.kind not in "iuf":
        raise DataError(f"in {name}, {points} has the shape {shape}; it must be numbers (n, {width}). {LAYOUT}.")
    if (
        places.ndim != 1
        or len(places) < 2
        or places.dtype.kind not in "iu"
        or (np.diff(places.astype(np.int64)) < 0).any()
    ):
        raise DataError(f"in {name}, {offsets} must be whole numbers that grow, one more than drawings. {LAYOUT}.")
    if places[0] != 0 or places[-1] != shape[0]:
        raise DataError(
            f"in {name}, {offsets} goes from {places[0]} to {places[-1]}, and there are {shape[0]:,} {points}."
        )
    return places


def assembled(name: str, moves: list[np.ndarray], arrays: dict[str, Any]) -> Raw:
    """Put drawings and what is known of each together; numbers of `label` are names where `classes` has them."""
    import pandas as pd

    columns = {key: v for key, v in arrays.items() if v.shape == (len(moves),) and key not in ("t_ms", "stroke")}
    if "label" in columns and "classes" in arrays and columns["label"].dtype.kind in "iu":
        columns["label"] = arrays["classes"][columns["label"]]
    frame = pd.DataFrame({k: v.astype(object) if v.dtype.kind == "U" else v for k, v in columns.items()})
    frame.index = pd.RangeIndex(len(moves))
    labelled = "label" in columns
    return Raw(
        name,
        frame,
        media=Pens(moves, name),
        media_column=COLUMN,
        target=("label",) if labelled else (),
        task="classification" if labelled else "drawing",
    )
