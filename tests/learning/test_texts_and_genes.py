"""Texts and genes are learnt: real messages, numbers from words, a motif anywhere, a table beside a text; each scored.

The words card of each must name what was planted.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import profundo

QUICK = {"baselines": False, "robustness": False, "evaluate": "holdout", "check": False, "seed": 0}


def score(run: object, name: str) -> float:
    """Return a score on the test part."""
    return float(json.loads((Path(str(run.folder)) / "scores.json").read_text())["scores"][name]["value"])  # type: ignore[attr-defined]


def test_spam_is_told_from_messages(shared: Callable[[str], Path], tmp_path: Path) -> None:
    run = profundo.train(
        shared("text/sms_spam.csv"), "label", out=tmp_path / "run", rows=2000, epochs=8, lr=5e-3, **QUICK
    )
    assert score(run, "accuracy") > 0.95
    words = json.loads((tmp_path / "run" / "words.json").read_text())
    assert words["outputs"] == ["ham", "spam"]
    assert "words" in (tmp_path / "run" / "report.html").read_text()


def test_a_motif_is_found_anywhere_and_coloured(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    genes = np.array([list(rng.choice(list("ACGT"), 40)) for _ in range(400)])
    has = rng.random(400) < 0.5
    for i in np.flatnonzero(has):
        begin = rng.integers(0, 32)
        genes[i, begin : begin + 8] = list("TATAATGC")
    frame = pd.DataFrame({"gene": ["".join(g) for g in genes], "site": np.where(has, "yes", "no")})
    run = profundo.train(frame, "site", out=tmp_path / "run", epochs=15, **QUICK)
    assert score(run, "accuracy") > 0.9
    card = json.loads((tmp_path / "run" / "words.json").read_text())
    right = next(t for t in card["texts"] if t["true"] == t["predicted"] == "yes")
    whole = "".join(p for p, _ in right["columns"][0]["pieces"])
    begin = whole.index("TATAATGC")
    weights = np.array([w for _, w in right["columns"][0]["pieces"]])
    inside = np.abs(weights[begin : begin + 8]).mean()
    assert inside > 3 * np.abs(np.delete(weights, np.arange(begin, begin + 8))).mean()


def test_a_text_and_a_table_are_learnt_together(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    good, cheap = rng.random(400) < 0.5, rng.random(400) < 0.5
    opinions = np.where(good, "lovely fresh bread here", "stale bread and rude staff")
    frame = pd.DataFrame(
        {
            "review": [f"{o} visit {i}" for i, o in enumerate(opinions)],
            "price": np.where(cheap, 3.0, 9.0) + rng.normal(size=400) / 4,
            "again": np.where(good & cheap, "yes", "no"),
        }
    )
    for kind in ("text", "tokens"):
        options = {"kinds": {"review": kind}, "epochs": 20, "lr": 0.01} | QUICK
        run = profundo.train(frame, "again", out=tmp_path / kind, **options)
        assert score(run, "accuracy") > 0.9, kind


@pytest.mark.parametrize("network", ["bag", "textcnn"])
def test_a_number_is_learnt_from_words(network: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    worth = {"gold": 5.0, "silver": 3.0, "copper": 1.0}
    found = [rng.choice(list(worth), 2) for _ in range(400)]
    frame = pd.DataFrame(
        {
            "text": [f"{a} and {b} in chest {i}" for i, (a, b) in enumerate(found)],
            "y": [worth[a] + worth[b] for a, b in found],
        }
    )
    run = profundo.train(
        frame, "y", out=tmp_path / "run", network=network, epochs=25, lr=0.01, **(QUICK | {"task": "regression"})
    )
    assert score(run, "r2") > 0.9
