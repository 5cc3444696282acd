import gzip
import io
import struct
import tarfile

import numpy as np
import pytest
from PIL import Image
from test_decode import saved

from profundo.data import builtin
from profundo.data.builtin import BUILTIN, read
from profundo.data.target import TASKS
from profundo.errors import DataError, UsageError


@pytest.mark.parametrize("name", [n for n, b in BUILTIN.items() if b.origin != "fetched"])
def test_offline_sets_are_as_their_entry_says(name):
    raw = read(name)
    known = BUILTIN[name]
    assert (raw.name, raw.task, raw.target) == (name, known.task, (known.target,))
    assert len(raw.frame) == known.rows
    assert raw.frame.index.tolist() == list(range(known.rows))
    assert not raw.frame.isna().any().any()
    labels = raw.frame[known.target]
    assert (labels.nunique() <= 10) == (known.task == "classification")


def test_digits_are_pictures_over_the_whole_range():
    raw = read("digits")
    assert raw.pictures is not None
    pixels = raw.pictures.decode(np.arange(1797), 1, 8, 8)
    assert (pixels.min(), pixels.max(), len(np.unique(pixels))) == (0, 255, 17)
    assert raw.frame["digit"].tolist()[:10] == list(range(10))


def test_entries_are_complete():
    for known in BUILTIN.values():
        assert known.task in TASKS
        assert known.description
        assert known.licence
        assert (known.origin == "fetched") == bool(known.files) == bool(known.local)
        for file in known.files:
            assert file.url.startswith("https://")
            assert len(bytes.fromhex(file.sha256)) == 32
    assert set(builtin.OFFICIAL) == {n for n, b in BUILTIN.items() if b.origin == "fetched"}


def test_unknown_names_answer_with_the_nearest():
    with pytest.raises(UsageError, match="Did you mean 'mnist'"):
        read("minst")
    assert read("gauss-regression").name == "gauss_regression"


@pytest.mark.parametrize(
    ("name", "rows", "official"),
    [
        ("mnist", 70000, True),
        ("cifar10", 60000, True),
        ("lfw", 826, True),
        ("adult", 48842, True),
        ("california_housing", 20640, False),
    ],
)
def test_sets_of_the_shared_folder(shared, monkeypatch, name, rows, official):
    monkeypatch.setenv("PROFUNDO_DATA", str(shared("README.md").parent))
    raw = read(name)
    assert len(raw.frame) == rows
    assert raw.target == (BUILTIN[name].target,)
    assert raw.frame[raw.target[0]].notna().all()
    assert (raw.split is not None) == official
    assert "split" not in raw.frame
    if raw.pictures is not None:
        assert len(raw.pictures) == rows
        assert list(raw.frame.columns) == [BUILTIN[name].target]
    if name == "cifar10":
        assert set(raw.frame["class"]) == set(BUILTIN[name].labels)


def idx(values):
    head = b"\0\0\x08" + bytes([values.ndim]) + b"".join(struct.pack(">I", n) for n in values.shape)
    return gzip.compress(head + values.astype(np.uint8).tobytes())


def tar(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return data.getvalue()


def test_idx_files(tmp_path):
    arrays = [np.arange(24).reshape(2, 3, 4), np.array([9, 0]), np.ones((1, 3, 4)), np.array([5])]
    paths = [tmp_path / str(i) for i in range(4)]
    for path, values in zip(paths, arrays, strict=True):
        path.write_bytes(idx(values))
    raw = builtin.finished(BUILTIN["fashion_mnist"], builtin.read_idx(*paths))
    assert raw.frame["article"].tolist() == ["Ankle boot", "T-shirt/top", "Sandal"]
    assert raw.pictures is not None
    assert raw.pictures.decode(np.array([0]), 1, 3, 4).ravel().tolist() == list(range(24))[:12]
    for damaged in (idx(arrays[0])[:30], gzip.compress(b"\0\0\x08\x03"), gzip.compress(b"\0\0\x0d\x01\0\0\0\0"), b"x"):
        paths[0].write_bytes(damaged)
        with pytest.raises(DataError, match="is damaged"):
            builtin.idx(paths[0])


def test_the_binary_version_of_cifar10(tmp_path):
    records = np.random.default_rng(0).integers(0, 256, (3, 3073), dtype=np.uint8)
    records[:, 0] = (3, 9, 0)
    path = tmp_path / "c.tar.gz"
    folder = "cifar-10-batches-bin"
    path.write_bytes(
        tar({f"{folder}/data_batch_1.bin": records[:2].tobytes(), f"{folder}/test_batch.bin": records[2:].tobytes()})
    )
    raw = builtin.finished(BUILTIN["cifar10"], builtin.read_cifar10(path))
    assert raw.frame["class"].tolist() == ["cat", "truck", "airplane"]
    assert raw.split is not None
    assert raw.split.tolist() == ["train", "train", "test"]
    assert raw.pictures is not None
    assert np.array_equal(raw.pictures.decode(np.arange(3), 3, 32, 32).reshape(3, -1), records[:, 1:])
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DataError, match="is damaged"):
        builtin.read_cifar10(path)


def test_lfw_keeps_the_people_with_many_photos(tmp_path, monkeypatch):
    monkeypatch.setattr(builtin, "FACES", 2)
    photo = saved(Image.new("RGB", (8, 8), (9, 9, 9)), "JPEG")
    names = ["Ann_Lee/Ann_Lee_0002", "Bo/Bo_0001", "Ann_Lee/Ann_Lee_0001"]
    (tmp_path / "l.tgz").write_bytes(tar({f"lfw_funneled/{n}.jpg": photo for n in names} | {"lfw_funneled/a.txt": b""}))
    raw = builtin.read_lfw(tmp_path / "l.tgz")
    assert raw.frame["person"].tolist() == ["Ann Lee", "Ann Lee"]
    assert raw.pictures is not None
    assert raw.pictures.survey().sizes == [(8, 8)] * 2


def test_the_files_of_adult(tmp_path):
    row = "39, State-gov, 77516, Bachelors, 13, Never-married, ?, Not-in-family, White, Male, 2174, 0, 40, Cuba, "
    (tmp_path / "adult.data").write_text(f"{row}<=50K\n{row}>50K\n\n")
    (tmp_path / "adult.test").write_text(f"|1x3 Cross validator\n{row}>50K.\n\n")
    raw = builtin.read_adult(tmp_path / "adult.data", tmp_path / "adult.test")
    assert raw.frame["income"].tolist() == ["<=50K", ">50K", ">50K"]
    assert raw.frame["occupation"].isna().all()
    assert raw.frame["age"].tolist() == [39] * 3
    assert raw.split is not None
    assert raw.split.tolist() == ["train", "train", "test"]
