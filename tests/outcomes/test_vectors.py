"""Sums of words, analogies, the bias test."""

import numpy as np
import pytest

from profundo.errors import DataError
from profundo.outcomes.vectors import Vectors, answered, plane, read_questions, weat


def unit(rows):
    rows = np.array(rows, float)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


WORDS = ("king", "queen", "man", "woman", "nurse", "engineer", "he", "she")
VECTORS = Vectors(
    WORDS, unit([[3, 1, 0], [3, -1, 0], [0, 1, 2], [0, -1, 2], [0, -1, 0.1], [0, 1, 0.1], [0, 1, 0], [0, -1, 0]])
)


def test_sums_of_words_and_their_neighbours():
    vector, places = VECTORS.sum_of("king - man + woman")
    assert [WORDS[p] for p in places] == ["king", "man", "woman"]
    assert VECTORS.nearest(vector, 1, places)[0][0] == "queen"
    assert VECTORS.nearest(VECTORS.matrix[0], 3, [0])[0][0] == "queen"
    with pytest.raises(DataError, match="Did you mean 'queen'"):
        VECTORS.sum_of("quen")
    with pytest.raises(DataError, match="which word"):
        VECTORS.sum_of("")


def test_analogies_leave_out_what_is_asked_with_and_count_unknown_words_as_wrong():
    asked = [("man", "king", "woman", "queen"), ("man", "king", "woman", "nurse"), ("man", "king", "woman", "knight")]
    assert answered(VECTORS, asked).tolist() == [True, False, False]


def test_questions_are_read_and_faults_have_a_line(tmp_path):
    path = tmp_path / "questions.txt"
    path.write_text(": family\nMan King Woman Queen\n\n# more\nhe king she queen\n")
    assert read_questions(path) == [("man", "king", "woman", "queen"), ("he", "king", "she", "queen")]
    path.write_text("a b c d\na b c\n")
    with pytest.raises(DataError, match="line 2"):
        read_questions(path)
    with pytest.raises(DataError, match="cannot be read"):
        read_questions(tmp_path / "none.txt")


def test_the_bias_test_is_that_of_the_paper():
    found = weat(VECTORS, (["engineer", "king"], ["nurse", "queen"], ["he"], ["she"]))
    x = VECTORS.matrix @ (VECTORS.matrix[6] - VECTORS.matrix[7])
    leaning = x[[5, 0, 4, 1]]
    assert found.effect == pytest.approx((leaning[:2].mean() - leaning[2:].mean()) / leaning.std(ddof=1))
    assert found.permutations == 6 and found.p == pytest.approx(1 / 6)
    turned = weat(VECTORS, (["nurse", "queen"], ["engineer", "king"], ["he"], ["she"]))
    assert turned.effect == pytest.approx(-found.effect) and turned.p == 1.0
    with pytest.raises(DataError, match="equally many"):
        weat(VECTORS, (["king"], ["nurse", "queen"], ["he"], ["she"]))


def test_the_plane_keeps_the_largest_differences():
    points = plane(VECTORS, 8)
    centred = VECTORS.matrix - VECTORS.matrix.mean(0)
    values = np.linalg.svd(centred, compute_uv=False)
    assert np.allclose((points**2).sum(0), values[:2] ** 2)
