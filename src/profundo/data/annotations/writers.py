"""Writing where things are: COCO's JSON, Pascal VOC's XML, YOLO's text, for true objects and for found ones.

All three are read again by `read_annotations` as what they were, up to rounding (COCO 0.01 pixels, YOLO 1e-6 of a
side). Masks must be run-length codes at the size of the picture; those inside boxes are pasted first.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from xml.sax.saxutils import escape

from ...errors import UsageError
from ...files import atomic_write
from ...objects import Objects, Rle
from ..pictures import printable


def write_coco(path: Path, names: Sequence[str], objects: Sequence[Objects], labels: Sequence[str]) -> None:
    """Write objects as one COCO file; found ones have a `score` each, so that it serves as a list of results too.

    `names` are the pictures' files, and `objects` what is in each. Ids count from 1. Raises ResourceError where it
    cannot be written.
    """
    images = [
        {"id": i, "file_name": name, "width": found.width, "height": found.height}
        for i, (name, found) in enumerate(zip(names, objects, strict=True), 1)
    ]
    entries = [entry for i, found in enumerate(objects, 1) for entry in coco_entries(i, found)]
    value = {
        "images": images,
        "annotations": [{"id": i, **entry} for i, entry in enumerate(entries, 1)],
        "categories": [{"id": i, "name": label} for i, label in enumerate(labels, 1)],
    }
    atomic_write(path, json.dumps(value, ensure_ascii=True) + "\n")


def coco_entries(picture: int, found: Objects) -> Iterator[dict[str, Any]]:
    """Yield the objects of one picture as COCO writes them, without their ids."""
    for i, (x1, y1, x2, y2) in enumerate(found.boxes.tolist()):
        box = [round(v, 2) for v in (x1, y1, x2 - x1, y2 - y1)]
        crowd = found.crowd is not None and bool(found.crowd[i])
        entry: dict[str, Any] = {"image_id": picture, "category_id": int(found.codes[i]) + 1, "bbox": box}
        entry |= {"area": round((x2 - x1) * (y2 - y1), 2), "iscrowd": int(crowd)}
        if found.masks is not None:
            entry |= {"segmentation": texted(found.masks[i]), "area": pixels(found.masks[i])}
        if found.scores is not None:
            entry["score"] = round(float(found.scores[i]), 6)
        yield entry


def texted(mask: Rle) -> Rle:
    """Return a run-length code whose counts are text, as JSON can hold it."""
    counts = mask["counts"]
    return {"size": list(mask["size"]), "counts": counts.decode() if isinstance(counts, bytes) else counts}


def pixels(mask: Rle) -> int:
    """Return the number of pixels of a mask."""
    from faster_coco_eval import mask as coco

    return int(coco.area(mask))


def write_voc(folder: Path, names: Sequence[str], objects: Sequence[Objects], labels: Sequence[str]) -> None:
    """Write an XML file for each picture into a folder, its pixels counted from 1; a score is written where found.

    Pictures of the same stem would share a file: UsageError.
    """
    for stem, name, found in stems(names, objects):
        lines = [
            "<annotation>",
            f"  <filename>{text(PurePosixPath(name).name)}</filename>",
            f"  <size><width>{found.width}</width><height>{found.height}</height><depth>3</depth></size>",
        ]
        for i, (x1, y1, x2, y2) in enumerate(found.boxes.tolist()):
            crowd = found.crowd is not None and bool(found.crowd[i])
            sides = zip(("xmin", "ymin", "xmax", "ymax"), (x1 + 1, y1 + 1, x2, y2), strict=True)
            box = "".join(f"<{side}>{plain(v)}</{side}>" for side, v in sides)
            score = "" if found.scores is None else f"<score>{float(found.scores[i]):.6f}</score>"
            label = text(labels[int(found.codes[i])])
            known = f"<name>{label}</name>{score}<difficult>{int(crowd)}</difficult>"
            lines.append(f"  <object>{known}<bndbox>{box}</bndbox></object>")
        atomic_write(folder / f"{stem}.xml", "\n".join([*lines, "</annotation>", ""]))


def write_yolo(folder: Path, names: Sequence[str], objects: Sequence[Objects], labels: Sequence[str]) -> None:
    """Write a text file for each picture into a folder, and `classes.txt`; a score is the sixth field where found.

    Masks and crowds have no place there and are left out. Pictures of the same stem would share a file: UsageError.
    """
    for stem, _, found in stems(names, objects):
        lines = []
        for i, (x1, y1, x2, y2) in enumerate(found.boxes.tolist()):
            if found.crowd is not None and found.crowd[i]:
                continue
            middle = ((x1 + x2) / 2 / found.width, (y1 + y2) / 2 / found.height)
            size = ((x2 - x1) / found.width, (y2 - y1) / found.height)
            score = "" if found.scores is None else f" {float(found.scores[i]):.6f}"
            lines.append(f"{int(found.codes[i])} " + " ".join(f"{v:.8f}" for v in (*middle, *size)) + score + "\n")
        atomic_write(folder / f"{stem}.txt", "".join(lines))
    atomic_write(folder / "classes.txt", "".join(f"{' '.join(label.split())}\n" for label in labels))


def stems(names: Sequence[str], objects: Sequence[Objects]) -> Iterator[tuple[str, str, Objects]]:
    """Yield (stem, name, objects) of each picture. Raises UsageError where two pictures have the same stem."""
    seen: dict[str, str] = {}
    for name, found in zip(names, objects, strict=True):
        stem = PurePosixPath(name).stem
        if stem in seen:
            raise UsageError(
                f"{printable(seen[stem])} and {printable(name)} would share one file. Write COCO: --form coco"
            )
        seen[stem] = name
        yield stem, name, found


def text(value: str) -> str:
    """Return text that XML can hold: markup escaped, control characters as their escape in Python."""
    return escape("".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in value))


def plain(value: float) -> str:
    """Write a coordinate as short as it is exact to 0.01 pixels: 12, not 12.00."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
