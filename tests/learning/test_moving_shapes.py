"""Which way a shape moves: told by networks that see motion, by none that sees one frame; and when, in a long clip."""

import numpy as np
import pytest

import profundo
from profundo.data.moving import DIRECTIONS, SIDE, moving_shapes, placed
from profundo.evaluate import open_trained
from profundo.events import events

QUICK = {"threads": 1, "seed": 0, "check": False, "evaluate": "holdout"}
av = pytest.importorskip("av")


def some(seed=0, clips=600):
    raw = moving_shapes(seed, clips)
    return raw.media.pixels, raw.frame["direction"].to_numpy()


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    out = tmp_path_factory.mktemp("moving") / "run"
    return profundo.train(some(), out=out, epochs=5, budget=4, **QUICK)


def test_the_direction_is_learnt_and_one_frame_says_nothing(trained):
    scores = trained.read("scores.json")
    assert scores["network"] == "video_lstm" and scores["scores"]["accuracy"]["value"] >= 0.97
    done = [b["scores"]["accuracy"]["value"] for b in scores["baselines"] if b["scores"]]
    assert max(done, default=0.25) < 0.42  # chance is 0.25, among 105 clips
    page = trained.path("report.html").read_text(encoding="utf-8")
    assert 'id="clips"' in page and "no motion" in page


def test_the_single_frame_network_is_at_chance(tmp_path):
    run = profundo.train(some(), network="single_frame", out=tmp_path / "run", epochs=4, baselines=False, **QUICK)
    assert run.read("scores.json")["scores"]["accuracy"]["value"] < 0.4


def test_events_of_a_long_clip(trained, tmp_path):
    rng, wanted = np.random.default_rng(5), ["up", "right", "down"]
    shape, frames = placed(rng), []
    for name in wanted:
        for _ in range(40):
            shape = np.roll(shape, [2 * d for d in DIRECTIONS[name]], (0, 1))
            frames.append(np.clip(shape + rng.normal(0, 12, (SIDE, SIDE)), 0, 255).astype(np.uint8))
    with av.open(str(tmp_path / "long.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt, stream.bit_rate = "yuv420p", 4_000_000
        for frame in frames:
            large = frame.repeat(2, 0).repeat(2, 1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.stack([large] * 3, -1))))
        container.mux(stream.encode())
    found = events(open_trained(trained), tmp_path / "long.mp4", tmp_path / "events.csv")
    assert found.label.tolist() == wanted and (found.probability > 0.5).all()
    assert found.start.tolist() == pytest.approx([0, 1.6, 3.2], abs=0.2)
    assert (tmp_path / "events.csv").read_text().startswith("start,end,label,probability\n")
