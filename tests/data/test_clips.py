"""Clips: from video files, GIFs, folders of frames and arrays to frames at one rate."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from profundo.data import load
from profundo.data.clips import from_paths
from profundo.data.footage import read_clips
from profundo.data.moving import moving_shapes
from profundo.data.source import read
from profundo.data.video import look_at, sampled
from profundo.errors import DataError, MissingExtra
from profundo.schema import Video

av = pytest.importorskip("av")
COUNT = 12
LEVELS = range(10, 250, 20)  # of grey, one a frame


def levels(count=COUNT):
    return [Image.new("L", (48, 32), level) for level in list(LEVELS)[:count]]


def video(path: Path, frames=None, rate=10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 48, 32, "yuv420p", 4_000_000
        for frame in frames or levels():
            container.mux(stream.encode(av.VideoFrame.from_image(frame.convert("RGB"))))
        container.mux(stream.encode())
    return path


def gif(path: Path, pause=100) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = levels()
    first.save(path, save_all=True, append_images=others, duration=pause)
    return path


def folder(path: Path, count=COUNT) -> Path:
    path.mkdir(parents=True)
    for number, frame in enumerate(levels(count), 8):
        frame.save(path / f"frame_{number}.png")  # 8, 9, 10: by number, not by letter
    return path


@pytest.mark.parametrize(("make", "rate"), [(video, 10.0), (gif, 10.0), (folder, 25.0)])
def test_frames_in_order_at_their_own_rate(tmp_path, make, rate):
    clip = make(tmp_path / {video: "a.mp4", gif: "a.gif", folder: "a"}[make])
    seen = look_at(clip, "a")
    assert (seen.height, seen.width) == (32, 48) and seen.rate == pytest.approx(rate)
    assert seen.seconds == pytest.approx(12 / rate, abs=0.01)
    found = [frame.mean() for frame in sampled(clip, "a", (1, 8, 8), rate=rate)]
    assert found == pytest.approx(list(LEVELS), abs=3)


def test_another_rate_another_beginning_and_a_held_last_frame(tmp_path):
    clip = video(tmp_path / "a.mp4")
    half = [round(f.mean()) for f in sampled(clip, "a", (1, 8, 8), rate=5)]
    assert half == pytest.approx([30, 70, 110, 150, 190, 230], abs=3)
    twice = [round(f.mean()) for f in sampled(clip, "a", (1, 8, 8), rate=20, begin=1.0, count=6)]
    assert twice == pytest.approx([210, 210, 230, 230, 230, 230], abs=3)
    late = list(sampled(clip, "a", (1, 8, 8), rate=10, begin=60.0, count=3))
    assert len(late) == 3  # a file that lies about its length is read from its beginning


def test_a_folder_for_each_label_with_parts_and_faults(tmp_path):
    for split in ("train", "test"):
        for label in ("up", "down"):
            for number in range(3):
                video(tmp_path / "clips" / split / label / f"{number}.mp4", levels(6))
    (tmp_path / "clips/train/up/broken.mp4").write_bytes(b"this is no video at all")
    (tmp_path / "clips/train/up/notes.txt").write_text("seen on Monday")
    data = load(tmp_path / "clips", size=16)
    kind = data.schema.shaped
    assert isinstance(kind, Video) and kind.shape == (6, 3, 16, 16) and kind.rate == pytest.approx(10)
    assert data.x.dtype.is_floating_point is False and data.count("test") == 6 and data.official
    assert data.schema.labels == ("down", "up")
    told = " ".join(n.text for n in data.notes)
    assert "1 of 13 clips cannot be read" in told and "broken.mp4" in told and "1 files that are no clips" in told
    batch = data.whole("train")
    assert abs(float(batch.x.mean())) < 0.1 and float(batch.x.std()) == pytest.approx(1, abs=0.1)


def test_gifs_that_move_and_folders_of_frames_are_clips_and_others_are_pictures(tmp_path):
    for label in ("a", "b"):
        for number in range(2):
            gif(tmp_path / "gifs" / label / f"{number}.gif")
            folder(tmp_path / "frames" / label / f"clip{number}", 4)
            folder(tmp_path / "pictures" / label, 4) if number == 0 else None
    assert read(tmp_path / "gifs").media.kind == "video"
    frames = read(tmp_path / "frames")
    assert frames.media.kind == "video" and frames.frame.label.tolist() == ["a", "a", "b", "b"]
    assert read(tmp_path / "pictures").media is None
    assert read(tmp_path / "frames", image="file").pictures is not None  # where pictures are asked for


def test_a_zip_a_table_and_one_file(tmp_path, monkeypatch):
    monkeypatch.setenv("PROFUNDO_CACHE", str(tmp_path / "cache"))
    for number in range(4):
        video(tmp_path / "clips" / "ab"[number % 2] / f"{number}.mp4", levels(4))
    with zipfile.ZipFile(tmp_path / "clips.zip", "w") as archive:
        for file in sorted((tmp_path / "clips").rglob("*.mp4")):
            archive.write(file, file.relative_to(tmp_path / "clips"))
    assert read(tmp_path / "clips.zip").frame.label.tolist() == ["a", "a", "b", "b"]
    (tmp_path / "table.csv").write_text("clip,speed\nclips/a/0.mp4,1.5\nclips/b/1.mp4,2.5\n")
    raw = read(tmp_path / "table.csv")
    assert raw.media.kind == "video" and raw.media_column == "clip"
    assert len(read(tmp_path / "clips/a/0.mp4").frame) == 1


def test_what_is_no_clip_is_said(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    with pytest.raises(DataError, match=r"clips cannot be read: a\.mp4 cannot be decoded"):
        from_paths(tmp_path, ["a.mp4"]).usable()
    with pytest.raises(DataError, match="row 0 is missing"):
        from_paths(tmp_path, [""]).usable()
    assert read_clips(tmp_path / "nothing.txt") is None


def test_without_pyav_the_extra_is_named(tmp_path, monkeypatch):
    clip = video(tmp_path / "a.mp4")
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(MissingExtra, match=r"pip install 'profundo\[video\]'"):
        look_at(clip, "a.mp4")


def test_arrays_of_five_axes_are_clips():
    raw = moving_shapes(seed=1, clips=20)
    x, y = np.moveaxis(raw.media.pixels, 2, 4), raw.frame["direction"].to_numpy()
    data = load((x, y), size=16)
    assert data.schema.shape == (8, 1, 16, 16) and len(data.ids) == 20
    with pytest.raises(DataError, match="neither axis 2 nor 4"):
        load((np.zeros((4, 3, 8, 8, 2)), np.arange(4)))


def test_bundled_scenes(shared, tmp_path):
    with zipfile.ZipFile(shared("video_clips.zip")) as archive:
        archive.extract("mp4/carphone.mp4", tmp_path)
    seen = look_at(tmp_path / "mp4/carphone.mp4", "carphone")
    assert (seen.height, seen.width) == (144, 176) and seen.seconds == pytest.approx(120 / seen.rate, rel=0.02)
    assert len(list(sampled(tmp_path / "mp4/carphone.mp4", "c", (3, 24, 24), rate=seen.rate))) in (119, 120, 121)
