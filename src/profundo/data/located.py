"""Pictures and where things are in them, as a data set: boxes, masks of objects, or a label for every pixel.

Pictures are padded, never cropped or distorted, so that one factor leads from the source's pixels to the network's.
Statistics are of the training part; the labels are the source's own list, the same in every part.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import DataError, unknown
from ..objects import IGNORED, SIDE, Objects
from ..schema import Boxes, Image, Mask, Schema
from .dataplan import DataPlan
from .dataset import Data, packed
from .decode import inside
from .images import fit_pixels, readable
from .load import build_augment, data_note, divide, firsts, tensor
from .raw import Annotations, Note, Raw, Survey
from .summary import of_image
from .target import Target
from .without import rows_without

LARGEST = 256  # pixels of the longer side, where no size is asked for
GROUND = "background"  # the label of what is in no mask, where masks of objects are learnt as one map


def load(plan: DataPlan, raw: Raw, families: np.ndarray | None) -> Data:
    """Load pictures with their annotations, for a task of `LOCATED`. Raises DataError where they do not fit."""
    known, survey = annotations_of(raw), pictures_of(raw).survey()
    task = plan.task or raw.task
    good, bad_notes = readable(pictures_of(raw), survey)
    sizes = np.zeros((len(raw.frame), 2), np.int64)
    sizes[good] = np.asarray(survey.sizes, np.int64).reshape(-1, 2)
    kept = good & rows_without(plan.without, len(raw.frame))
    kept &= single(known) if task == "localisation" else True
    if families is not None and plan.copies == "drop":
        kept &= firsts(families)
    raw = replace(raw, frame=raw.frame.assign(**{known.column: counts(known, len(raw.frame))}))
    target = Target((known.column,), task, kept, [Note("task", task_words(task, known), "--task TASK")])
    view, parts = divide(plan, raw, target, kept, families)
    rows, train = view.frame.index.to_numpy(), parts.parts["train"]
    places = np.flatnonzero(kept)
    image, note = canvas(survey, plan.size)
    pixels = pictures_of(raw).decode(places, image.channels, image.height, image.width_pixels, fit=image.fit)
    image = fit_pixels(image, pixels, train, plan.seed, (plan.mean, plan.std))
    labels = labels_of(known, task)
    data = Data(
        name=raw.name,
        schema=Schema({raw.picture_column: image}, {known.column: Mask(labels)}),
        task=task,
        x=tensor(pixels),
        y=torch.zeros(0),
        ids=torch.from_numpy(rows.astype(np.int64)),
        splits={name: torch.from_numpy(found) for name, found in parts.parts.items()},
        seed=plan.seed,
        notes=[data_note(raw), *raw.notes, *target.notes, *parts.notes, note, *bad_notes, *lost(kept, good, task)],
        frame=view.frame,
        official=view.split is not None,
        sizes=sizes[places],
    )
    data = with_truth(data, known, places, labels)
    described = of_image(len(rows), image, len(survey.bad))
    data.summary |= {raw.picture_column: described, known.column: described_target(data, known.column, train)}
    return replace(data, augment=build_augment(plan.augment, data.schema, task))


def annotations_of(raw: Raw) -> Annotations:
    """Return the annotations. Raises DataError with what to type where there are none."""
    if raw.annotations is None:
        raise DataError(
            f"{raw.name} says nowhere where things are in its pictures. Name the file or folder that does: "
            "--annotations boxes.json"
        )
    return raw.annotations


def pictures_of(raw: Raw) -> Any:
    """Return the pictures. Raises DataError where there are none."""
    if raw.pictures is None:
        raise DataError(f"{raw.name} holds no pictures.")
    return raw.pictures


def single(known: Annotations) -> np.ndarray:
    """Say of each picture whether it has exactly one object."""
    return np.array([len(o) == 1 and not crowd(o).any() for o in known.objects], bool)


def counts(known: Annotations, rows: int) -> np.ndarray:
    """Return how many objects each picture has; 1 for a mask."""
    return np.array([len(o) for o in known.objects]) if known.kind == "boxes" else np.ones(rows, np.int64)


def crowd(objects: Objects) -> np.ndarray:
    """Say of each object whether it is a region of many."""
    return np.zeros(len(objects), bool) if objects.crowd is None else objects.crowd


def lost(kept: np.ndarray, good: np.ndarray, task: str) -> list[Note]:
    """Tell of the pictures that localisation cannot use."""
    count = int((good & ~kept).sum())
    if task != "localisation" or not count:
        return []
    text = f"{count:,} pictures have no object or several; localisation is of one. They are left out"
    return [Note("warning", text, "--task detection", warning=True)]


def task_words(task: str, known: Annotations) -> str:
    """Say what is to be learnt."""
    what = {
        "localisation": "a box and a label for the one object of each picture",
        "detection": "a box and a label for every object",
        "instances": "a box, a label and a mask for every object",
        "segmentation": "a label for every pixel",
    }
    shown = ", ".join(known.labels[:6]) + (", ..." if len(known.labels) > 6 else "")
    return f"{task}: {what[task]} ({len(known.labels)} labels: {shown})"


def canvas(survey: Survey, size: int | None) -> tuple[Image, Note]:
    """Choose the page that every picture is padded to: of their own shape where all are alike, else a square."""
    sizes = np.asarray(survey.sizes, np.int64).reshape(-1, 2)
    longest = int(sizes.max())
    side = min(longest, LARGEST) if size is None else size
    alike = bool((sizes == sizes[0]).all())
    height, width = inside(int(sizes[0][0]), int(sizes[0][1]), side, side) if alike else (side, side)
    channels = 1 if survey.grey else 3
    found = f"all {sizes[0][0]} x {sizes[0][1]}" if alike else f"{len(np.unique(sizes, axis=0)):,} different sizes"
    text = f"{found}; scaled to fit in {height} x {width}, {'grey' if channels == 1 else 'colour'}"
    return Image(channels, int(height), int(width), fit="pad"), Note("images", text, "--size 256")


def labels_of(known: Annotations, task: str) -> tuple[str, ...]:
    """Return the labels that the task tells apart. Raises DataError where the annotations are of another kind."""
    if known.kind == "mask" and task != "segmentation":
        raise DataError(f"the annotations are a label for every pixel; {task} wants boxes. Type: --task segmentation")
    if task in ("instances", "segmentation") and known.kind == "boxes" and not known.masks:
        raise DataError(f"the annotations are boxes without masks; {task} wants masks. Type: --task detection")
    return (GROUND, *known.labels) if task == "segmentation" and known.kind == "boxes" else known.labels


def with_truth(data: Data, known: Annotations, places: np.ndarray, labels: tuple[str, ...]) -> Data:
    """Add y, the truth in the source's pixels, and the kind of the target, for the pictures at `places`."""
    (_, image), (name, _) = next(iter(data.schema.inputs.items())), next(iter(data.schema.targets.items()))
    assert isinstance(image, Image) and data.sizes is not None
    if data.task == "segmentation":
        kind: Mask | Boxes = Mask(labels)
        schema = Schema(data.schema.inputs, {name: kind})
        return replace(data, schema=schema, y=mask_tensor(known, places, data.sizes, image))
    truth = [known.objects[i] for i in places]
    masks = data.task == "instances"
    most = max(1, *(int((~crowd(o)).sum()) for o in truth))
    kind = Boxes(labels, most, masks, single=data.task == "localisation")
    y, cells = box_tensors(truth, data.sizes, image, most, masks)
    schema = Schema(data.schema.inputs, {name: kind})
    return replace(data, schema=schema, y=y, masks=cells, truth=truth)


def factor(size: Sequence[int], image: Image) -> float:
    """Return how many of the network's pixels make one of a picture's own, from its (height, width)."""
    return min(image.height / size[0], image.width_pixels / size[1])


def box_tensors(
    truth: Sequence[Objects], sizes: np.ndarray, image: Image, most: int, masks: bool
) -> tuple[Tensor, Tensor | None]:
    """Return y (N, most, 5) float32 in the network's pixels, and the masks inside the boxes as packed bits."""
    y = np.full((len(truth), most, 5), -1, np.float32)
    cells = torch.zeros(len(truth), most, SIDE * SIDE // 8, dtype=torch.uint8) if masks else None
    for i, objects in enumerate(truth):
        own = objects.keep(~crowd(objects))
        y[i, : len(own), :4] = own.boxes * factor(sizes[i], image)
        y[i, : len(own), 4] = own.codes
        if cells is not None and len(own):
            cells[i, : len(own)] = packed(torch.from_numpy(grids(own)))
    return torch.from_numpy(y), cells


def grids(objects: Objects) -> np.ndarray:
    """Return each object's mask inside its box as (k, SIDE, SIDE) uint8, 1 where most of a cell is covered."""
    from faster_coco_eval.core import mask as coco
    from PIL import Image as Pillow

    found = np.zeros((len(objects), SIDE, SIDE), np.uint8)
    assert objects.masks is not None
    for i, (code, box) in enumerate(zip(objects.masks, objects.boxes, strict=True)):
        whole = Pillow.fromarray(coco.decode(code) * np.uint8(255))
        cut = whole.resize((SIDE, SIDE), Pillow.Resampling.BOX, tuple(box))
        found[i] = np.asarray(cut) >= 128
    return found


def mask_tensor(known: Annotations, places: np.ndarray, sizes: np.ndarray, image: Image) -> Tensor:
    """Return y (N, height, width) uint8: the codes of the pixels, nearest, 255 beyond the picture's edges."""
    y = np.full((len(places), image.height, image.width_pixels), IGNORED, np.uint8)
    for i, place in enumerate(places):
        rows, columns = (int(n) for n in sizes[i])
        codes = painted(known.objects[place]) if known.kind == "boxes" else codes_of(known, int(place), rows, columns)
        height, width = inside(rows, columns, image.height, image.width_pixels)
        down = (np.arange(height) * 2 + 1) * rows // (2 * height)
        across = (np.arange(width) * 2 + 1) * columns // (2 * width)
        y[i, :height, :width] = codes[down[:, None], across]
    return torch.from_numpy(y)


def codes_of(known: Annotations, place: int, rows: int, columns: int) -> np.ndarray:
    """Return the codes of one picture of values (rows, columns)."""
    from .annotations import decode_map

    return decode_map(known, place, rows, columns)


def painted(objects: Objects) -> np.ndarray:
    """Return the map of codes that the masks of objects make, the smaller over the larger: 0 is the background."""
    from faster_coco_eval.core import mask as coco

    codes = np.zeros((objects.height, objects.width), np.uint8)
    if objects.masks is not None:
        areas = np.array([float(coco.area(m)) for m in objects.masks])
        for i in np.argsort(-areas, kind="stable"):
            codes[coco.decode(objects.masks[i]) > 0] = IGNORED if crowd(objects)[i] else objects.codes[i] + 1
    return codes


def described_target(data: Data, name: str, train: np.ndarray) -> dict[str, Any]:
    """Describe the target for the report: how often each label stands in the training part."""
    labels = data.schema.labels
    if data.truth is None:
        codes = np.bincount(data.y[torch.from_numpy(train)].numpy().ravel(), minlength=256)[: len(labels)]
        what = "pixels"
    else:
        inner = [data.truth[i].codes for i in train]
        codes = np.bincount(np.concatenate([*inner, np.zeros(0, np.int64)]), minlength=len(labels))
        what = "objects"
    top = sorted(zip(labels, codes.tolist(), strict=True), key=lambda pair: -pair[1])
    kind = data.schema.targets[name].name
    reason = f"{int(codes.sum()):,} {what} of the training part"
    return {"kind": kind, "role": "target", "reason": reason, "missing": 0, "distinct": len(labels), "top": top[:10]}


def new(schema: Schema, task: str, raw: Raw, *, targets: bool) -> Data:
    """Encode new pictures for a trained network that says where things are; with `targets`, the truth beside them.

    Raises DataError where the truth is asked for and is not there, or has labels that training had not.
    """
    image, kind = schema.image, schema.located
    assert image is not None and kind is not None
    survey = pictures_of(raw).survey()
    good, notes = readable(pictures_of(raw), survey)
    known = renamed(annotations_of(raw), kind.labels, task) if targets else None
    if known is not None and task == "localisation":
        good &= single(known)
    places = np.flatnonzero(good)
    if not len(places):
        raise DataError(f"{raw.name} has no usable picture.")
    sizes = np.zeros((len(raw.frame), 2), np.int64)
    sizes[np.setdiff1d(np.arange(len(raw.frame)), [row for row, _, _ in survey.bad])] = np.asarray(survey.sizes)
    frame = raw.frame.take(places)
    data = Data(
        name=raw.name,
        schema=schema,
        task=task,
        x=tensor(pictures_of(raw).decode(places, image.channels, image.height, image.width_pixels, fit=image.fit)),
        y=torch.zeros(0),
        ids=torch.from_numpy(frame.index.to_numpy(np.int64, copy=True)),
        splits={"test": torch.arange(len(places))},
        notes=[data_note(raw), *raw.notes, *notes],
        frame=frame,
        sizes=sizes[places],
    )
    if known is None:
        return replace(data, y=unknown_places(kind, len(places), image))
    return replace(with_truth(data, known, places, kind.labels), schema=schema)


def unknown_places(kind: Mask | Boxes, count: int, image: Image) -> Tensor:
    """Return the y of pictures of which nothing is known."""
    if isinstance(kind, Mask):
        return torch.full((count, image.height, image.width_pixels), IGNORED, dtype=torch.uint8)
    return torch.full((count, 1, 5), -1.0)


def renamed(known: Annotations, labels: tuple[str, ...], task: str) -> Annotations:
    """Number the labels of new annotations as training did. Raises DataError with the nearest for one it had not."""
    wanted = labels[1:] if task == "segmentation" and known.kind == "boxes" else labels
    if known.labels == wanted:
        return known
    for label in known.labels:
        if label not in wanted:
            raise DataError("in the annotations, " + unknown("label", label, wanted))
    place = np.array([wanted.index(label) for label in known.labels], np.int64)
    objects = [replace(o, codes=place[o.codes]) for o in known.objects]
    codes = {value: int(place[code]) for value, code in known.codes.items()}
    return replace(known, labels=wanted, objects=objects, codes=codes)
