"""Annotations that were named: a file or a folder, read by what it is."""

from pathlib import Path

from ...errors import DataError
from ..folder import SPLITS, inner, is_picture, listed
from ..pictures import printable
from ..streams import check_file
from .layouts import IDS, LAYOUTS, Piece, coco, find_layout, images_of, part_of, tables
from .yolo import OTHERS

TABLES = (".csv", ".tsv", ".txt", ".parquet", ".jsonl")


def named_pieces(pictures: Path, annotations: Path, task: str) -> list[Piece]:
    """Return the pieces of a named file or folder, for the pictures below a folder. Raises DataError where it is none.

    A folder may hold files of one form, or train/, val/ and test/ with such files, or be a layout of its own.
    """
    if not annotations.exists():
        check_file(annotations)
    if annotations.is_file():
        return [Piece(form_of(annotations), annotations, beside(pictures, annotations))]
    folders, files = listed(annotations)
    form = form_of_folder(annotations, files, task)
    if form:
        return [Piece(form, annotations, beside(pictures, annotations))]
    found = coco(annotations, "") or tables(annotations, "")
    if found:
        return [Piece(p.form, p.annotations, part_folder(pictures, p.split), p.split) for p in found]
    parts = [(f, SPLITS[f.name.lower()]) for f in folders if f.name.lower() in SPLITS]
    pieces = [
        Piece(kind, folder, part_folder(beside(pictures, annotations), split), split)
        for folder, split in parts
        if (kind := form_of_folder(folder, listed(folder)[1], task))
    ]
    pieces = pieces or find_layout(annotations, task)
    if not pieces:
        raise DataError(f"{annotations} holds no annotations that are known. {LAYOUTS}.")
    return pieces


def form_of(file: Path) -> str:
    """Return the form of a file by its ending. Raises DataError for another."""
    ending = file.suffix.lower()
    form = {".json": "coco", ".xml": "voc"}.get(ending, "csv" if ending in TABLES else "")
    if not form:
        raise DataError(f"{file} is no annotation file: .json (COCO), .xml (Pascal VOC) or .csv is wanted. {LAYOUTS}.")
    return form


def form_of_folder(folder: Path, files: list[Path], task: str) -> str:
    """Return the form of the files in a folder, "" where they are none that is known."""
    endings = {f.suffix.lower() for f in files}
    if ".xml" in endings:
        return "voc"
    if any(map(is_picture, files)) and not endings & {".txt", ".json", ".csv"}:
        ids = folder.name.lower() in IDS or task == "instances"
        return "instances" if ids and task != "segmentation" else "masks"
    return "yolo" if any(f.suffix.lower() == ".txt" and f.name.lower() not in OTHERS for f in files) else ""


def beside(pictures: Path, annotations: Path) -> Path:
    """Return the folder of the photos: images/ where the annotations are below the same folder, else as given."""
    if not pictures.is_dir():
        raise DataError(f"{printable(str(pictures))} is no folder of pictures.")
    below = annotations.resolve().is_relative_to(pictures.resolve())
    return images_of(inner(pictures)) or pictures if below else pictures


def part_folder(pictures: Path, split: str) -> Path:
    """Return the folder of the photos of a part, else of all."""
    found = [f for f in listed(pictures)[0] if split and part_of(f.name) == split]
    return found[0] if len(found) == 1 else pictures
