"""Seeing by its layout where a folder says where things are in its pictures; in doubt, it does not.

A folder for each class is a layout too, so every rule here asks for what classes never have: a file that only
annotations have, or masks that pair with photos name by name and hold a few values.
"""

import mmap
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import DataError
from ..folder import SPLITS, Found, inner, is_picture, listed, pictures_below
from ..pictures import printable
from .csvboxes import is_boxes
from .pairs import FEW, Pairs, looks_like_masks, pair
from .yolo import LISTS
from .yolo import TABLES as NAMES

IMAGES = ("images", "image", "imgs", "img", "jpegimages", "photos", "pictures")
MASKS = ("masks", "mask", "segmentationclass", "annotations", "labels", "gt")
IDS = ("instances", "instance", "segmentationobject", "instance_masks", "ids")
ANNOTATIONS = ("annotations", "annotation", "labels", "xmls", "xml")
BESIDE = ("annot", "_labels", "_masks", "_mask", "_annotations")  # train/ and trainannot/, as SegNet's CamVid
VOC = ("SegmentationClass", "SegmentationObject")
MOST_IDS = 10_000  # in one picture
NOT_OBJECTS = ("captions", "person_keypoints", "panoptic", "image_info", "stuff")
LAYOUTS = (
    "Known: coco.json; annotations/*.xml (Pascal VOC) or labels/*.txt (YOLO) beside images/; masks/*.png or "
    "instances/*.png beside images/; a table with file, x1, y1, x2, y2, label; each of them in train/, val/, test/ too"
)


@dataclass(frozen=True)
class Piece:
    """Annotations of one form for the pictures below one folder, of one official part or of none ("")."""

    form: str  # "coco", "voc", "yolo", "csv", "masks", "instances"
    annotations: Path  # a file, or a folder of files
    pictures: Path
    split: str = ""


def find_layout(folder: Path, task: str = "") -> list[Piece]:
    """Return the annotations in a folder, none where it has none. `task` decides where it has masks and boxes."""
    root = inner(folder)
    named = {f: SPLITS[f.name.lower()] for f in listed(root)[0] if f.name.lower() in SPLITS}
    if "train" in named.values():
        pieces = [piece for part, split in named.items() for piece in look(part, split, task)]
        if pieces:
            return [p for p in pieces if p.form == pieces[0].form]
    return look(root, "", task)


def passed_over(folder: Path, pieces: Sequence[Piece]) -> list[str]:
    """Return the names of the folders of parts, such as test/, that hold pictures and no annotations of the form."""
    read = {q for p in pieces if p.split for q in (p.pictures, *p.pictures.parents)}
    parts = [f for f in listed(inner(folder))[0] if f.name.lower() in SPLITS] if read else []
    return [printable(f.name) for f in parts if f not in read and pictures_below(f, Found())]


def look(root: Path, split: str, task: str) -> list[Piece]:
    """Return what the first rule that applies finds in a folder."""
    rules: list[Callable[[Path, str], list[Piece]]] = [coco, voc, yolo, instances, masks, tables]
    if task == "segmentation":
        rules = [masks, *(r for r in rules if r is not masks)]
    if task == "instances":
        rules = [instances, *(r for r in rules if r is not instances)]
    return next((found for rule in rules if (found := rule(root, split))), [])


def coco(root: Path, split: str) -> list[Piece]:
    """COCO: a JSON file in the folder, or in its annotations/."""
    places = [root, *(f for f in listed(root)[0] if f.name.lower() in ANNOTATIONS)]
    for place in places:
        files = [f for f in listed(place)[1] if f.suffix.lower() == ".json" and is_coco(f)]
        instances = [f for f in files if f.name.startswith("instances_")]
        files = instances or [f for f in files if not f.name.startswith(NOT_OBJECTS)]
        if files:
            return several("coco", chosen(files, "coco.json"), root, split)
    return []


def voc(root: Path, split: str) -> list[Piece]:
    """Pascal VOC: XML in annotations/ without pictures in it, or beside the pictures."""
    for folder in (f for f in listed(root)[0] if f.name.lower() in ANNOTATIONS):
        files = listed(folder)[1]
        if any(f.suffix.lower() == ".xml" for f in files) and not any(map(is_picture, files)):
            return [Piece("voc", folder, images_of(root) or root, split)]
    for folder in filter(None, (root, images_of(root))):
        files = listed(folder)[1]
        stems = {f.stem for f in files if is_picture(f)}
        if any(f.suffix.lower() == ".xml" and f.stem in stems and has(f, b"<annotation") for f in files):
            return [Piece("voc", folder, folder, split)]
    return []


def yolo(root: Path, split: str) -> list[Piece]:
    """YOLO: text in labels/ that pairs with pictures in images/ (both perhaps with train/ in them), or beside them."""
    images, labels = images_of(root), named_folder(root, ("labels",))
    if images is not None and labels is not None:
        parts = [(f, labels / f.name, SPLITS[f.name.lower()]) for f in listed(images)[0] if f.name.lower() in SPLITS]
        pairs = [p for p in parts if p[1].is_dir()] or [(images, labels, split)]
        if any(is_yolo(a, b) for a, b, _ in pairs):
            return [Piece("yolo", b, a, part) for a, b, part in pairs]
    if any((root / n).is_file() for n in (*NAMES, *LISTS)) and is_yolo(root, root):
        return [Piece("yolo", root, root, split)]
    return []


def instances(root: Path, split: str) -> list[Piece]:
    """Pictures of ids in instances/ that pair with images/."""
    images, ids = images_of(root), named_folder(root, IDS)
    if images is None or ids is None or strangers(root):
        return []
    found = pair(images, ids)
    return [Piece("instances", ids, images, split)] if are_masks(found, ids, MOST_IDS) else []


def masks(root: Path, split: str) -> list[Piece]:
    """Masks of classes in masks/ that pair with images/, both perhaps with train/ in them; or trainannot/ by train/."""
    images, found = images_of(root), named_folder(root, MASKS)
    if images is not None and found is not None and not strangers(root):
        parts = [(f, found / f.name, SPLITS[f.name.lower()]) for f in listed(images)[0] if f.name.lower() in SPLITS]
        pairs = [p for p in parts if p[1].is_dir()] or [(images, found, split)]
        if all(are_masks(pair(a, b), b) for a, b, _ in pairs):
            return [Piece("masks", b, a, part) for a, b, part in pairs]
    beside = {f.name.lower(): f for f in listed(root)[0]}
    pairs = [
        (f, beside[n + end], SPLITS[n]) for n, f in beside.items() if n in SPLITS for end in BESIDE if n + end in beside
    ]
    if any(s == "train" for *_, s in pairs) and all(are_masks(pair(a, b), b) for a, b, _ in pairs):
        return [Piece("masks", b, a, part) for a, b, part in pairs]
    return []


def are_masks(found: Pairs, folder: Path, most: int = FEW) -> bool:
    """Say whether photos and masks pair, and the masks are none by accident; in VOC few photos have one."""
    return (found.close or (found.owned and folder.name in VOC)) and looks_like_masks(found, most)


def tables(root: Path, split: str) -> list[Piece]:
    """A table of boxes."""
    files = [f for f in listed(root)[1] if f.suffix.lower() in (".csv", ".tsv") and is_boxes(f)]
    return several("csv", chosen(files, "boxes.csv"), root, split) if files else []


def several(form: str, files: Sequence[Path], root: Path, split: str) -> list[Piece]:
    """Return one file, or files whose names say the part: instances_train2017.json with train2017/."""
    parts = [split or part_of(f.name) for f in files]
    if len(files) > 1 and (not all(parts) or len(set(parts)) < len(files)):
        shown = ", ".join(printable(f.name) for f in files[:5])
        raise DataError(f"{root} has several files that say where things are: {shown}. Name one: --annotations FILE")
    return [Piece(form, f, folder_of_part(root, part), part) for f, part in zip(files, parts, strict=True)]


def chosen(files: list[Path], name: str) -> list[Path]:
    """Return the file of that name alone, where it is there."""
    return [f for f in files if f.name == name] or files


def part_of(name: str) -> str:
    """Return the part that a name speaks of: "train" for instances_train2017.json; "" for none."""
    return next((SPLITS[word] for word in re.split(r"[^a-z]+", name.lower()) if word in SPLITS), "")


def folder_of_part(root: Path, part: str) -> Path:
    """Return the folder of the pictures of a part, else images/, else the folder itself."""
    images = images_of(root)
    for place in filter(None, (images, root)) if part else ():
        found = [f for f in listed(place)[0] if part_of(f.name) == part]
        if len(found) == 1:
            return found[0]
    return images or root


def images_of(root: Path) -> Path | None:
    """Return the folder of the photos."""
    return named_folder(root, IMAGES)


def named_folder(root: Path, names: Sequence[str]) -> Path | None:
    """Return the first folder in `root` that has one of the names."""
    folders = {f.name.lower(): f for f in reversed(listed(root)[0])}
    return next((folders[n] for n in names if n in folders), None)


def strangers(root: Path) -> bool:
    """Say whether pictures stand in folders that a layout of photos and masks does not know: they would be classes."""
    known = {*IMAGES, *MASKS, *IDS, *ANNOTATIONS, "splits", "imagesets", "overlays"}
    return any(any(map(is_picture, listed(f)[1])) for f in listed(root)[0] if f.name.lower() not in known)


def is_coco(file: Path) -> bool:
    """Say whether a JSON file holds COCO's lists, or is called as if it did."""
    if file.name == "coco.json" or file.name.endswith(".coco.json"):
        return True
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return data.find(b'"images"') >= 0 and max(data.find(b'"annotations"'), data.find(b'"categories"')) >= 0
    except (OSError, ValueError):  # an empty file cannot be mapped
        return False


def is_annotations(file: Path) -> bool:
    """Say whether a file is COCO's JSON, or a table of boxes that names pictures beside it."""
    if not file.is_file():
        return False
    if file.suffix.lower() == ".json":
        return is_coco(file)
    return file.suffix.lower() in (".csv", ".tsv") and is_boxes(file)


def is_yolo(images: Path, labels: Path) -> bool:
    """Say whether a folder holds text files named like pictures, whose first lines are numbers, and no pictures."""
    stems = {f.stem for f in listed(images)[1] if is_picture(f)}
    files = listed(labels)[1]
    if labels != images and any(map(is_picture, files)):
        return False
    texts = [f for f in files if f.suffix.lower() == ".txt" and f.stem in stems]
    lines = [line for f in texts[:20] for line in head(f).splitlines()[:1] if line.strip()]
    return bool(texts) and sum(is_row(line) for line in lines) >= len(lines) / 2


def is_row(line: bytes) -> bool:
    """Say whether a line is a class and at least four numbers."""
    fields = line.split()
    try:
        return len(fields) >= 5 and all(float(f) is not None for f in fields)
    except ValueError:
        return False


def head(file: Path) -> bytes:
    """Return the first bytes of a file, none where it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(4096)
    except OSError:
        return b""


def has(file: Path, mark: bytes) -> bool:
    """Say whether a mark stands in the first bytes of a file."""
    return mark in head(file)
