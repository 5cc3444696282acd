"""Average precision: our own and faster-coco-eval's against pycocotools, and what intervals and F1 must be."""

import contextlib
import io
from dataclasses import replace

import numpy as np
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from profundo.errors import DataError
from profundo.metrics.coco import entries
from profundo.metrics.detection import detection_scores, f1, measure, quick_map
from profundo.metrics.intervals import bootstrap
from profundo.metrics.matches import AREAS, box_iou, match_all
from profundo.metrics.metric import Score
from profundo.objects import Objects, nothing

LABELS = ("disc", "square", "star")


def some_objects(rng: np.random.Generator, count: int, *, size: int = 200, masks: bool = False) -> Objects:
    """Objects in a picture, some of them crowds, with small numbers so that many overlaps are equal."""
    corner = rng.integers(0, size // 2, (count, 2)).astype(float)
    boxes = np.concatenate([corner, corner + rng.integers(4, size // 2, (count, 2))], 1)
    codes = rng.integers(0, len(LABELS), count)
    made = Objects(size, size, boxes, codes, crowd=rng.random(count) < 0.15)
    return replace(made, masks=[ellipse(box, size) for box in boxes]) if masks else made


def ellipse(box: np.ndarray, size: int) -> dict:
    x1, y1, x2, y2 = box
    y, x = np.mgrid[:size, :size] + 0.5
    inside = ((2 * x - x1 - x2) / (x2 - x1)) ** 2 + ((2 * y - y1 - y2) / (y2 - y1)) ** 2 <= 1
    return coco_mask.encode(np.asfortranarray(inside.astype(np.uint8)))


def some_answer(rng: np.random.Generator, true: Objects) -> Objects:
    """The true objects moved a little, some lost, some of a wrong label, and some where nothing is."""
    copies = true.keep(np.repeat(np.flatnonzero(rng.random(len(true)) < 0.85), 1 + int(rng.integers(0, 2))))
    wild = some_objects(rng, int(rng.integers(0, 6)), size=true.width)
    boxes = np.concatenate([copies.boxes + rng.integers(-6, 7, copies.boxes.shape), wild.boxes])
    boxes[:, 2:] = np.maximum(boxes[:, 2:], boxes[:, :2] + 1)
    codes = np.concatenate([copies.codes, wild.codes])
    codes = np.where(rng.random(len(codes)) < 0.1, rng.integers(0, len(LABELS), len(codes)), codes)
    found = Objects(true.height, true.width, boxes, codes, np.round(rng.random(len(codes)), 1))
    if true.masks is None:
        return found
    return replace(found, masks=[ellipse(box, true.width) for box in boxes])


def a_case(seed: int, masks: bool) -> tuple[list[Objects], list[Objects]]:
    rng = np.random.default_rng(seed)
    size = 90 if masks else 400
    truth = [some_objects(rng, int(rng.integers(0, 9)), size=size, masks=masks) for _ in range(int(rng.integers(1, 6)))]
    return truth, [some_answer(rng, true) for true in truth]


def of_pycocotools(truth: list[Objects], found: list[Objects], masks: bool) -> dict[str, float]:
    pictures = [{"id": i, "height": t.height, "width": t.width} for i, t in enumerate(truth)]
    words = [{"id": i, "name": name} for i, name in enumerate(LABELS)]
    with contextlib.redirect_stdout(io.StringIO()):
        both = []
        for objects in (truth, found):
            one = COCO()
            one.dataset = {"images": pictures, "categories": words, "annotations": entries(objects, masks)}
            one.createIndex()
            both.append(one)
        judge = COCOeval(*both, "segm" if masks else "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
    names = ["mAP", "mAP50", "mAP75", *(f"mAP of {s} objects" for s in ("small", "medium", "large"))]
    values = {name: value for name, value in zip(names, judge.stats[:6].tolist(), strict=True)}
    for code, name in enumerate(LABELS):
        of_label = judge.eval["precision"][0, :, code, 0, -1]
        values[f"AP50 of {name}"] = float(of_label.mean())
    return {name: value if value > -1 else np.nan for name, value in values.items()}


@pytest.mark.parametrize("masks", [False, True])
def test_values_and_weighted_values_equal_pycocotools(masks: bool):
    for seed in range(200):
        truth, found = a_case(seed, masks)
        wanted = of_pycocotools(truth, found, masks)
        ours = measure(match_all(truth, found, 3, masks=masks, areas=tuple(AREAS)), LABELS)(np.ones((1, len(truth))))
        for name, value in wanted.items():
            assert ours[name][0] == pytest.approx(value, abs=1e-6, nan_ok=True), (seed, name)
        scores = detection_scores(truth, found, LABELS, masks=masks, resamples=0)
        begin = "mask " if masks else ""
        for name, value in wanted.items():
            if np.isfinite(value) or not name.startswith("mAP of"):
                assert scores[begin + name].value == pytest.approx(value, abs=1e-6, nan_ok=True), (seed, name)


def test_a_weight_of_two_counts_a_picture_twice():
    truth, found = a_case(4, False)
    found = [replace(f, scores=np.random.default_rng(i).random(len(f))) for i, f in enumerate(found)]  # no ties
    again = match_all([*truth, truth[0]], [*found, found[0]], 3, areas=tuple(AREAS))
    twice = measure(again, LABELS)(np.ones((1, len(truth) + 1)))
    weights = np.array([[2.0] + [1.0] * (len(truth) - 1)])
    matches = match_all(truth, found, 3, areas=tuple(AREAS))
    assert measure(matches, LABELS)(weights)["mAP"][0] == pytest.approx(twice["mAP"][0], abs=0.02)


def test_perfect_and_empty_answers():
    rng = np.random.default_rng(0)
    truth = [replace(some_objects(rng, 5), crowd=None), nothing(50, 50)]
    perfect = [replace(t, scores=np.ones(len(t))) for t in truth]
    assert detection_scores(truth, perfect, LABELS)["mAP"].value == pytest.approx(1)
    silent = [replace(nothing(t.height, t.width), scores=np.zeros(0)) for t in truth]
    assert detection_scores(truth, silent, LABELS)["mAP"].value == 0
    assert np.isnan(detection_scores(truth[1:], silent[1:], LABELS)["mAP"].value)
    assert quick_map(truth, perfect, 3) == {"map": pytest.approx(1), "map50": pytest.approx(1)}


def test_intervals_hold_the_value_and_shrink_with_more_pictures():
    rng = np.random.default_rng(1)
    truth = [some_objects(rng, 6) for _ in range(60)]
    found = [some_answer(rng, t) for t in truth]
    few, many = (detection_scores(truth[:n], found[:n], LABELS, resamples=200)["mAP50"] for n in (12, 60))
    assert few.low < few.value < few.high and many.n == 60
    assert many.high - many.low < few.high - few.low


def test_the_bootstrap_covers_what_a_large_sample_says():
    rng = np.random.default_rng(2)
    truth = [replace(some_objects(rng, 4), crowd=None) for _ in range(800)]
    found = [sensible(rng, true, some_answer(rng, true)) for true in truth]
    whole = score50(truth, found, 0).value
    parts = [score50(truth[i : i + 40], found[i : i + 40], 200) for i in range(0, 800, 40)]
    assert sum(part.low <= whole <= part.high for part in parts) >= 17


def sensible(rng: np.random.Generator, true: Objects, found: Objects) -> Objects:
    """Give the answers that are right higher scores, as a detector does."""
    near = box_iou(found.boxes[:, None], true.boxes[None]) * (found.codes[:, None] == true.codes)
    return replace(found, scores=np.clip(near.max(1, initial=0) * 0.6 + rng.random(len(found)) * 0.4, 0, 1))


def score50(truth: list[Objects], found: list[Objects], resamples: int) -> Score:
    matches = match_all(truth, found, 3, areas=tuple(AREAS))
    return bootstrap(measure(matches, LABELS), len(truth), resamples=resamples)["mAP50"]


def test_f1_of_one_picture():
    true = Objects(50, 50, np.array([[0.0, 0, 10, 10], [20, 20, 30, 30]]), np.array([0, 1]))
    guess = Objects(50, 50, np.array([[0.0, 0, 10, 9], [20, 20, 30, 30]]), np.array([0, 0]), np.array([0.9, 0.8]))
    assert f1(true, guess) == pytest.approx(0.5)
    assert f1(true, replace(true, scores=np.ones(2))) == 1
    unsure = replace(true, scores=np.full(2, 0.3))
    assert f1(true, unsure) == 0 and f1(nothing(5, 5), unsure) == 1


def test_faults_are_named():
    truth = [nothing(5, 5)]
    with pytest.raises(DataError, match="no scores"):
        detection_scores(truth, truth, LABELS)
    with pytest.raises(DataError, match="1 true pictures and 2 found"):
        detection_scores(truth, [*truth, *truth], LABELS)
    one = Objects(9, 9, np.array([[0.0, 0, 4, 4]]), np.array([0]))
    with pytest.raises(DataError, match="true objects without masks"):
        detection_scores([one], [replace(one, scores=np.ones(1))], LABELS, masks=True)
