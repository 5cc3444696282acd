"""Groups of alike examples, learnt without a label; the label only scores them."""

import json

import numpy as np
import pandas as pd
import pytest

import profundo
from profundo.cli import execute
from profundo.errors import UsageError

QUICK = ("--threads", "1", "--seed", "0")


def test_digits_fall_into_clusters(tmp_path):
    execute(["train", "digits", "--task", "clustering", "--clusters", "10", "--out", str(tmp_path / "run"), *QUICK])
    found = json.loads((tmp_path / "run" / "scores.json").read_text())
    assert found["main"] == "nmi" and found["scores"]["nmi"]["value"] >= 0.7
    assert {b["name"] for b in found["baselines"]} == {"k-means", "principal components, k-means"}
    answer = profundo.predict(tmp_path / "run", "digits")
    assert sorted(set(answer.cluster)) == list(range(1, 11)) and len(answer) == 1797
    card = json.loads((tmp_path / "run" / "clusters.json").read_text())
    assert len(card["clusters"]) == 10 and sum(c["size"] for c in card["clusters"]) == card["n"]
    assert 'id="clusters"' in (tmp_path / "run" / "report.html").read_text()


def test_the_number_of_clusters_is_chosen(tmp_path):
    rng = np.random.default_rng(0)
    middle = rng.normal(0, 6, (4, 5))
    group = rng.integers(0, 4, 600)
    x = middle[group] + rng.normal(0, 0.5, (600, 5))
    frame = pd.DataFrame(x, columns=list("abcde"))
    run = profundo.train(frame, task="clustering", out=tmp_path / "run", epochs=20, threads=1)
    found = run.read("scores.json")
    assert found["clusters"] == 4 and found["main"] == "silhouette" and found["verdict"] is None
    answer = profundo.predict(run, frame)
    pairs = {(a, b) for a, b in zip(group.tolist(), answer.cluster.tolist(), strict=True)}
    assert len(pairs) == 4


def test_advice(tmp_path):
    with pytest.raises(UsageError, match="--clusters"):
        profundo.train("digits", task="clustering", clusters=1, out=tmp_path / "run")
