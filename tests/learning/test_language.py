"""A language that was planted is learnt, cells that follow its quotes and lines are found, text is written."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import profundo
from profundo.cli import execute
from profundo.evaluate import open_trained
from profundo.outcomes.sampling import sample

LETTERS = "abcdefgh"


def quoted(length: int, seed: int = 0) -> str:
    """Write lines of 24 characters: each letter is followed by the next one, and inside quotes they are large."""
    rng = np.random.default_rng(seed)
    lines = []
    place, inside = 0, False
    for _ in range(length):
        line = ""
        while len(line) < 24:
            if rng.random() < 0.12:
                line, inside = line + '"', not inside
            else:
                place = (place + 1) % len(LETTERS)
                line += LETTERS[place].upper() if inside else LETTERS[place]
        lines.append(line)
    return "\n".join(lines)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("language")
    (folder / "book.txt").write_text(quoted(800))
    options = ("--network", "lstm", "--option", "hidden=32", "--option", "layers=1", "--option", "dropout=0")
    how = (
        "--context",
        "48",
        "--epochs",
        "24",
        "--batch-size",
        "8",
        "--lr",
        "0.02",
        "--optimizer",
        "adamw",
        "--threads",
        "1",
    )
    execute(["train", str(folder / "book.txt"), *options, *how, "--out", str(folder / "run")])
    return folder / "run"


def test_what_was_planted_is_learnt_and_better_than_counting(run):
    scores = json.loads((run / "scores.json").read_text())
    entropy = 24 / 25 * -(0.12 * np.log(0.12) + 0.88 * np.log(0.88))  # a nat is lost at no other place
    assert entropy <= scores["scores"]["nats"]["value"] + 0.02 < entropy + 0.12
    assert scores["scores"]["bits"]["value"] == pytest.approx(scores["scores"]["nats"]["value"] / np.log(2))
    assert "better than the best baseline" in scores["verdict"]


def test_cells_that_follow_quotes_and_the_line_are_found(run):
    cells = {c["mark"]: c for c in json.loads((run / "language.json").read_text())["cells"]}
    assert max(abs(cells[mark]["r"]) for mark in ("quotes", "line")) >= 0.8
    assert min(abs(cells[mark]["r"]) for mark in ("quotes", "line")) >= 0.4
    page = (run / "report.html").read_text()
    assert "What surprised it" in page and "inside quotes" in page


def test_text_goes_on_from_a_prompt(run, capsys):
    made = profundo.generate(run, prompt="abcdef", temperature=0.0, length=2)
    assert made.text == "abcdefgh"
    again = [profundo.generate(run, prompt='"', count=2, length=30, seed=s).text for s in (1, 1, 2)]
    assert again[0] == again[1] != again[2] and again[0].count("\n---\n") == 1
    capsys.readouterr()
    execute(["generate", str(run), "--prompt", "abc", "--length", "5", "--json"])
    assert json.loads(capsys.readouterr().out)["made"][0]["text"].startswith("abc")


def test_reading_on_from_a_state_is_reading_anew(run):
    trained = open_trained(run)
    kind = next(iter(trained.schema.inputs.values()))
    codes = [4, 5, 6, 7, 8]

    class Anew:
        def __call__(self, x):
            return trained.network(x)

    how = {"length": 20, "temperature": 1.0, "count": 2, "seed": 0}
    assert sample(trained.network, kind, codes, **how) == sample(Anew(), kind, codes, **how)


def test_a_prompt_is_coloured_by_a_cell(run, tmp_path):
    made = profundo.generate(run, prompt='ab"CD', cell="1.3", out=tmp_path / "cell.html")
    assert [row["token"] for row in made.rows] == list('ab"CD')
    assert (tmp_path / "cell.html").read_text().count("<span") == 5
    for wrong in ("2.0", "1.32", "first"):
        with pytest.raises(profundo.UsageError, match="units 0 to 31"):
            profundo.generate(run, prompt="ab", cell=wrong)
    with pytest.raises(profundo.UsageError, match="never has"):
        profundo.generate(run, prompt="abx")


def test_new_text_is_scored_line_by_line(run, tmp_path, capsys):
    new = tmp_path / "new.txt"
    new.write_text(quoted(60, seed=5).replace("\n", "\nhgfedcba\n", 1))
    frame = profundo.predict(run, new)
    assert len(frame) == 61 and frame["tokens"].sum() == len(new.read_text())
    assert frame["nats a token"].idxmax() == 1
    found = profundo.evaluate(run, new)
    assert found["main"] == "nats" and found["scores"]["nats"]["n"] == len(new.read_text())


def test_the_same_seed_gives_the_same_bytes_after_a_stop(run, tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    (tmp_path / "book.txt").write_text(quoted(120))
    how = {"hidden": 8, "layers": 1, "context": "24", "epochs": 4, "threads": 1, "lr": 0.01, "baselines": False}
    profundo.train(tmp_path / "book.txt", out=first, network="lstm", **how)
    profundo.train(tmp_path / "book.txt", out=second, network="lstm", **how)
    assert (first / "weights.safetensors").read_bytes() == (second / "weights.safetensors").read_bytes()
    shutil.rmtree(second)
