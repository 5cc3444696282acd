"""Damaged and hostile annotations end in advice, never in another error; and what is large is read quickly enough."""

import contextlib
import json
import random
from pathlib import Path

import made_annotations as made
import numpy as np
import pytest
from PIL import Image

from profundo.data.annotations.rle import decoded
from profundo.data.source import read
from profundo.errors import DataError, ProfundoError

FILES = {"coco": "coco.json", "voc": "Annotations/a.xml", "yolo": "labels/a.txt", "csv": "boxes.csv"}
FORMS = {"coco": made.coco, "voc": made.voc, "yolo": made.yolo, "csv": made.table}
SCRAPS = (b"\x00", b"\xff", b'"', b"<", b">", b"}", b"]", b"-")
SCRAPS += (b"1e999", b"NaN", b"null", b"\n", b",", b"&x;", b"9" * 400)
STRANGE = (None, True, -1, 0, 1e308, -1e308, float("nan"), float("inf"), 10**400)
STRANGE += ("", "../..", "\ud800\x1b[2J", [], {}, [[]])


def spoilt(data: bytes, rng: random.Random) -> bytes:
    """Replace a few bytes by scraps."""
    result = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(result))
        result[place : place + rng.randint(0, 4)] = rng.choice(SCRAPS)
    return bytes(result)


@pytest.mark.parametrize("form", FORMS)
def test_bytes_changed_at_random_end_in_advice(tmp_path, form):
    root = FORMS[form](tmp_path / "set")
    file = root / FILES[form]
    data = file.read_bytes()
    rng = random.Random(0)
    good = 0
    for _ in range(60):
        file.write_bytes(spoilt(data, rng))
        good += attempt(root, root)
    assert good >= {"coco": 1, "csv": 5, "voc": 30, "yolo": 30}[form]


BESIDE = {
    "classes.json": b'{"sky": [0,0,0], "road": [128,64,0], "car": "#0000ff"}',
    "classes.txt": b"0 sky\n1 road\n2 car\n",
    "class_dict.csv": b"name,r,g,b\nsky,0,0,0\nroad,128,64,0\ncar,0,0,255\n",
    "labelmap.txt": b"sky:0,0,0::\nroad:128,64,0::\ncar:0,0,255::\n",
    "data.yaml": b"names:\n  0: cat\n  1: dog\n  2: rail car\n",
    "index.csv": b"id,split\na,train\nb,test\nc,train\nd,val\n",
    "train.txt": b"a\nb\nc\n",
    "masks/a.png": b"",
}


@pytest.mark.parametrize("name", BESIDE)
def test_bytes_changed_in_what_stands_beside_end_in_advice(tmp_path, name):
    root = made.yolo(tmp_path / "set")
    (root / "classes.txt").unlink()
    (root / "test.txt").write_text("d\n")
    (root / "masks").mkdir()
    for file, (height, width) in made.SIZES.items():
        Image.fromarray(np.arange(height * width, dtype=np.uint8).reshape(height, width) // 86).save(
            root / "masks" / file
        )
    data = BESIDE[name] or (root / name).read_bytes()
    rng = random.Random(0)
    for _ in range(25):
        (root / name).write_bytes(spoilt(data, rng))
        for task, where in (("detection", "labels"), ("segmentation", "masks")):
            with contextlib.suppress(ProfundoError):
                read(root, annotations=root / where, task=task, bad_annotations="skip")


@pytest.mark.parametrize("part", ["images", "annotations", "categories"])
def test_values_of_any_kind_in_coco_end_in_advice(tmp_path, part):
    root = made.coco(tmp_path / "set")
    whole = json.dumps(made.coco_value() | {})
    for value in STRANGE:
        for field in json.loads(whole)[part][0]:
            spoilt = json.loads(whole)
            spoilt[part][0][field] = value
            spoilt["annotations"][0].setdefault("segmentation", [[1, 1, 9, 1, 9, 9]])
            (root / "coco.json").write_text(json.dumps(spoilt))
            attempt(root, root)


def attempt(root: Path, folder: Path) -> bool:
    """Read, and say whether something was; only advice may be raised."""
    try:
        raw = read(root, annotations=folder, task="detection", bad_annotations="skip")
    except ProfundoError:
        return False
    for objects in raw.annotations.objects:
        assert np.isfinite(objects.boxes).all() and (objects.boxes >= 0).all()
        assert (objects.boxes[:, 2:] > objects.boxes[:, :2]).all()
        assert set(objects.codes.tolist()) <= set(range(len(raw.annotations.labels)))
    return True


def test_names_with_markup_and_control_characters_are_told_harmlessly(tmp_path):
    value = made.coco_value()
    value["categories"][0]["name"] = "<script>alert(1)</script>\x1b[31m"
    value["images"][0]["file_name"] = "\x1b[2J.png"
    root = made.coco(tmp_path / "set")
    (root / "coco.json").write_text(json.dumps(value))
    raw = read(root, bad_annotations="skip")
    assert raw.annotations.labels[0] == "<script>alert(1)</script>\x1b[31m"  # escaped where it is shown
    with pytest.raises(DataError, match="missing picture"):
        read(root)


@pytest.mark.parametrize("counts", ["", "o", "0o", "\x7f", "~", "ooooooooooooooooo0", "é"])
def test_text_that_is_no_run_length_code_is_refused(counts):
    with pytest.raises(ValueError):
        decoded(counts)


def test_run_length_codes_are_decoded_as_coco_does():
    from faster_coco_eval import mask as coco

    rng = np.random.default_rng(0)
    for density in (0.001, 0.1, 0.5, 0.99, 1.0, 0.0):
        whole = np.asfortranarray(rng.random((90, 130)) < density).astype(np.uint8, order="F")
        flat = whole.ravel(order="F")
        edges = np.flatnonzero(np.diff(flat)) + 1
        lengths = np.diff(np.concatenate([[0], edges, [flat.size]]))
        lengths = np.concatenate([[0], lengths]) if flat[0] else lengths
        assert (decoded(coco.encode(whole)["counts"]) == lengths).all()


def test_a_hundred_thousand_boxes_are_read(tmp_path):
    root = made.coco(tmp_path / "set")
    value = made.coco_value()
    value["annotations"] = [
        {"id": i, "image_id": 10 + i % 4, "category_id": 7 + i % 3, "bbox": [i % 7, i % 5, 4, 3]}
        for i in range(100_000)
    ]
    (root / "coco.json").write_text(json.dumps(value))
    assert read(root).annotations.summary["objects"] == 100_000
