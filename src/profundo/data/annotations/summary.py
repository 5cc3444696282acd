"""What the annotations hold: how many objects, of which labels, how many in a picture, how large."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...objects import Objects


def of_objects(labels: Sequence[str], objects: Sequence[Objects]) -> dict[str, Any]:
    """Return counts as plain JSON: `objects`, `labels`, `crowd`, `empty` pictures, `per_picture`, `share`.

    `per_picture` is [smallest, median, largest]; `share` is the 0, 5, 50, 95 and 100 % points of a box's share of the
    area of its picture.
    """
    codes = np.concatenate([o.codes for o in objects]) if objects else np.zeros(0, np.int64)
    counts = np.array([len(o) for o in objects], np.int64)
    shares = [shares_of(o) for o in objects if len(o)]
    share = np.percentile(np.concatenate(shares), [0, 5, 50, 95, 100]) if shares else np.zeros(5)
    per_label = np.bincount(codes, minlength=len(labels)).tolist()
    return {
        "objects": len(codes),
        "labels": dict(zip(labels, per_label, strict=True)),
        "crowd": sum(int(o.crowd.sum()) for o in objects if o.crowd is not None),
        "empty": int((counts == 0).sum()),
        "per_picture": [int(counts.min()), float(np.median(counts)), int(counts.max())] if len(counts) else [0, 0.0, 0],
        "share": [float(f"{v:.4g}") for v in share],
    }


def shares_of(objects: Objects) -> np.ndarray:
    """Return the share of the picture that each box covers."""
    sides = objects.boxes[:, 2:] - objects.boxes[:, :2]
    return sides.prod(1) / (objects.height * objects.width)


def of_pixels(labels: Sequence[str], pixels: np.ndarray) -> dict[str, Any]:
    """Return the share of the pixels of each label, and of those without, from counts (256,) by code."""
    total = max(int(pixels.sum()), 1)
    shares = {name: float(f"{pixels[i] / total:.4g}") for i, name in enumerate(labels)}
    return {"pixels": int(pixels.sum()), "labels": shares, "ignored": float(f"{pixels[255] / total:.4g}")}


def words(summary: dict[str, Any]) -> str:
    """Say a summary in a line."""
    if "pixels" in summary:
        ranked = sorted(summary["labels"].items(), key=lambda item: -item[1])
        shown = ", ".join(f"{name} {share:.1%}" for name, share in ranked[:6]) + (", ..." if len(ranked) > 6 else "")
        ignored = f"; {summary['ignored']:.1%} without a label" if summary["ignored"] else ""
        return f"{len(ranked)} labels by share of the pixels: {shown}{ignored}"
    ranked = sorted(summary["labels"].items(), key=lambda item: -item[1])
    shown = ", ".join(f"{name} {count:,}" for name, count in ranked[:6]) + (", ..." if len(ranked) > 6 else "")
    low, middle, high = summary["per_picture"]
    crowd = f", {summary['crowd']:,} of them crowds" if summary["crowd"] else ""
    empty = f"; {summary['empty']:,} pictures are empty" if summary["empty"] else ""
    share = summary["share"]
    return (
        f"{summary['objects']:,} objects ({shown}){crowd}; {low} to {high} in a picture, median {middle:g}; "
        f"a box covers {share[0]:.2%} to {share[4]:.2%} of its picture, median {share[2]:.2%}{empty}"
    )
