"""BLEU and chrF are those of sacrebleu; their intervals and the exact ones."""

import numpy as np
import pytest
from sacrebleu.metrics import BLEU, CHRF

from profundo.errors import DataError
from profundo.metrics.writing import WRITING, count, rightness, writing_scores

WORDS = ["der", "Hund", "läuft", ",", "eine", "Frau", "am", "roten", "Haus", ".", "zwei", "Männer", "laut", "!"]


def corpus(seed: int, rows: int = 30, kept: float = 0.7) -> tuple[list[str], list[str]]:
    rng = np.random.default_rng(seed)
    truth, found = [], []
    for _ in range(rows):
        right = rng.choice(WORDS, rng.integers(1, 14)).tolist()
        written = [w if rng.random() < kept else str(rng.choice(WORDS)) for w in right][: rng.integers(0, 15)]
        truth.append(" ".join(right))
        found.append(" ".join(written))
    return truth, found


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("kept", [0.0, 0.3, 0.8, 1.0])
def test_equal_to_sacrebleu(seed, kept):
    truth, found = corpus(seed, rows=1 + seed, kept=kept)
    scores = writing_scores(truth, found, resamples=0)
    assert scores["bleu"].value == pytest.approx(BLEU().corpus_score(found, [truth]).score, abs=1e-9)
    assert scores["chrf"].value == pytest.approx(CHRF().corpus_score(found, [truth]).score, abs=1e-9)


def test_perfect_and_hopeless():
    truth = ["Ein Hund läuft über die Wiese.", "Zwei Männer lachen."]
    assert [s.value for s in writing_scores(truth, truth).values()] == pytest.approx([100, 100, 1])
    assert [s.value for s in writing_scores(truth, ["", ""]).values()] == [0, 0, 0]


def test_intervals_hold_the_value_and_shrink_with_more_texts():
    few, many = (writing_scores(*corpus(3, rows=rows), seed=1) for rows in (40, 400))
    for name in ("bleu", "chrf", "exact match"):
        assert few[name].low <= few[name].value <= few[name].high
        assert few[name].n == 40
    assert many["bleu"].high - many["bleu"].low < few["bleu"].high - few["bleu"].low


def test_rightness_is_the_chrf_of_each_text():
    truth, found = corpus(5)
    own = [CHRF().corpus_score([f], [[t]]).score / 100 for t, f in zip(truth, found, strict=True)]
    assert rightness(count(truth, found)) == pytest.approx(own, abs=1e-9)


def test_the_metrics_are_the_scores():
    truth, found = corpus(7)
    scores = writing_scores(truth, found, resamples=0)
    assert {m.name: m.compute(np.array(truth), np.array(found)) for m in WRITING} == pytest.approx(
        {name: score.value for name, score in scores.items()}
    )


def test_lists_must_fit():
    with pytest.raises(DataError, match="2 right texts and 1 written"):
        writing_scores(["a", "b"], ["a"])
    with pytest.raises(DataError, match="no text"):
        writing_scores([], [])
