"""Every fault, in every format that can have it, is named by file and entry before anything is learnt."""

import json
from collections.abc import Callable
from pathlib import Path

import made_annotations as made
import numpy as np
import pytest
from PIL import Image

from profundo.data.source import read
from profundo.errors import DataError, UsageError


def changed_coco(change: Callable[[dict], object]) -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        value = made.coco_value()
        change(value)
        made.coco(root)
        (root / "coco.json").write_text(json.dumps(value))
        return root

    return make


def entry(**fields) -> Callable[[Path], Path]:
    """COCO whose second object (id 101, of a.png) is changed."""
    return changed_coco(lambda value: value["annotations"][1].update(fields))


def changed_text(form: Callable[[Path], Path], file: str, old: str, new: str) -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        form(root)
        text = (root / file).read_text()
        assert old in text
        (root / file).write_text(text.replace(old, new, 1))
        return root

    return make


def without(form: Callable[[Path], Path], file: str) -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        form(root)
        (root / file).unlink()
        return root

    return make


def written(form: Callable[[Path], Path], file: str, text: str | bytes) -> Callable[[Path], Path]:
    def make(root: Path) -> Path:
        form(root)
        (root / file).write_bytes(text.encode() if isinstance(text, str) else text)
        return root

    return make


def xml(old: str, new: str) -> Callable[[Path], Path]:
    return changed_text(made.voc, "Annotations/a.xml", old, new)


def text(new: str) -> Callable[[Path], Path]:
    """YOLO whose a.txt has a bad second line."""
    return written(made.yolo, "labels/a.txt", f"0 0.5 0.5 0.2 0.2\n{new}\n")


def row(new: str) -> Callable[[Path], Path]:
    """A table whose second row is bad."""
    return changed_text(made.table, "boxes.csv", "images/a.png,25.0,10.0,60.0,40.0,dog", new)


def masked(shape: object) -> Callable[[Path], Path]:
    """COCO with polygons, and this mask for the first object (id 100, of a.png)."""

    def change(value: dict) -> None:
        for place, object_ in enumerate(value["annotations"]):
            object_["segmentation"] = [[1, 1, 9, 1, 9, 9]] if place else shape

    return changed_coco(change)


BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "boom"><!ENTITY c "&b;&b;">]><annotation>&c;</annotation>'
FILE = (
    '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><annotation><object><name>&x;</name></object></annotation>'
)

FAULTS = {
    # name: (made, kind, where, what is lost: objects, pictures)
    "coco outside": (
        entry(bbox=[25, 10, 50, 30]),
        "box outside the picture",
        "coco.json, annotation 101 (a.png)",
        (1, 0),
    ),
    "coco far away": (entry(bbox=[500, 500, 5, 5]), "box outside the picture", "coco.json, annotation 101", (1, 0)),
    "coco zero": (entry(bbox=[25, 10, 0, 5]), "box without area", "coco.json, annotation 101 (a.png)", (1, 0)),
    "coco negative": (entry(bbox=[25, 10, -5, 5]), "box without area", "coco.json, annotation 101", (1, 0)),
    "coco nan": (entry(bbox=[float("nan"), 1, 2, 3]), "not a number", "coco.json, annotation 101", (1, 0)),
    "coco infinite": (entry(bbox=[float("inf"), 1, 2, 3]), "not a number", "coco.json, annotation 101", (1, 0)),
    "coco three numbers": (entry(bbox=[1, 2, 3]), "not a number", "coco.json, annotation 101", (1, 0)),
    "coco words": (entry(bbox=["a", 1, 2, 3]), "not a number", "coco.json, annotation 101", (1, 0)),
    "coco class": (entry(category_id=55), "unknown class", "coco.json, annotation 101", (1, 0)),
    "coco image id": (entry(image_id=55), "cannot be read", "coco.json, annotation 101", (1, 0)),
    "coco twice": (entry(id=100), "stands twice", "coco.json, annotation 100", (1, 0)),
    "coco picture twice": (
        changed_coco(lambda v: v["images"].append({"id": 77, "file_name": "a.png"})),
        *("stands twice", "coco.json, images[4]", (0, 0)),
    ),
    "coco image id twice": (
        changed_coco(lambda v: v["images"].append({"id": 10, "file_name": "a.png"})),
        *("stands twice", "coco.json, images[4]", (0, 0)),
    ),
    "coco not an object": (
        changed_coco(lambda v: v["annotations"].append(7)),
        *("cannot be read", "coco.json, annotations[6]", (0, 0)),
    ),
    "coco missing": (without(made.coco, "images/a.png"), "missing picture", "coco.json, images[0]", (2, 1)),
    "coco traversal": (
        changed_coco(lambda v: v["images"][0].update(file_name="../../etc/passwd.png")),
        *("path outside the folder", "coco.json, images[0]", (2, 1)),
    ),
    "coco absolute": (
        changed_coco(lambda v: v["images"][0].update(file_name="/etc/passwd")),
        *("missing picture", "coco.json, images[0]", (2, 1)),
    ),
    "coco other size": (
        changed_coco(lambda v: v["images"][0].update(width=600)),
        *("picture of another size", "coco.json, images[0]", (2, 1)),
    ),
    "coco runs of another size": (
        masked({"size": [1, 2], "counts": [1, 1]}),
        *("mask of another size", "coco.json, annotation 100 (a.png)", (1, 0)),
    ),
    "coco runs that do not add up": (
        masked({"size": [40, 60], "counts": [5, 5]}),
        *("mask that cannot be read", "coco.json, annotation 100", (1, 0)),
    ),
    "coco garbled runs": (
        masked({"size": [40, 60], "counts": "oooooooooooo1"}),
        *("mask that cannot be read", "coco.json, annotation 100", (1, 0)),
    ),
    "coco polygon outside": (
        masked([[0, 0, 1e12, 0, 5, 5]]),
        *("box outside the picture", "coco.json, annotation 100", (1, 0)),
    ),
    "coco polygon of a line": (
        masked([[0, 0, 5, 5]]),
        *("mask that cannot be read", "coco.json, annotation 100", (1, 0)),
    ),
    "coco polygon of nothing": (
        masked([[1, 1, 1, 1, 1, 1]]),
        *("mask that cannot be read", "coco.json, annotation 100", (1, 0)),
    ),
    "coco damaged picture": (
        written(made.coco, "images/a.png", "x"),
        *("picture that cannot be read", "a.png: ", (2, 1)),
    ),
    "voc outside": (xml("<xmax>60.0", "<xmax>90"), "box outside the picture", "Annotations/a.xml, object 2", (1, 0)),
    "voc zero": (xml("<xmax>60.0", "<xmax>26"), "box without area", "Annotations/a.xml, object 2 (a.png)", (1, 0)),
    "voc nan": (xml("<xmax>60.0", "<xmax>nan"), "not a number", "Annotations/a.xml, object 2", (1, 0)),
    "voc words": (xml("<xmax>60.0", "<xmax>wide"), "not a number", "Annotations/a.xml, object 2", (1, 0)),
    "voc no name": (xml("<name>dog", "<name>"), "unknown class", "Annotations/a.xml, object 2", (1, 0)),
    "voc no box": (
        xml("</ann", "<object><name>cat</name></object></ann"),
        "cannot be read",
        "Annotations/a.xml, object 3",
        (0, 0),
    ),
    "voc broken": (xml("</annotation>", ""), "broken file", "Annotations/a.xml, line 7, column 1", (2, 1)),
    "voc something else": (xml("<annotation>", "<a><annotation>"), "broken file", "Annotations/a.xml", (2, 1)),
    "voc bomb": (written(made.voc, "Annotations/a.xml", BOMB), "broken file", "Annotations/a.xml", (2, 1)),
    "voc external": (written(made.voc, "Annotations/a.xml", FILE), "broken file", "Annotations/a.xml", (2, 1)),
    "voc wide bomb": (written(made.voc, "Annotations/a.xml", BOMB.encode("utf-16")), "broken file", "a.xml", (2, 1)),
    "voc missing": (without(made.voc, "JPEGImages/a.png"), "missing picture", "Annotations/a.xml", (2, 1)),
    "voc other size": (xml("<width>60", "<width>61"), "picture of another size", "Annotations/a.xml", (2, 1)),
    "yolo outside": (text("1 0.9 0.5 0.5 0.5"), "box outside the picture", "labels/a.txt, line 2 (a.png)", (1, 0)),
    "yolo pixels": (text("1 30 20 10 10"), "box outside the picture", "labels/a.txt, line 2", (1, 0)),
    "yolo zero": (text("1 0.5 0.5 0 0.5"), "box without area", "labels/a.txt, line 2", (1, 0)),
    "yolo nan": (text("1 nan 0.5 0.5 0.5"), "not a number", "labels/a.txt, line 2", (1, 0)),
    "yolo words": (text("dog 0.5 0.5 0.5 0.5"), "not a number", "labels/a.txt, line 2", (1, 0)),
    "yolo class": (text("3 0.5 0.5 0.5 0.5"), "unknown class", "labels/a.txt, line 2", (1, 0)),
    "yolo half a class": (text("0.5 0.5 0.5 0.5 0.5"), "unknown class", "labels/a.txt, line 2", (1, 0)),
    "yolo fields": (text("1 0.5 0.5"), "cannot be read", "labels/a.txt, line 2", (1, 0)),
    "yolo binary": (written(made.yolo, "labels/a.txt", b"\xff\xfe\x00"), "broken file", "labels/a.txt", (2, 1)),
    "yolo missing": (without(made.yolo, "images/a.png"), "missing picture", "labels/a.txt", (2, 1)),
    "csv outside": (row("images/a.png,25,10,90,40,dog"), "box outside the picture", "boxes.csv, row 2 (a.png)", (1, 0)),
    "csv zero": (row("images/a.png,25,10,25,40,dog"), "box without area", "boxes.csv, row 2", (1, 0)),
    "csv words": (row("images/a.png,25,left,60,40,dog"), "not a number", "boxes.csv, row 2", (1, 0)),
    "csv half empty": (row("images/a.png,25,,60,40,dog"), "not a number", "boxes.csv, row 2", (1, 0)),
    "csv no label": (row("images/a.png,25,10,60,40,"), "unknown class", "boxes.csv, row 2", (1, 0)),
    "csv no file": (row(",25,10,60,40,dog"), "cannot be read", "boxes.csv, row 2", (1, 0)),
    "csv missing": (without(made.table, "images/a.png"), "missing picture", "boxes.csv, row 1", (2, 1)),
    "csv traversal": (row("../../x.png,25,10,60,40,dog"), "path outside the folder", "boxes.csv, row 2", (1, 0)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_is_named_and_refused_or_left_out(tmp_path, name):
    make, kind, where, (objects, pictures) = FAULTS[name]
    root = make(tmp_path / "set")
    for bad in ("refuse", "few"):
        with pytest.raises(DataError) as caught:
            read(root, task="detection", bad_annotations=bad)
        assert kind in str(caught.value) and where in str(caught.value), str(caught.value)
        assert "--bad-annotations skip" in str(caught.value)
    raw = read(root, task="detection", bad_annotations="skip")
    assert len(raw.frame) == 4 - pictures
    found = sum(len(o) for o in raw.annotations.objects)
    assert found == 6 - objects
    warned = [n for n in raw.notes if n.warning and n.flag == "--bad-annotations refuse"]
    assert len(warned) == 1 and kind in warned[0].text and where in warned[0].text


BROKEN = {
    "cut off": ('{"images": [{"id": 1, "file_name": "a.png"}], "annotations": [', "line 1, column"),
    "not json": ("images: []", "line 1, column 1"),
    "a list": ('[{"image_id": 1}]', "list of results"),
    "no categories": ('{"images": [], "annotations": []}', "no categories"),
    "two names": (
        '{"images": [], "annotations": [], "categories": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}',
        "the category id 1 is 'a' and 'b'",
    ),
    "deep": ("[" * 100_000, "broken JSON"),
    "empty": ("", "broken JSON"),
    "long number": ('{"images": [' + "9" * 5000 + "]}", "broken JSON"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_json_is_refused_with_its_place(tmp_path, name):
    root = made.coco(tmp_path / "set")
    (root / "coco.json").write_text(BROKEN[name][0])
    with pytest.raises(DataError, match=r"coco\.json") as caught:
        read(root, bad_annotations="skip")
    assert BROKEN[name][1] in str(caught.value)


def many(count: int) -> dict:
    value = made.coco_value()
    value["annotations"] = [{"id": i, "image_id": 10, "category_id": 7, "bbox": [1, 1, 5, 5]} for i in range(count)]
    return value


def test_up_to_one_percent_is_left_out_with_a_warning_and_more_is_refused(tmp_path):
    root = made.coco(tmp_path / "set")
    value = many(200)
    for i in (5, 7):
        value["annotations"][i]["bbox"][2] = 0
    (root / "coco.json").write_text(json.dumps(value))
    raw = read(root)
    warned = next(n for n in raw.notes if n.warning)
    assert warned.text.startswith("2 of 200 annotations are left out: box without area 2. coco.json, annotation 5")
    value["annotations"][9]["bbox"][2] = 0
    (root / "coco.json").write_text(json.dumps(value))
    with pytest.raises(DataError, match="3 of 200 annotations cannot be used"):
        read(root)


def test_five_faults_are_named_and_the_others_counted_by_kind(tmp_path):
    root = made.coco(tmp_path / "set")
    value = many(50)
    for i in range(20):
        value["annotations"][i]["bbox"][2] = 0
    value["annotations"][30]["category_id"] = 0
    (root / "coco.json").write_text(json.dumps(value))
    with pytest.raises(DataError) as caught:
        read(root)
    text = str(caught.value)
    assert "box without area 20, unknown class 1" in text and "and 16 more" in text
    assert text.count("coco.json, annotation") == 5


def test_pictures_without_annotations_are_no_fault(tmp_path):
    root = made.coco(tmp_path / "set")
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(root / "images" / "extra.png")
    raw = read(root)
    assert len(raw.frame) == 4 and any("1 pictures that the annotations do not name" in n.text for n in raw.notes)
    root = made.yolo(tmp_path / "yolo")
    Image.fromarray(np.zeros((9, 9), np.uint8)).save(root / "images" / "extra.png")
    assert len(read(root).frame) == 5  # without a text file there is nothing in a picture, in YOLO


def test_an_unknown_way_is_refused(tmp_path):
    with pytest.raises(UsageError, match="Did you mean 'skip'"):
        read(made.coco(tmp_path / "set"), bad_annotations="skipp")
