"""Pictures with annotations become tensors: coordinates, masks, padding, splits, and the errors on the way."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from faster_coco_eval.core import mask as coco

from profundo.data.dataplan import DataPlan
from profundo.data.dataset import packed, unpacked
from profundo.data.load import load
from profundo.data.located import grids, painted
from profundo.data.new import encode_new
from profundo.data.pixels import from_array
from profundo.data.raw import Annotations, Raw
from profundo.errors import DataError
from profundo.objects import SIDE, Objects

LABELS = ("disc", "square")


def rle(mask):
    return coco.encode(np.asfortranarray(mask.astype(np.uint8)))


def scene(number, height=40, width=60):
    """One white square of 10 x 20 pixels, and in every second picture a disc."""
    pixels = np.zeros((height, width), np.uint8)
    left = 5 + number % 20
    pixels[10:20, left : left + 20] = 255
    masks, boxes, codes = [rle(pixels > 0)], [[left, 10, left + 20, 20]], [1]
    if number % 2:
        disc = (np.arange(height)[:, None] - 30) ** 2 + (np.arange(width) - 50) ** 2 <= 36
        pixels[disc] = 128
        masks, boxes, codes = [*masks, rle(disc)], [*boxes, [44, 24, 57, 37]], [*codes, 0]
    return pixels, Objects(height, width, np.array(boxes, float), np.array(codes), masks=masks)


def source(count=40, *, masks=True, **how):
    scenes = [scene(i, **how) for i in range(count)]
    objects = [o if masks else replace(o, masks=None) for _, o in scenes]
    frame = pd.DataFrame({"file": [f"{i}.png" for i in range(count)]})
    pictures = from_array(np.stack([p for p, _ in scenes]), "scenes")
    return Raw(
        "scenes", frame, pictures, "file", task="detection", annotations=Annotations("boxes", LABELS, objects, masks)
    )


def test_boxes_are_in_the_networks_pixels():
    data = load(source(), size=30)
    assert data.task == "detection" and data.schema.image.fit == "pad"
    assert data.schema.shape == (1, 20, 30), "pictures of one shape keep it"
    kind = data.schema.located
    assert (kind.labels, kind.most, kind.masks, kind.single) == (LABELS, 2, False, False)
    assert data.y.shape == (40, 2, 5)
    position = int((data.ids == 3).nonzero())
    assert data.y[position].tolist() == [[4.0, 5.0, 14.0, 10.0, 1.0], [22.0, 12.0, 28.5, 18.5, 0.0]]
    assert data.y[int((data.ids == 2).nonzero())][1].tolist() == [-1.0] * 5, "rows of -1 fill up"
    assert data.truth[position].boxes[0].tolist() == [8, 10, 28, 20], "the truth stays in the source's pixels"


def test_another_shape_is_padded_at_the_right_and_below():
    raw = source()
    wide, tall = source(1, height=40, width=60), source(1, height=60, width=58)
    both = [*raw.annotations.objects[:39], tall.annotations.objects[0]]
    pictures = [*(raw.pictures.pixels[i] for i in range(39)), tall.pictures.pixels[0]]

    class Mixed:
        def __len__(self):
            return 40

        def label(self, row):
            return str(row)

        def survey(self):
            from profundo.data.raw import Survey

            return Survey([p.shape[1:] for p in pictures], {"L": 40}, True)

        def decode(self, rows, channels, height, width, fit="crop"):
            from profundo.data.pixels import resized

            return np.stack([resized(pictures[r], channels, height, width, fit) for r in rows])

    assert wide.annotations.objects[0].width == 60
    mixed = replace(raw, pictures=Mixed(), annotations=replace(raw.annotations, objects=both))
    data = load(mixed, size=30)
    assert data.schema.shape == (1, 30, 30)
    first = int((data.ids == 0).nonzero())
    assert data.x[first, 0, 20:].max() == 0 and data.x[first, 0, 5:10, 3:12].min() >= 200
    last = int((data.ids == 39).nonzero())
    assert data.y[last, 0].tolist() == [2.5, 5.0, 12.5, 10.0, 1.0], "scaled by one half, not distorted"


def test_masks_inside_boxes():
    data = load(source(), task="instances")
    batch = next(data.batches("test", size=4))
    assert batch.y.shape == (4, 2, 5 + SIDE * SIDE)
    square = batch.y[0, 0]
    assert square[4] == 1 and square[5:].min() == 1, "a rectangle fills its box"
    _, objects = scene(1)
    disc = grids(objects.keep(np.array([1])))[0]
    assert 0.6 < disc.mean() < 0.8 and disc[0, 0] == 0 and disc[14, 14] == 1
    cells = torch.rand(3, 2, SIDE, SIDE) > 0.5
    assert (unpacked(packed(cells)).view(cells.shape) == cells).all()


def test_masks_of_objects_as_a_map():
    data = load(source(), task="segmentation")
    assert data.schema.labels == ("background", *LABELS)
    codes = painted(scene(1)[1])
    assert codes[15, 10] == 2 and codes[30, 50] == 1 and codes[0, 0] == 0
    position = int((data.ids == 1).nonzero())
    assert (data.y[position].numpy() == codes).all()


def test_localisation_leaves_out_pictures_of_several_objects():
    data = load(source(), task="localisation")
    assert data.schema.located.single and data.y.shape == (20, 1, 5)
    assert any("no object or several" in n.text for n in data.notes)


def test_crowds_are_truth_but_not_learnt():
    raw = source()
    objects = [replace(o, crowd=np.array([i == 1 for i in range(len(o))])) for o in raw.annotations.objects]
    data = load(replace(raw, annotations=replace(raw.annotations, objects=objects)))
    assert data.schema.located.most == 1 and max(map(len, data.truth)) == 2


@pytest.mark.parametrize(
    ("task", "masks", "word"),
    [("instances", False, "boxes without masks"), ("segmentation", False, "--task detection")],
)
def test_annotations_of_another_kind(task, masks, word):
    with pytest.raises(DataError, match=word):
        load(source(masks=masks), task=task)


def test_no_annotations():
    with pytest.raises(DataError, match="--annotations"):
        load(replace(source(), annotations=None), task="detection")


def test_new_pictures_as_training_knew_them():
    data = load(source(), size=30)
    new = encode_new(data.schema, data.task, source(6), targets=True)
    assert new.x.shape == (6, 1, 20, 30) and (new.y[3, 0] == torch.tensor([4.0, 5.0, 14.0, 10.0, 1.0])).all()
    other = source(6)
    codes = [replace(o, codes=1 - o.codes) for o in other.annotations.objects]
    turned = replace(other, annotations=replace(other.annotations, labels=LABELS[::-1], objects=codes))
    assert (encode_new(data.schema, data.task, turned, targets=True).y == new.y).all(), "labels go by name"
    unknown = replace(other, annotations=replace(other.annotations, labels=("disc", "squares")))
    with pytest.raises(DataError, match=r"(?s)squares.*square"):
        encode_new(data.schema, data.task, unknown, targets=True)
    bare = encode_new(data.schema, data.task, replace(other, annotations=None), targets=False)
    assert bare.y.max() == -1 and bare.truth is None, "nothing is known of them"


def test_the_plan_checks_its_words():
    from profundo.errors import UsageError

    with pytest.raises(UsageError, match="bad-annotations"):
        DataPlan(bad_annotations="maybe")
