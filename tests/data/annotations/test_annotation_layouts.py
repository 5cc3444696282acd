"""Which folders are seen to say where things are, which are not, and their official parts."""

import json
import shutil
from pathlib import Path

import made_annotations as made
import numpy as np
import pytest
from PIL import Image

from profundo.data.annotations import find_annotations
from profundo.data.source import read
from profundo.errors import DataError

PARTS = {"train": "train", "valid": "validation", "test": "test"}


def masks(folder: Path, values: tuple[int, ...] = (0, 1, 2), sizes: dict = made.SIZES) -> Path:
    """Write masks of these values, the first in the upper part."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (height, width) in sizes.items():
        rows = np.linspace(0, len(values) - 1e-9, height).astype(int)
        Image.fromarray(np.array(values, np.uint8)[rows][:, None].repeat(width, 1)).save(folder / name)
    return folder


def halves(root: Path, form: str) -> Path:
    """Write the set twice over, as train/ and test/."""
    for part in PARTS:
        {"coco": made.coco, "voc": made.voc, "yolo": made.yolo, "csv": made.table}[form](root / part)
    return root


@pytest.mark.parametrize("form", ["coco", "voc", "yolo", "csv"])
def test_folders_of_parts_are_the_official_split(tmp_path, form):
    raw = read(halves(tmp_path / "set", form))
    assert len(raw.frame) == 12 and raw.annotations.summary["objects"] == 18
    for file, part in zip(raw.frame["file"], raw.split, strict=True):
        assert PARTS[file.split("/")[0]] == part
    assert find_annotations(tmp_path / "set") == tmp_path / "set"


def test_pixels_are_counted_in_all_parts_alike(tmp_path):
    root = tmp_path / "set"
    made.voc(root / "train", first=0)  # only its b.png has a coordinate of 0
    made.voc(root / "test", first=0)
    (root / "test" / "Annotations" / "b.xml").unlink()
    raw = read(root)
    files = raw.frame["file"].tolist()
    first = [o.boxes[0].tolist() for o, f in zip(raw.annotations.objects, files, strict=True) if f.endswith("a.png")]
    assert first == [[3, 4, 20, 30]] * 2


def test_a_part_without_annotations_is_told(tmp_path):
    root = halves(tmp_path / "set", "coco")
    (root / "test" / "coco.json").unlink()
    raw = read(root)
    assert len(raw.frame) == 8 and set(raw.split) == {"train", "validation"}
    assert any(n.text.startswith("test: pictures without annotations") and n.warning for n in raw.notes)


def test_roboflow_writes_pictures_and_json_or_xml_together(tmp_path):
    for part in PARTS:
        folder = made.pictures(tmp_path / "coco" / part)
        (folder / "_annotations.coco.json").write_text(json.dumps(made.coco_value()))
        folder = made.pictures(tmp_path / "voc" / part)
        for name in made.SIZES:
            (folder / f"{name[0]}.xml").write_text(made.voc_text(name))
    for form in ("coco", "voc"):
        raw = read(tmp_path / form)
        assert len(raw.frame) == 12 and set(raw.split) == set(PARTS.values())


def test_coco_has_a_file_for_each_part(tmp_path):
    root = tmp_path / "set"
    (root / "annotations").mkdir(parents=True)
    for part in ("train2017", "val2017"):
        made.pictures(root / part)
        (root / "annotations" / f"instances_{part}.json").write_text(json.dumps(made.coco_value()))
        (root / "annotations" / f"captions_{part}.json").write_text(json.dumps(made.coco_value()))
    raw = read(root)
    assert raw.frame["file"].tolist() == [f"{p}/{n}" for p in ("train2017", "val2017") for n in made.SIZES]
    assert raw.split.tolist() == ["train"] * 4 + ["validation"] * 4


def test_yolo_has_parts_below_images_and_labels(tmp_path):
    root = tmp_path / "set"
    for part in ("train", "val"):
        made.yolo(tmp_path / part)
        for kind in ("images", "labels"):
            (root / kind).mkdir(parents=True, exist_ok=True)
            shutil.move(tmp_path / part / kind, root / kind / part)
    (root / "data.yaml").write_text("names: [cat, dog, rail car]\n")
    raw = read(root)
    assert raw.split.tolist() == ["train"] * 4 + ["validation"] * 4
    assert raw.annotations.labels == made.LABELS


@pytest.mark.parametrize("folder", ["splits", "ImageSets/Main"])
def test_lists_of_names_are_the_official_split(tmp_path, folder):
    root = made.voc(tmp_path / "set")
    (root / folder).mkdir(parents=True)
    (root / folder / "train.txt").write_text("a\nb.png\n")
    (root / folder / "val.txt").write_text("c -1\n")
    (root / folder / "trainval.txt").write_text("a\nb\nc\n")
    raw = read(root)
    assert raw.split.tolist() == ["train", "train", "validation"]
    assert any("1 pictures that stand in no part" in n.text and n.warning for n in raw.notes)


def test_a_picture_in_two_lists_judges_and_is_told(tmp_path):
    root = made.voc(tmp_path / "set")
    (root / "splits").mkdir(parents=True)
    (root / "splits" / "train.txt").write_text("a\nb\nc\n")
    (root / "splits" / "test.txt").write_text("c\nd\n")
    raw = read(root)
    assert raw.split.tolist() == ["train", "train", "test", "test"]
    assert any("1 pictures stand in two lists" in n.text and n.warning for n in raw.notes)


def test_a_column_of_a_table_is_the_official_split(tmp_path):
    root = made.table(tmp_path / "set")
    lines = (root / "boxes.csv").read_text().splitlines()
    part = {"a": "train", "b": "train", "c": "val", "d": "test"}
    lines = [lines[0] + ",split"] + [f"{line},{part[line[7]]}" for line in lines[1:]]
    (root / "boxes.csv").write_text("\n".join(lines))
    assert read(root).split.tolist() == ["train", "train", "validation", "test"]
    root = made.yolo(tmp_path / "yolo")
    (root / "index.csv").write_text("id,split\na,train\nb,test\nc,train\nd,test\n")
    assert read(root).split.tolist() == ["train", "test", "train", "test"]


def test_masks_beside_photos_are_seen(tmp_path):
    made.pictures(tmp_path / "set" / "images")
    masks(tmp_path / "set" / "masks")
    raw = read(tmp_path / "set")
    assert raw.task == "segmentation" and raw.target == ("mask",) and len(raw.frame) == 4
    assert find_annotations(tmp_path / "set") == tmp_path / "set" / "masks"
    for part in ("train", "test"):
        made.pictures(tmp_path / "segnet" / part)
        masks(tmp_path / "segnet" / f"{part}annot")
    raw = read(tmp_path / "segnet")
    assert raw.split.tolist() == ["test"] * 4 + ["train"] * 4
    for part in ("train", "test"):
        made.pictures(tmp_path / "ade" / "images" / part)
        masks(tmp_path / "ade" / "annotations" / part)
    assert read(tmp_path / "ade").task == "segmentation"


def photos(folder: Path, seed: int) -> None:
    folder.mkdir(parents=True)
    for i in range(12):
        pixels = np.random.default_rng([seed, i]).integers(0, 256, (24, 24, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i}.png")


@pytest.mark.parametrize(
    "classes",
    [
        ("images", "masks"),  # the same file names in both, and yet photos
        ("images", "labels"),
        ("image", "annotations"),
        ("images", "masks", "hats"),
        ("images", "instances"),
        ("images", "instances", "cats"),
        ("cats", "dogs"),
        ("train", "trainannot"),
    ],
)
def test_folders_of_classes_are_classes(tmp_path, classes):
    for seed, name in enumerate(classes):
        photos(tmp_path / "set" / name, seed)
    assert find_annotations(tmp_path / "set") is None
    raw = read(tmp_path / "set")
    assert raw.task == "classification" and set(raw.frame["class"]) == set(classes) and raw.annotations is None


def test_a_third_folder_of_pictures_makes_masks_a_class(tmp_path):
    made.pictures(tmp_path / "set" / "images")
    masks(tmp_path / "set" / "masks")
    photos(tmp_path / "set" / "hats", 0)
    assert read(tmp_path / "set").task == "classification"


def test_texts_and_other_json_beside_class_folders_mean_nothing(tmp_path):
    photos(tmp_path / "set" / "cats", 0)
    photos(tmp_path / "set" / "dogs", 1)
    (tmp_path / "set" / "cats" / "0.txt").write_text("a cat")
    (tmp_path / "set" / "about.json").write_text('{"licence": "CC0"}')
    (tmp_path / "set" / "list.csv").write_text("file,label\ncats/0.png,cat\n")
    assert read(tmp_path / "set").task == "classification"


def test_another_task_reads_folders_as_classes(tmp_path):
    made.pictures(tmp_path / "set" / "images")
    masks(tmp_path / "set" / "masks")
    raw = read(tmp_path / "set", task="classification")
    assert set(raw.frame["class"]) == {"images", "masks"} and raw.annotations is None


def test_the_task_decides_between_boxes_and_masks(tmp_path):
    root = made.voc(tmp_path / "set")
    masks(root / "SegmentationClass")
    masks(root / "SegmentationObject")
    assert read(root).task == "detection"
    assert read(root, task="segmentation").annotations.kind == "mask"
    instances = read(root, task="instances")
    assert instances.task == "instances" and [len(o) for o in instances.annotations.objects] == [2, 2, 2, 2]


def test_few_photos_of_voc_have_masks_and_these_have_lists_of_their_own(tmp_path):
    root = made.voc(tmp_path / "set")
    masks(root / "SegmentationClass", sizes={"a.png": made.SIZES["a.png"], "d.png": made.SIZES["d.png"]})
    for folder, train in (("Main", "a\nb\nc\n"), ("Segmentation", "d\n")):
        (root / "ImageSets" / folder).mkdir(parents=True)
        (root / "ImageSets" / folder / "train.txt").write_text(train)
        (root / "ImageSets" / folder / "val.txt").write_text("d\n" if folder == "Main" else "a\n")
    raw = read(root, task="segmentation")
    assert raw.frame["file"].tolist() == ["JPEGImages/a.png", "JPEGImages/d.png"]
    assert raw.split.tolist() == ["validation", "train"]
    assert read(root).split.tolist() == ["train", "train", "train", "validation"]


def test_one_folder_inside_the_other_is_gone_through(tmp_path):
    made.coco(tmp_path / "set" / "inner")
    raw = read(tmp_path / "set")
    assert raw.name == "set" and raw.frame["file"][0] == "inner/images/a.png"


def test_several_files_in_doubt_are_asked_about(tmp_path):
    root = made.coco(tmp_path / "set")
    (root / "coco.json").rename(root / "one.json")
    shutil.copy(root / "one.json", root / "two.json")
    with pytest.raises(DataError, match=r"several files .* one\.json, two\.json"):
        read(root)
    assert len(read(root, annotations=root / "two.json").frame) == 4


def test_a_sample_of_the_rows_keeps_its_objects(tmp_path):
    raw = read(made.coco(tmp_path / "set"), rows=2)
    assert len(raw.frame) == len(raw.annotations.objects) == 2
    assert raw.frame["objects"].tolist() == [len(o) for o in raw.annotations.objects]


def test_annotations_that_are_none_are_refused_with_what_is_known(tmp_path):
    photos_folder = made.pictures(tmp_path / "photos")
    (tmp_path / "notes.md").write_text("x")
    (tmp_path / "empty").mkdir()
    for name, words in (("notes.md", "no annotation file"), ("empty", "holds no annotations"), ("gone.json", "gone")):
        with pytest.raises(DataError, match=words):
            read(photos_folder, annotations=tmp_path / name)
