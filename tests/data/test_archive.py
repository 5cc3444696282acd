"""A zip as the source: unpacked once, inside the cache folder, and refused where it is not what it seems."""

import io
import json
import stat
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from profundo.data import archive
from profundo.data.source import read
from profundo.errors import DataError, ResourceError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PROFUNDO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def picture(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (8, 8, 3), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(path: Path, files: dict[str, bytes | str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)
    return path


CLASSES = {f"pets/{kind}/{i}.png": picture(i) for kind in ("cats", "dogs") for i in range(5)}


def test_a_zip_of_class_folders_is_read_as_the_folder(tmp_path, cache):
    path = zipped(tmp_path / "animals.zip", {**CLASSES, "__MACOSX/pets/cats/._0.png": b"x", "pets/run.py": "import os"})
    raw = read(path)
    assert raw.name == "animals" and len(raw.frame) == 10 and raw.task == "classification"
    assert not list(cache.rglob("*.py")) and not list(cache.rglob("__MACOSX"))
    before = {p: p.stat().st_mtime_ns for p in cache.rglob("*.png")}
    assert len(read(path).frame) == 10
    assert {p: p.stat().st_mtime_ns for p in cache.rglob("*.png")} == before  # unpacked once


def test_a_zip_with_annotations_is_read_as_located(tmp_path):
    value = {
        "images": [{"id": i, "file_name": f"{i}.png"} for i in range(3)],
        "annotations": [{"id": 1, "image_id": 0, "category_id": 1, "bbox": [1, 1, 4, 4]}],
        "categories": [{"id": 1, "name": "cell"}],
    }
    files = {f"images/{i}.png": picture(i) for i in range(3)}
    raw = read(zipped(tmp_path / "cells.zip", {**files, "coco.json": json.dumps(value)}))
    assert raw.task == "detection" and raw.frame["objects"].tolist() == [1, 0, 0]


@pytest.mark.parametrize(
    "name", ["../../evil.png", "/tmp/evil.png", "..\\..\\evil.png", "C:/evil.png", "a/../../b.png"]
)
def test_paths_that_lead_out_are_refused(tmp_path, cache, name):
    path = zipped(tmp_path / "bad.zip", {**CLASSES, name: picture()})
    with pytest.raises(DataError, match="leads out of the archive"):
        read(path)
    assert not list(tmp_path.rglob("*evil.png")) and not list(cache.rglob("*.png"))


def test_links_are_refused(tmp_path, cache):
    path = zipped(tmp_path / "bad.zip", CLASSES)
    link = zipfile.ZipInfo("pets/cats/link.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "a") as file:
        file.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="leads out of the archive"):
        read(path)


def test_bombs_are_refused_before_anything_is_written(tmp_path, cache, monkeypatch):
    path = zipped(tmp_path / "bomb.zip", {**CLASSES, "pets/cats/big.png": bytes(5_000_000)})
    monkeypatch.setattr(archive, "LARGEST", 1_000_000)
    with pytest.raises(ResourceError, match=r"becomes 0\.005 GB in 11 files"):
        read(path)
    monkeypatch.setattr(archive, "LARGEST", 10_000_000)
    monkeypatch.setattr(archive, "MOST", 5)
    with pytest.raises(ResourceError, match="11 files"):
        read(path)
    assert not list(cache.rglob("*.png"))


def test_a_member_larger_than_its_header_says_is_damage(tmp_path, cache):
    path = zipped(tmp_path / "lying.zip", {"a/big.png": bytes(100_000), "b/1.png": picture()})
    data = bytearray(path.read_bytes())
    size = (100_000).to_bytes(4, "little")
    while (place := data.find(size)) >= 0:
        data[place : place + 4] = (100).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(DataError, match="damaged"):
        read(path)
    assert not [p for p in cache.rglob("*.png") if p.stat().st_size > 1000]


def test_a_damaged_zip_leaves_nothing_behind(tmp_path, cache):
    path = zipped(tmp_path / "cut.zip", CLASSES)
    data = bytearray(path.read_bytes())
    data[60:90] = bytes(30)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"cut\.zip is damaged"):
        read(path)
    assert not [p for p in cache.rglob("*") if p.is_file()]


def test_a_zip_of_one_table_is_still_a_table(tmp_path):
    path = zipped(tmp_path / "table.zip", {"t.csv": "a,b\n" + "1,2\n" * 20})
    assert list(read(path).frame.columns) == ["a", "b"]
