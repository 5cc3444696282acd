import os
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image
from test_decode import saved

from profundo.data import folder as module
from profundo.data import load
from profundo.data.folder import read_folder
from profundo.errors import DataError, ResourceError

PICTURE = saved(Image.new("RGB", (4, 4), (1, 2, 3)))


def grow(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(PICTURE if Path(name).suffix in (".png", ".JPG") else b"text")
    return root


def test_a_folder_for_each_class(tmp_path):
    root = grow(tmp_path / "pets", "cats/b.png", "cats/a.JPG", "cats/deep/c.png", "dogs/d.png", "dogs/notes.txt")
    grow(root, "cats/.hidden.png", ".git/x.png", "loose.png", "empty/readme.md", "__MACOSX/cats/a.png")
    raw = read_folder(root)
    assert raw.name == "pets"
    assert raw.frame["file"].tolist() == ["cats/a.JPG", "cats/b.png", "cats/deep/c.png", "dogs/d.png"]
    assert raw.frame["class"].tolist() == ["cats", "cats", "cats", "dogs"]
    assert (raw.target, raw.task, raw.split, raw.picture_column) == (("class",), "classification", None, "file")
    texts = " | ".join(n.text for n in raw.notes)
    assert "4 pictures in 2 classes" in texts
    assert "2 files that are not pictures" in texts
    assert "1 pictures outside" in texts
    assert "pets/empty" in texts
    assert raw.pictures is not None
    assert raw.pictures.decode(raw.frame.index.to_numpy(), 3, 4, 4).shape == (4, 3, 4, 4)
    assert raw.pictures.label(2) == "cats/deep/c.png"


@pytest.mark.parametrize("name", ["val", "valid", "Validation"])
def test_official_splits(tmp_path, name):
    grow(tmp_path, "train/a/1.png", "train/b/2.png", f"{name}/a/3.png", "test/b/4.png")
    raw = read_folder(tmp_path)
    assert raw.split is not None
    found = dict(zip(raw.frame["file"].str[-5:-4], raw.split.tolist(), strict=True))
    assert found == {"1": "train", "2": "train", "3": "validation", "4": "test"}
    assert Counter(raw.frame["class"]) == {"a": 2, "b": 2}


def test_a_test_folder_without_answers_is_left_out(tmp_path):
    raw = read_folder(grow(tmp_path, "train/a/1.png", "train/b/2.png", "test/3.png"))
    assert raw.split is None
    assert len(raw.frame) == 2
    assert any("1 pictures outside" in n.text for n in raw.notes)


def test_a_class_may_be_called_train(tmp_path):
    raw = read_folder(grow(tmp_path, "train/1.png", "truck/2.png"))
    assert raw.frame["class"].tolist() == ["train", "truck"]


def test_an_unpacked_archive_and_a_flat_folder(tmp_path):
    raw = read_folder(grow(tmp_path / "zip", "pets/pets/cats/1.png", "pets/pets/dogs/2.png"))
    assert raw.frame["class"].tolist() == ["cats", "dogs"]
    flat = read_folder(grow(tmp_path / "flat", "2.png", "1.png", "a.txt"))
    assert list(flat.frame.columns) == ["file"]
    assert flat.frame["file"].tolist() == ["1.png", "2.png"]
    assert (flat.target, flat.task) == ((), "")


def test_unicode_spaces_and_bytes_in_names(tmp_path):
    root = grow(tmp_path, "train/Montre\u0301al e\u0301/1 2.png", "train/b/1.png", "test/Montr\u00e9al \u00e9/3.png")
    broken = os.fsdecode(b"bad\xff.png")
    grow(root, f"train/b/{broken}")
    raw = read_folder(root)
    assert set(raw.frame["class"]) == {"Montr\u00e9al \u00e9", "b"}  # one class, however its accents are coded
    assert "train/b/bad\\udcff.png" in raw.frame["file"].tolist()
    assert raw.pictures is not None
    assert len(raw.pictures.survey().bad) == 0


def test_loops_of_links_end(tmp_path):
    root = grow(tmp_path, "a/1.png", "b/2.png")
    (root / "a" / "again").symlink_to(root / "a")
    (root / "a" / "up").symlink_to(root / "a" / ".." / "b")
    (root / "b" / "self").symlink_to("self")
    raw = read_folder(root)
    assert raw.frame["file"].tolist() == ["a/1.png", "a/up/2.png", "b/2.png"]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a/x.txt"], r"no pictures \(only 1 other files\)"),
        ([".hidden/1.png"], "holds no pictures"),
    ],
)
def test_folders_without_pictures(tmp_path, names, message):
    with pytest.raises(DataError, match=message):
        read_folder(grow(tmp_path, *names))


def test_one_class_is_enough_to_predict_and_warned_of(tmp_path):
    raw = read_folder(grow(tmp_path, "cats/1.png"))
    assert raw.frame["class"].tolist() == ["cats"]
    assert next(n.text for n in raw.notes if n.warning).startswith("one class only, 'cats'. A folder of pictures has")


def test_missing_and_unreadable_folders(tmp_path, monkeypatch):
    with pytest.raises(DataError, match="there is no folder"):
        read_folder(tmp_path / "absent")
    with pytest.raises(DataError, match="not a folder"):
        read_folder(grow(tmp_path, "file.txt") / "file.txt")
    grow(tmp_path, "a/1.png", "b/2.png")
    scan = os.scandir

    def refuse(path):
        if Path(path).name == "b":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(module.os, "scandir", refuse)  # the tests may run as root, whom nothing refuses
    with pytest.raises(ResourceError, match=r"b cannot be read \(Permission denied\).*chmod"):
        read_folder(tmp_path)


def test_pictures_of_an_odd_size_are_named(tmp_path):
    for kind in ("cat", "dog"):
        (tmp_path / kind).mkdir()
        for i in range(15):
            (tmp_path / kind / f"{i}.png").write_bytes(saved(Image.new("RGB", (24, 20), (8 * i, 0, 0))))
    (tmp_path / "dog" / "banner.png").write_bytes(saved(Image.new("RGB", (300, 10))))
    notes = [n for n in load(tmp_path).notes if "odd size" in n.text]
    assert len(notes) == 1
    assert "banner.png (10 x 300)" in notes[0].text
    left = load(tmp_path, without=notes[0].flag.split()[1])
    assert not [n for n in left.notes if "odd size" in n.text]
    assert len(left.ids) == 30
    assert len(load(tmp_path, rows=25).ids) == 25  # a sample has sizes of its own
