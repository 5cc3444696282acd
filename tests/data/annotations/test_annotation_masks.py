"""Masks of classes in every form, tables of labels, and pictures of ids."""

import json
from pathlib import Path

import made_annotations as made
import numpy as np
import pytest
from PIL import Image

from profundo.data.annotations import decode_map
from profundo.data.annotations.labeltable import read_labels
from profundo.data.source import read
from profundo.errors import DataError
from profundo.objects import IGNORED

COLOURS = {0: (0, 0, 0), 1: (128, 64, 0), 2: (0, 0, 255)}


def codes(height: int, width: int) -> np.ndarray:
    """0 above, 1 below, 2 in a corner."""
    found = np.zeros((height, width), np.uint8)
    found[height // 2 :] = 1
    found[: height // 4, : width // 4] = 2
    return found


def palette(values: np.ndarray) -> Image.Image:
    image = Image.fromarray(values).convert("P")
    image.putdata(values.ravel().tolist())
    image.putpalette([v for i in range(256) for v in COLOURS.get(i, (i, i, i))])
    return image


def colour(values: np.ndarray) -> Image.Image:
    table = np.zeros((256, 3), np.uint8)
    for value, found in COLOURS.items():
        table[value] = found
    return Image.fromarray(table[values])


FORMS = {
    "grey": Image.fromarray,
    "palette": palette,
    "16 bit": lambda values: Image.fromarray(values.astype(np.uint16)),
    "32 bit": lambda values: Image.fromarray(values.astype(np.int32)),
    "colour": colour,
    "colour and alpha": lambda values: colour(values).convert("RGBA"),
}


def masks(root: Path, form: str = "grey") -> Path:
    made.pictures(root / "images")
    (root / "masks").mkdir()
    for name, size in made.SIZES.items():
        ending = "tif" if form == "32 bit" else "png"
        FORMS[form](codes(*size)).save(root / "masks" / f"{name[0]}.{ending}")
    return root


@pytest.mark.parametrize("form", FORMS)
def test_masks_in_every_form_give_the_same_codes(tmp_path, form):
    root = masks(tmp_path / "set", form)
    table = {"sky": [0, 0, 0], "road": [128, 64, 0], "car": [0, 0, 255]} if "colour" in form else ["sky", "road", "car"]
    (root / "classes.json").write_text(json.dumps(table))
    raw = read(root)
    assert raw.task == "segmentation" and raw.annotations.labels == ("sky", "road", "car")
    for row, (height, width) in enumerate(made.SIZES.values()):
        found = decode_map(raw.annotations, row, height, width)
        assert found.dtype == np.uint8 and (found == codes(height, width)).all()
    shares = raw.annotations.summary["labels"]
    assert sum(shares.values()) == pytest.approx(1, abs=1e-3) and shares["sky"] > shares["car"] > 0


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("classes.json", '["sky", "road", "car"]'),
        ("classes.json", '{"0": "sky", "1": "road", "2": "car"}'),
        ("classes.json", '{"sky": 0, "road": 1, "car": 2}'),
        ("classes.json", '{"classes": ["sky", "road", "car"]}'),
        ("labels.json", '[{"id": 2, "name": "car"}, {"id": 0, "name": "sky"}, {"id": 1, "name": "road"}]'),
        ("classes.txt", "sky\nroad\ncar\n"),
        ("labels.txt", "0 sky\n1 road\n2 car\n"),
        ("labels.txt", "0: sky\n1: road\n2: car\n"),
        ("class_names.txt", "__ignore__\nsky\nroad\ncar\n"),
        ("classes.csv", "name,value\nsky,0\nroad,1\ncar,2\n"),
    ],
)
def test_tables_of_labels_in_every_form(tmp_path, name, text):
    root = masks(tmp_path / "set")
    (root / name).write_text(text)
    raw = read(root)
    assert raw.annotations.labels == ("sky", "road", "car")
    assert any(name in n.text for n in raw.notes)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("label_colors.txt", "0 0 0 sky\n128 64 0\troad\n0 0 255 car\n"),
        ("labelmap.txt", "# label:color_rgb:parts:actions\nsky:0,0,0::\nroad:128,64,0::\ncar:0,0,255::\n"),
        ("class_dict.csv", "name,r,g,b\nsky,0,0,0\nroad,128,64,0\ncar,0,0,255\n"),
        (
            "classes.json",
            '[{"name": "sky", "color": "#000000"}, {"name": "road", "color": [128, 64, 0]}, '
            '{"name": "car", "color": [0, 0, 255]}]',
        ),
    ],
)
def test_tables_of_colours_in_every_form(tmp_path, name, text):
    root = masks(tmp_path / "set", "colour")
    (root / name).write_text(text)
    raw = read(root)
    assert raw.annotations.labels == ("sky", "road", "car") and raw.annotations.colours
    assert (decode_map(raw.annotations, 0, 40, 60) == codes(40, 60)).all()


def test_a_class_called_void_is_no_label(tmp_path):
    root = masks(tmp_path / "set")
    (root / "classes.json").write_text('["sky", "Void", "car"]')
    raw = read(root)
    assert raw.annotations.labels == ("sky", "car")
    found = decode_map(raw.annotations, 0, 40, 60)
    assert set(np.unique(found)) == {0, 1, IGNORED} and (found[20:] == IGNORED).all()
    assert raw.annotations.summary["ignored"] == pytest.approx(0.5, abs=0.01)


def test_without_a_table_the_values_are_the_labels_and_255_is_none(tmp_path):
    root = masks(tmp_path / "set")
    values = codes(40, 60)
    values[values == 2] = 255
    Image.fromarray(values).save(root / "masks" / "a.png")
    raw = read(root)
    assert raw.annotations.labels == ("0", "1", "2")
    assert (decode_map(raw.annotations, 0, 40, 60) == values).all()
    assert any("no classes.json" in n.text for n in raw.notes)
    assert read(masks(tmp_path / "colours", "colour")).annotations.labels == ("#000000", "#0000ff", "#804000")


@pytest.mark.parametrize("top", [255, 1, True])
def test_masks_of_two_values_are_background_and_object(tmp_path, top):
    root = made.pictures(tmp_path / "set" / "images").parent
    (root / "masks").mkdir()
    for name, size in made.SIZES.items():
        values = (codes(*size) == 1) * (np.uint8(1) if top is True else np.uint8(top))
        image = Image.fromarray(values.astype(bool)) if top is True else Image.fromarray(values.astype(np.uint8))
        image.save(root / "masks" / f"{name[0]}_mask.png")
    raw = read(root)
    assert raw.annotations.labels == ("background", "object")
    assert (decode_map(raw.annotations, 0, 40, 60) == (codes(40, 60) == 1)).all()


FAULTS = {
    "size": (lambda f: Image.fromarray(codes(41, 60)).save(f), "mask of another size", "masks/a.png: it has 60 x 41"),
    "value": (lambda f: Image.fromarray(codes(40, 60) * 9).save(f), "mask value without a class", "masks/a.png: 1,350"),
    "damaged": (lambda f: f.write_bytes(f.read_bytes()[:-30]), "mask that cannot be read", "masks/a.png"),
    "photo": (lambda f: (f.parents[1] / "images" / "a.png").write_text("x"), "picture that cannot be read", "a.png: "),
    "text": (lambda f: f.write_text("x"), "mask that cannot be read", "masks/a.png"),
    "jpeg": (
        lambda f: Image.fromarray(codes(40, 60)).save(f, "JPEG"),
        "mask that cannot be read",
        "which changes values",
    ),
    "orphan": (lambda f: Image.fromarray(codes(4, 4)).save(f.with_name("z.png")), "missing picture", "masks/z.png"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_of_masks_are_named(tmp_path, name):
    change, kind, where = FAULTS[name]
    root = masks(tmp_path / "set")
    (root / "classes.json").write_text('["sky", "road", "car"]')
    change(root / "masks" / "a.png")
    for bad in ("refuse", "few"):
        with pytest.raises(DataError) as caught:
            read(root, annotations=root / "masks", bad_annotations=bad)
        assert kind in str(caught.value) and where in str(caught.value), str(caught.value)
    raw = read(root, annotations=root / "masks", bad_annotations="skip")
    assert len(raw.frame) == 4 if name == "orphan" else 3
    assert raw.frame["file"].tolist()[-1] == "images/d.png"


def test_photos_without_a_mask_are_left_out_and_told(tmp_path):
    root = masks(tmp_path / "set")
    (root / "masks" / "a.png").unlink()
    raw = read(root, annotations=root / "masks")
    assert len(raw.frame) == 3 and any("1 pictures without a mask: a.png" in n.text and n.warning for n in raw.notes)


def test_photos_as_masks_are_refused_with_advice(tmp_path):
    root = made.pictures(tmp_path / "images").parent
    made.pictures(root / "masks")
    with pytest.raises(DataError, match=r"colours and no table says their labels\. Write what they mean"):
        read(root, annotations=root / "masks")


@pytest.mark.parametrize("text", ['{"sky": "blue"}', '{"sky": [300, 0, 0]}', '[{"id": -1, "name": "x"}]', "[]", "3"])
def test_tables_of_labels_that_are_none_are_refused(tmp_path, text):
    (tmp_path / "classes.json").write_text(text)
    with pytest.raises(DataError, match=r"classes\.json"):
        read_labels(tmp_path / "classes.json")


def test_decode_map_names_a_mask_that_changed_since(tmp_path):
    raw = read(masks(tmp_path / "set"))
    Image.fromarray(codes(8, 8)).save(tmp_path / "set" / "masks" / "a.png")
    with pytest.raises(DataError, match=r"masks/a\.png has 8 x 8 pixels, and its picture 60 x 40"):
        decode_map(raw.annotations, 0, 40, 60)


def ids(root: Path, values: np.ndarray, depth: type = np.uint16) -> Path:
    made.pictures(root / "images", {"a.png": values.shape, "b.png": values.shape})
    (root / "instances").mkdir()
    for name in ("a.png", "b.png"):
        Image.fromarray(values.astype(depth)).save(root / "instances" / name)
    return root


@pytest.mark.parametrize("depth", [np.uint8, np.uint16, np.int32])
def test_pictures_of_ids_are_objects_with_masks(tmp_path, depth):
    from faster_coco_eval import mask as coco

    values = np.zeros((30, 40), np.int64)
    values[2:8, 3:10] = 7
    values[20:30, 30:40] = 200
    values[0, 0] = values[29, 0] = 3  # in two pieces
    root = ids(tmp_path / "set", values, np.uint16 if depth is np.int32 else depth)
    if depth is np.int32:
        for name in ("a", "b"):
            (root / "instances" / f"{name}.png").unlink()
            Image.fromarray(values.astype(np.int32)).save(root / "instances" / f"{name}.tif")
    raw = read(root)
    found = raw.annotations.objects[0]
    assert raw.task == "instances" and raw.annotations.masks and raw.annotations.labels == ("object",)
    assert found.boxes.tolist() == [[0, 0, 1, 30], [3, 2, 10, 8], [30, 20, 40, 30]]
    for mask, number in zip(found.masks, (3, 7, 200), strict=True):
        assert (coco.decode(mask) == (values == number)).all()


def test_faults_of_ids_are_named(tmp_path):
    values = np.zeros((30, 40), np.int64)
    values[2:8, 3:10] = 7
    root = ids(tmp_path / "set", values)
    Image.fromarray(values[:20].astype(np.uint16)).save(root / "instances" / "a.png")
    with pytest.raises(DataError, match=r"mask of another size 1\. instances/a\.png: it has 40 x 20 pixels"):
        read(root)
    assert read(root, bad_annotations="skip").frame["file"].tolist() == ["images/b.png"]


def test_the_objects_of_voc_take_their_classes_from_the_masks_beside(tmp_path):
    values = np.zeros((30, 40), np.uint8)
    values[2:8, 3:10], values[20:30, 30:40], values[10, :] = 1, 2, 255
    classes = np.where(values == 1, 15, np.where(values == 2, 7, values)).astype(np.uint8)
    classes[2, 3] = 7  # a pixel of another class does not decide
    root = ids(tmp_path / "set", values, np.uint8)
    (root / "instances").rename(root / "SegmentationObject")
    (root / "images").rename(root / "JPEGImages")
    (root / "SegmentationClass").mkdir()
    for name in ("a.png", "b.png"):
        palette(classes).save(root / "SegmentationClass" / name)
    raw = read(root, task="instances")
    assert raw.annotations.labels == ("7", "15")
    assert [o.codes.tolist() for o in raw.annotations.objects] == [[1, 0], [1, 0]]
    (root / "classes.json").write_text(json.dumps({"7": "car", "15": "person"}))
    assert read(root, task="instances").annotations.labels == ("car", "person")
