"""The three sets of ../shared/data with places in them: read without an option, with the counts that are published."""

import zipfile

import numpy as np
import pytest

from profundo.data.annotations import decode_map
from profundo.data.source import read
from profundo.errors import DataError

pytestmark = pytest.mark.shared


@pytest.fixture
def unzipped(shared, tmp_path):
    def find(name: str):
        with zipfile.ZipFile(shared(f"{name}.zip")) as file:
            file.extractall(tmp_path / name)
        return tmp_path / name

    return find


def parts(raw) -> dict[str, int]:
    return {str(k): int(n) for k, n in zip(*np.unique(raw.split, return_counts=True), strict=True)}


def test_blood_cells(unzipped):
    root = unzipped("bccd_detection")
    raw = read(root)
    assert raw.task == "detection" and len(raw.frame) == 364
    assert parts(raw) == {"train": 205, "validation": 87, "test": 72}
    assert raw.annotations.labels == ("WBC", "RBC", "Platelets")
    assert raw.annotations.summary["labels"] == {"WBC": 372, "RBC": 4155 - 2, "Platelets": 361}
    warned = next(n for n in raw.notes if n.warning)
    assert warned.text.startswith("2 of 4,888 annotations are left out: box without area 2.")
    assert "coco.json, annotation 3951 (BloodImage_00338.jpg): the box 504, 337, 504, 337" in warned.text
    with pytest.raises(DataError, match="2 of 4,888"):
        read(root, bad_annotations="refuse")
    by_xml = read(root, annotations=root / "annotations")
    assert by_xml.annotations.summary["objects"] == 4886
    assert "annotations/BloodImage_00338.xml, object 13" in next(n for n in by_xml.notes if n.warning).text
    names = raw.annotations.labels, by_xml.annotations.labels
    for a, b in zip(raw.annotations.objects, by_xml.annotations.objects, strict=True):
        assert [names[0][c] for c in a.codes] == [names[1][c] for c in b.codes]
        assert np.allclose(a.boxes[:, 2:], b.boxes[:, 2:])
        assert np.allclose(a.boxes[:, :2] - 1, b.boxes[:, :2])  # the JSON was made without VOC's count from 1


def test_road_scenes(unzipped):
    raw = read(unzipped("camvid_seg_240x180"))
    assert raw.task == "segmentation" and parts(raw) == {"train": 367, "validation": 101, "test": 233}
    known = raw.annotations
    assert len(known.labels) == 11 and known.labels[0] == "sky" and known.labels[-1] == "bicyclist"
    assert known.summary["ignored"] == pytest.approx(0.036, abs=5e-4)
    assert known.summary["labels"]["road"] == pytest.approx(0.295, abs=1e-3)
    assert set(np.unique(decode_map(known, 0, 180, 240))) <= {*range(11), 255}


def test_nuclei(unzipped):
    raw = read(unzipped("dsb2018_nuclei_instances"))
    assert raw.task == "instances" and parts(raw) == {"train": 267, "test": 66}
    assert len(raw.frame) == 333 and raw.annotations.summary["objects"] == 14_761
    assert raw.annotations.masks and all(len(o) == len(o.masks) for o in raw.annotations.objects)
