import numpy as np
import pytest

from profundo.data.arrays import from_arrays, read_npy, read_npz
from profundo.errors import DataError

RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (6, 5, 4), dtype=np.uint8)
CODES = np.array([0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize(
    "keys",
    [
        ("x_train", "y_train", "x_test", "y_test"),
        ("X_train", "y_train", "X_test", "y_test"),
        ("train_images", "train_labels", "test_images", "test_labels"),
        ("train_data", "train_targets", "test_data", "test_targets"),
    ],
)
def test_official_split_of_pictures(tmp_path, keys):
    arrays = (PICTURES[:4], CODES[:4, None], PICTURES[4:], CODES[4:, None])
    np.savez(tmp_path / "d.npz", **dict(zip(keys, arrays, strict=True)))
    raw = read_npz(tmp_path / "d.npz")
    assert raw.name == "d.npz"
    assert raw.split is not None
    assert raw.split.tolist() == ["train"] * 4 + ["test"] * 2
    assert list(raw.frame.columns) == ["y"]
    assert raw.frame["y"].tolist() == CODES.tolist()
    assert raw.target == ("y",)
    assert raw.pictures is not None
    assert np.array_equal(raw.pictures.decode(np.arange(6), 1, 5, 4)[:, 0], PICTURES)


def test_three_splits_and_keys_that_are_neither(tmp_path):
    parts = {f"{s}_images": PICTURES[:2] for s in ("train", "val", "test")}
    labels = {f"{s}_labels": CODES[:2] for s in ("train", "val", "test")}
    np.savez(tmp_path / "d.npz", **parts, **labels, meta=np.arange(3))
    raw = read_npz(tmp_path / "d.npz")
    assert raw.split is not None
    assert raw.split.tolist() == ["train"] * 2 + ["validation"] * 2 + ["test"] * 2
    assert "meta" in raw.notes[-1].text


@pytest.mark.parametrize("keys", [("x", "y"), ("X", "y"), ("data", "target"), ("images", "labels"), ("arr_0", "arr_1")])
def test_a_table_without_split(tmp_path, keys):
    table = RNG.normal(size=(6, 3)).astype(np.float32)
    np.savez(tmp_path / "d.npz", **{keys[0]: table, keys[1]: CODES / 2})
    raw = read_npz(tmp_path / "d.npz")
    assert (raw.pictures, raw.split) == (None, None)
    assert list(raw.frame.columns) == ["x0", "x1", "x2", "y"]
    assert np.array_equal(raw.frame[["x0", "x1", "x2"]].to_numpy(), table)
    assert raw.frame["y"].tolist() == (CODES / 2).tolist()


def test_names_of_columns_come_with_the_file(tmp_path):
    np.savez(tmp_path / "d.npz", x=np.zeros((2, 2)), y=["a", "b"], feature_names=["age", "size"])
    raw = read_npz(tmp_path / "d.npz")
    assert list(raw.frame.columns) == ["age", "size", "y"]
    assert raw.frame["y"].tolist() == ["a", "b"]
    np.savez(tmp_path / "d.npz", x=np.zeros((2, 2)), y=["a", "b"], feature_names=["y", "size"])
    assert list(read_npz(tmp_path / "d.npz").frame.columns) == ["x0", "x1", "y"]  # a name that is taken


def test_targets_of_several_columns_and_one_hot():
    raw = from_arrays(np.zeros((6, 2)), np.eye(3)[CODES])
    assert raw.frame["y"].tolist() == CODES.tolist()
    assert "one-hot" in raw.notes[0].text
    raw = from_arrays(np.zeros((6, 2)), RNG.normal(size=(6, 2)))
    assert raw.target == ("y0", "y1")


def test_arrays_from_python_are_not_copied():
    raw = from_arrays(PICTURES, CODES)
    assert raw.pictures is not None
    assert np.shares_memory(raw.pictures.decode(np.arange(6), 1, 5, 4), PICTURES)
    raw = from_arrays([[1, 2], [3, 4]], [0, 1], [[5, 6]], [1])
    assert raw.split is not None
    assert raw.split.tolist() == ["train", "train", "test"]
    assert raw.frame["x1"].tolist() == [2, 4, 6]
    assert from_arrays([1.0, 2.0]).target == ()


def test_npy(tmp_path):
    np.save(tmp_path / "d.npy", PICTURES)
    raw = read_npy(tmp_path / "d.npy")
    assert (len(raw.frame), raw.target) == (6, ())
    with pytest.raises(DataError, match=r"\.npy"):
        read_npz(tmp_path / "d.npy")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"foo": CODES, "bar": CODES}, "keys found: foo, bar.*np.savez"),
        ({"y": CODES}, "keys found: y"),
        ({"x_test": CODES, "y_test": CODES, "x_val": CODES}, "keys found"),
        ({"x": PICTURES, "y": CODES[:3]}, r"6 inputs but targets of shape \(3,\)"),
        ({"x_train": PICTURES, "y_train": CODES, "x_test": PICTURES}, "none for 'test'"),
        ({"x_train": PICTURES, "y_train": CODES, "x_test": PICTURES[:, :2], "y_test": CODES}, "inputs of shape"),
        ({"x": np.array([{"a": 1}], dtype=object), "y": [1]}, "Python objects.*astype"),
        ({"x": np.zeros((0, 3)), "y": []}, "no rows"),
    ],
)
def test_what_cannot_be_read(tmp_path, arrays, message):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(DataError, match=message):
        read_npz(tmp_path / "d.npz")


def test_damaged_files(tmp_path):
    path = tmp_path / "d.npz"
    np.savez_compressed(path, x=PICTURES, y=CODES)
    whole = path.read_bytes()
    broken = bytearray(whole)
    broken[90] ^= 0xFF
    for data in (b"", b"hello", whole[:40], whole[: len(whole) // 2], whole[:-10], bytes(broken)):
        path.write_bytes(data)
        with pytest.raises(DataError, match=r"d\.npz"):
            read_npz(path)
    with pytest.raises(DataError, match="there is no file"):
        read_npz(tmp_path / "absent.npz")
    with pytest.raises(DataError, match="not regular"):
        from_arrays([[1, 2], [3]], [0, 1])
    ragged = np.empty(2, dtype=object)
    ragged[:] = [[1, 2], [3]]
    with pytest.raises(DataError, match="different lengths"):
        from_arrays(ragged, [0, 1])


def test_mnist(shared):
    raw = read_npz(shared("mnist.npz"))
    assert raw.pictures is not None
    assert raw.split is not None
    assert len(raw.pictures) == 70000
    assert (raw.split == "train").sum() == 60000
    assert raw.frame["y"].tolist()[:5] == [5, 0, 4, 1, 9]
    assert raw.pictures.decode(np.arange(70000), 1, 28, 28).base is not None  # a view, not a copy
