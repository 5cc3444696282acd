import os
import threading

import numpy as np
import pytest
from PIL import Image
from test_decode import blocks, saved

from profundo.data import cache, pictures
from profundo.data.pictures import from_bytes, from_paths, spread
from profundo.data.pixels import from_array
from profundo.errors import DataError, ResourceError


@pytest.fixture
def folder(tmp_path):
    for i in range(4):
        (tmp_path / f"picture {i} ñ.png").write_bytes(saved(Image.fromarray(blocks(seed=i))))
    return tmp_path


NAMES = [f"picture {i} ñ.png" for i in range(4)]


def test_paths_and_bytes_decode_alike_in_the_order_asked_for(folder):
    rows = np.array([3, 0, 0, 2])
    expected = np.stack([blocks(seed=i).transpose(2, 0, 1) for i in rows])
    by_path = from_paths(folder, NAMES)
    by_bytes = from_bytes([{"bytes": (folder / n).read_bytes(), "path": None} for n in NAMES], "t.parquet")
    assert len(by_path) == len(by_bytes) == 4
    assert by_path.label(3) == "picture 3 ñ.png"
    assert by_bytes.label(3) == "t.parquet row 3"
    for found in (by_path, by_bytes):
        assert np.array_equal(found.decode(rows, 3, 48, 64), expected)


def test_survey_counts_sizes_modes_and_bad_ones(folder):
    (folder / "grey.png").write_bytes(saved(Image.fromarray(blocks(1))))
    (folder / "cut.jpg").write_bytes(b"\xff\xd8\xff")
    column = from_paths(folder, [*NAMES, "grey.png", "cut.jpg", "absent.png", ""])
    survey = column.survey()
    assert survey.sizes == [(48, 64)] * 5
    assert survey.modes == {"RGB": 4, "L": 1}
    assert not survey.grey
    assert [(row, name) for row, name, _ in survey.bad] == [(5, "cut.jpg"), (6, "absent.png"), (7, "row 7")]
    assert "No such file" in survey.bad[1][2]
    assert from_paths(folder, ["grey.png"]).survey().grey


def test_all_damaged_pictures_are_told_together(folder):
    for name in NAMES[:2]:
        (folder / name).write_bytes((folder / name).read_bytes()[:60])
    with pytest.raises(DataError, match=r"^2 of 4 pictures cannot be decoded.*picture 0 ñ.*picture 1 ñ"):
        from_paths(folder, NAMES).decode(np.arange(4), 3, 48, 64)
    with pytest.raises(DataError, match=r"^t row 1 is missing"):
        from_bytes([saved(Image.fromarray(blocks())), None], "t").decode(np.arange(2), 3, 8, 8)


def test_large_results_are_decoded_once_into_the_cache(folder, tmp_path, monkeypatch):
    store = tmp_path / "cache"
    monkeypatch.setenv("PROFUNDO_CACHE", str(store))
    monkeypatch.setattr(pictures, "IN_MEMORY", 1000)
    monkeypatch.setattr(pictures, "CHUNK", 2 * 3 * 48 * 64)
    column = from_paths(folder, NAMES)
    first = column.decode(np.arange(4), 3, 48, 64)
    expected = np.stack([blocks(seed=i).transpose(2, 0, 1) for i in range(4)])
    assert isinstance(first, np.memmap)
    assert np.array_equal(first, expected)
    assert len(list(store.rglob("*"))) == 2  # the folder and one file, no temporary file left

    monkeypatch.setattr(pictures, "decode_image", lambda *a, **k: pytest.fail("decoded twice"))
    again = column.decode(np.arange(4), 3, 48, 64)
    assert np.array_equal(again, expected)
    again[:] = 0  # copy on write
    assert np.array_equal(column.decode(np.arange(4), 3, 48, 64), expected)

    monkeypatch.undo()
    monkeypatch.setenv("PROFUNDO_CACHE", str(store))
    monkeypatch.setattr(pictures, "IN_MEMORY", 1000)
    (folder / NAMES[0]).write_bytes(saved(Image.fromarray(blocks(seed=9))))
    os.utime(folder / NAMES[0], (1, 1))
    assert np.array_equal(column.decode(np.arange(4), 3, 48, 64)[0], blocks(seed=9).transpose(2, 0, 1))
    damaged = next(p for p in (store / "pictures").iterdir())
    damaged.write_bytes(damaged.read_bytes()[:500])
    assert np.array_equal(column.decode(np.arange(4), 3, 48, 64)[3], expected[3])


def test_bytes_have_a_fingerprint_of_their_own(monkeypatch, tmp_path):
    monkeypatch.setenv("PROFUNDO_CACHE", str(tmp_path))
    monkeypatch.setattr(pictures, "IN_MEMORY", 0)
    a, b = (saved(Image.fromarray(blocks(seed=i))) for i in (1, 2))
    assert not np.array_equal(
        from_bytes([a], "t").decode(np.arange(1), 3, 8, 8), from_bytes([b], "t").decode(np.arange(1), 3, 8, 8)
    )
    assert len(list((tmp_path / "pictures").iterdir())) == 2


def test_a_full_disk_leaves_nothing_behind(tmp_path):
    def chunks():
        yield np.zeros(10, np.uint8)
        raise OSError(28, "No space left on device")

    with pytest.raises(ResourceError, match=r"no space left.*20 MB.*PROFUNDO_CACHE"):
        cache.store(tmp_path / "x.npy", (20_000_000,), chunks())
    assert list(tmp_path.iterdir()) == []


def test_cache_folder_falls_back(tmp_path, monkeypatch):
    monkeypatch.setenv("PROFUNDO_CACHE", str(tmp_path / "mine"))
    assert cache.cache_folder("a") == tmp_path / "mine" / "a"
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PROFUNDO_CACHE", str(tmp_path / "file"))
    with pytest.raises(ResourceError, match="PROFUNDO_CACHE"):
        cache.cache_folder()
    monkeypatch.delenv("PROFUNDO_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / ".cache" / "profundo"
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path / "tmp"))
    assert cache.cache_folder().is_relative_to(tmp_path / "tmp")


def test_spread_keeps_the_order_and_stops_after_an_error():
    assert spread(lambda a, b: list(range(a, b)), 1000, 7) == list(range(1000))
    ran = []
    gate = threading.Event()

    def work(begin, end):
        ran.append(begin)
        if begin == 0:
            gate.set()
            raise KeyboardInterrupt
        gate.wait()
        return []

    with pytest.raises(KeyboardInterrupt):
        spread(work, 2000, 1)
    assert len(ran) < 2000


def test_an_array_that_fits_is_not_copied():
    values = np.random.default_rng(0).integers(0, 256, (5, 8, 9), dtype=np.uint8)
    column = from_array(values, "a")
    out = column.decode(np.arange(5), 1, 8, 9)
    assert out.shape == (5, 1, 8, 9)
    assert np.shares_memory(out, values)
    assert np.array_equal(column.decode(np.array([4, 1]), 1, 8, 9)[:, 0], values[[4, 1]])
    survey = column.survey()
    assert (survey.grey, survey.modes, len(survey.sizes), survey.sizes[0]) == (True, {"L": 5}, 5, (8, 9))


def test_arrays_go_the_way_of_files():
    values = np.stack([blocks(seed=i) for i in range(3)])  # (N, H, W, C)
    files = from_bytes([saved(Image.fromarray(v)) for v in values], "f")
    for array in (values, values.transpose(0, 3, 1, 2)):
        column = from_array(array, "a")
        for channels, height, width in ((3, 48, 64), (3, 32, 32), (1, 48, 64), (1, 20, 30)):
            rows = np.array([2, 0])
            assert np.array_equal(
                column.decode(rows, channels, height, width), files.decode(rows, channels, height, width)
            )
    grey = from_array(values[..., 0], "g").decode(np.arange(3), 3, 48, 64)
    assert np.array_equal(grey[:, 0], values[..., 0])
    assert np.array_equal(grey[:, 2], values[..., 0])


@pytest.mark.parametrize("scale", [1.0, 255.0])
def test_floats_within_one_or_255(scale):
    values = np.random.default_rng(0).integers(0, 256, (3, 4, 4)).astype(np.uint8)
    values[0, 0, 0] = 255
    floats = (values / 255 * scale).astype(np.float32)
    assert np.array_equal(from_array(floats, "a").pixels[:, 0], values)


def test_other_number_types():
    flags = np.random.default_rng(0).integers(0, 2, (3, 4, 4))
    for kind in (bool, np.int64, np.float64):
        assert np.array_equal(from_array(flags.astype(kind), "a").pixels[:, 0], flags * 255)
    deep = np.arange(0, 65536, 257, dtype=np.uint16).reshape(1, 16, 16)
    assert from_array(deep, "a").pixels.ravel().tolist() == list(range(256))
    rgba = np.zeros((1, 2, 2, 4), np.uint8)
    assert from_array(rgba, "a").pixels.tolist() == np.full((1, 3, 2, 2), 255).tolist()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (np.full((2, 4, 4), -1.0), "from -1 to -1"),
        (np.full((2, 4, 4), np.nan), "missing or infinite"),
        (np.full((2, 4, 4), 300), "from 300 to 300"),
        (np.zeros((2, 5, 4, 7), np.uint8), "1, 3 or 4 channels"),
        (np.zeros((2, 4), np.uint8), r"\(2, 4\)"),
        (np.zeros((0, 4, 4), np.uint8), "no pictures"),
        (np.array([[["a"]]]), "not pixels"),
    ],
)
def test_arrays_that_are_no_pictures(values, message):
    with pytest.raises(DataError, match=message):
        from_array(values, "a")
