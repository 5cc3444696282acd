"""The same objects, whatever the format says them in."""

import json

import made_annotations as made
import numpy as np
import pytest
from PIL import Image

from profundo.data.annotations import read_annotations
from profundo.data.annotations.writers import write_coco, write_voc, write_yolo
from profundo.data.raw import Raw
from profundo.data.source import read
from profundo.errors import UsageError
from profundo.objects import Objects

FORMATS = {
    "coco": made.coco,
    "voc": made.voc,
    "voc from 0": lambda root: made.voc(root, first=0),
    "yolo": made.yolo,
    "csv": made.table,
    "csv xmin": lambda root: made.table(root, ("xmin", "ymin", "xmax", "ymax")),
    "csv sized": lambda root: made.table(root, ("x", "y", "width", "height"), sized=True),
}


def same(raw: Raw, tolerance: float = 1e-9) -> None:
    """Compare what was read with what was made, labels by name and pictures by file."""
    known = raw.annotations
    assert known is not None and set(known.labels) == set(made.LABELS)
    assert [f.split("/")[-1] for f in raw.frame["file"]] == list(made.SIZES)
    assert raw.frame["objects"].tolist() == [2, 1, 0, 3]
    for found, true in zip(known.objects, made.truth(), strict=True):
        assert (found.height, found.width) == (true.height, true.width)
        assert np.allclose(found.boxes, true.boxes, atol=tolerance)
        assert [known.labels[c] for c in found.codes] == [made.LABELS[c] for c in true.codes]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_objects_without_an_option(tmp_path, name):
    raw = read(FORMATS[name](tmp_path / "set"))
    same(raw, 1e-5)
    assert raw.task == "detection" and raw.target == ("objects",) and raw.split is None
    assert not [n for n in raw.notes if n.warning]
    assert "6 objects" in raw.notes[0].text and "1 pictures are empty" in raw.notes[0].text


@pytest.mark.parametrize("name", FORMATS)
def test_annotations_may_be_named_from_elsewhere(tmp_path, name):
    root = FORMATS[name](tmp_path / "set")
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    photos = made.pictures(tmp_path / "photos")
    kept = {"coco": "coco.json", "csv": "boxes.csv", "voc": "Annotations", "yolo": "labels"}[name.split()[0]]
    (root / kept).rename(moved / kept)
    if name == "yolo":
        (root / "classes.txt").rename(moved / "classes.txt")
    same(read(photos, annotations=moved / kept), 1e-5)


@pytest.mark.parametrize("name", ["coco.json", "boxes.csv"])
def test_the_annotation_file_itself_may_be_the_source(tmp_path, name):
    root = made.coco(tmp_path / "set") if name == "coco.json" else made.table(tmp_path / "set")
    same(read(root / name))


def test_labels_stand_in_the_order_of_their_ids_or_names(tmp_path):
    value = made.coco_value()
    value["categories"].reverse()
    value["categories"].append({"id": 99, "name": "never"})
    root = made.coco(tmp_path / "set")
    (root / "coco.json").write_text(json.dumps(value))
    raw = read(root)
    assert raw.annotations.labels == made.LABELS
    assert any("labels without an object: never" in n.text for n in raw.notes)
    assert read(made.voc(tmp_path / "voc")).annotations.labels == tuple(sorted(made.LABELS))


def test_difficult_objects_and_crowds_are_crowds(tmp_path):
    root = made.voc(tmp_path / "voc")
    file = root / "Annotations" / "a.xml"
    file.write_text(file.read_text().replace("<difficult>0", "<difficult>1", 1))
    assert read(root).annotations.objects[0].crowd.tolist() == [True, False]
    value = made.coco_value()
    value["annotations"][1]["iscrowd"] = 1
    root = made.coco(tmp_path / "coco")
    (root / "coco.json").write_text(json.dumps(value))
    raw = read(root)
    assert raw.annotations.objects[0].crowd.tolist() == [False, True]
    assert raw.annotations.summary["crowd"] == 1


def test_one_object_in_every_picture_is_guessed_to_be_localisation(tmp_path):
    value = made.coco_value()
    value["annotations"] = [
        {"id": i, "image_id": image["id"], "category_id": 7, "bbox": [1, 1, 5, 5]}
        for i, image in enumerate(value["images"])
    ]
    root = made.coco(tmp_path / "set")
    (root / "coco.json").write_text(json.dumps(value))
    raw = read(root)
    assert raw.task == "localisation" and any(n.subject == "task" and "guess" in n.text for n in raw.notes)


def test_masks_as_polygons_and_as_runs_are_the_same_pixels(tmp_path):
    from faster_coco_eval import mask as coco

    rectangle = [3, 4, 20, 4, 20, 30, 3, 30]
    whole = np.zeros((40, 60), np.uint8, order="F")
    whole[4:30, 3:20] = 1
    compressed = coco.encode(whole)
    flat = whole.ravel(order="F")
    edges = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff(np.concatenate([[0], edges, [flat.size]])).tolist()
    for shape in (
        [rectangle],
        {"size": [40, 60], "counts": counts},
        {"size": [40, 60], "counts": compressed["counts"].decode()},
    ):
        value = made.coco_value()
        value["annotations"] = [{**value["annotations"][0], "segmentation": shape}]
        root = made.coco(tmp_path / f"set{len(str(shape))}")
        (root / "coco.json").write_text(json.dumps(value))
        raw = read(root)
        assert raw.task == "instances" and raw.annotations.masks
        assert (coco.decode(raw.annotations.objects[0].masks[0]) == whole).all()


def test_masks_that_only_some_objects_have_are_not_used(tmp_path):
    value = made.coco_value()
    value["annotations"][0]["segmentation"] = [[3, 4, 20, 4, 20, 30]]
    root = made.coco(tmp_path / "set")
    (root / "coco.json").write_text(json.dumps(value))
    raw = read(root)
    assert raw.task == "detection" and not raw.annotations.masks
    assert any("5 of 6 objects have no mask" in n.text for n in raw.notes)


def test_yolo_polygons_are_masks(tmp_path):
    root = made.yolo(tmp_path / "set")
    for file in (root / "labels").glob("*.txt"):
        file.unlink()
    (root / "labels" / "a.txt").write_text("1 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n")
    raw = read(root)
    assert raw.task == "instances" and raw.annotations.labels == ("dog",)
    assert np.allclose(raw.annotations.objects[0].boxes, [[6, 4, 30, 20]])


@pytest.mark.parametrize(
    "text",
    [
        "train: ../x\nnames: [cat, 'dog', \"rail car\"]  # three\nnc: 3\n",
        "names:\n  0: cat\n  1: dog  # a dog\n  2: rail car\n",
        "names:\n- cat\n- 'dog'\n- rail car\nval: x\n",
        "names: [\n  cat,\n  dog,\n  rail car\n]\n",
        "names: {0: cat, 1: dog, 2: rail car}\n",
    ],
)
def test_the_names_of_yolo_are_read_from_its_yaml(tmp_path, text):
    root = made.yolo(tmp_path / "set")
    (root / "classes.txt").unlink()
    (root / "data.yaml").write_text(text)
    same(read(root), 1e-5)


def test_names_fit_in_other_capitals_other_unicode_and_without_an_ending(tmp_path):
    root = made.coco(tmp_path / "set")
    (root / "images" / "a.png").rename(root / "images" / "Z\u00e9.png")
    (root / "images" / "d.png").rename(root / "images" / "d.PNG")
    value = made.coco_value()
    value["images"][0]["file_name"] = "Ze\u0301.png"
    value["images"][1]["file_name"] = "C:\\photos\\b.png"
    value["images"][2]["file_name"] = "c"
    (root / "coco.json").write_text(json.dumps(value))
    raw = read(root)
    assert len(raw.frame) == 4 and raw.annotations.summary["objects"] == 6 and not any(n.warning for n in raw.notes)


def test_a_box_that_reaches_out_by_a_pixel_is_cut_and_counted(tmp_path):
    value = made.coco_value()
    value["annotations"][0]["bbox"] = [-1, -0.5, 30, 20]
    value["annotations"][1]["bbox"] = [50, 30, 11, 10]
    root = made.coco(tmp_path / "set")
    (root / "coco.json").write_text(json.dumps(value))
    raw = read(root)
    assert raw.annotations.objects[0].boxes.tolist() == [[0, 0, 29, 19.5], [50, 30, 60, 40]]
    assert any("2 boxes reach out" in n.text for n in raw.notes)


def test_boxes_are_in_pixels_of_the_picture_as_it_is_turned(tmp_path):
    root = made.coco(tmp_path / "set")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (64, 48)).save(root / "images" / "c.png", exif=exif)  # stands upright: 48 wide, 64 high
    value = made.coco_value()
    value["images"][2].update(width=48, height=64)
    (root / "coco.json").write_text(json.dumps(value))
    assert read(root).annotations.objects[2].height == 64


def test_what_is_written_is_read_again(tmp_path):
    names, true = list(made.SIZES), made.truth()
    photos = made.pictures(tmp_path / "photos")
    write_coco(tmp_path / "found.json", names, true, made.LABELS)
    same(read(photos, annotations=tmp_path / "found.json"), 0.01)
    for write, folder in ((write_voc, "voc"), (write_yolo, "yolo")):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, names, true, made.LABELS)
        same(read(photos, annotations=tmp_path / folder), 0.01)


def test_scores_masks_and_odd_names_are_written(tmp_path):
    from faster_coco_eval import mask as coco

    masks = [coco.encode(np.asfortranarray(np.eye(20, 30, dtype=np.uint8)))]
    box, score = np.array([[1.0, 2, 20, 20]]), np.array([0.25])
    found = Objects(20, 30, box, np.array([0]), score, masks, crowd=np.array([True]))
    labels = ("<b>\x1b[31m & </name>",)
    write_coco(tmp_path / "found.json", ["x.png"], [found], labels)
    value = json.loads((tmp_path / "found.json").read_text())
    entry = value["annotations"][0]
    assert entry["score"] == 0.25 and entry["bbox"] == [1, 2, 19, 18] and entry["area"] == 20 and entry["iscrowd"] == 1
    assert "\x1b" not in (tmp_path / "found.json").read_text()
    write_voc(tmp_path, ["x.png"], [found], labels)
    made.pictures(tmp_path / "photos", {"x.png": (20, 30)})
    raw = read_annotations(tmp_path / "photos", tmp_path / "x.xml")
    assert raw.annotations.labels == ("<b>\\x1b[31m & </name>",)
    with pytest.raises(UsageError, match="would share one file"):
        write_yolo(tmp_path, ["a/x.png", "b/x.png"], [found, found], labels)
