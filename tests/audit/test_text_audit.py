"""The looks at data, where the inputs are texts: copies, near copies, wrong labels, leaks, shift."""

import numpy as np
import pandas as pd
import pytest

from profundo.audit import audit
from profundo.data.load import load
from profundo.shift.rows import encoded_view, measure_columns

WORDS = {
    "sport": "match goal team player league win coach season",
    "money": "market bank shares price profit trade tax fund",
}


@pytest.fixture
def news() -> pd.DataFrame:
    """Made news of two topics: twelve words each, from the topic's eight and from twenty that say nothing."""
    rng = np.random.default_rng(0)
    topics = rng.choice(list(WORDS), 300)
    plain = [f"word{i}" for i in range(200)]
    texts = [" ".join([*rng.choice(WORDS[t].split(), 4), *rng.choice(plain, 8)]) for t in topics]
    return pd.DataFrame({"text": texts, "topic": topics})


def kinds_of(frame: pd.DataFrame) -> dict[str, str]:
    """Return the findings by name."""
    return {f.name: f.text for f in audit(load(frame, target=("topic",)), strict=True)}


def test_clean_texts_are_not_complained_about(news: pd.DataFrame) -> None:
    assert set(kinds_of(news)) <= {"small test part", "few rows"}


def test_copies_and_near_copies_across_parts_are_found(news: pd.DataFrame) -> None:
    copied = pd.concat([news, news.iloc[:40]], ignore_index=True)
    assert any("copies" in name for name in kinds_of(copied))
    near = news.iloc[:60].assign(text=[t + " again" for t in news["text"][:60]])
    assert any("near copies" in name for name in kinds_of(pd.concat([news, near], ignore_index=True)))


def test_a_leak_beside_a_text_is_found(news: pd.DataFrame) -> None:
    leaking = news.assign(
        desk=np.where(news["topic"] == "sport", 7.0, 3.0) + np.random.default_rng(1).normal(size=300) / 9
    )
    assert "desk" in kinds_of(leaking).get("leaking column", "")


def test_shift_sees_lengths_and_unknown_words(news: pd.DataFrame) -> None:
    data = load(news, target=("topic",))
    numbers, _ = measure_columns(data, np.arange(50))
    assert set(numbers) == {"text: words", "text: share of known words"}
    assert (numbers["text: words"] == 12).all()
    view = encoded_view(data, np.arange(50))
    assert view.shape[0] == 50
    assert np.isfinite(view).all()
