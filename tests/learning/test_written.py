"""A network learns to write: dates to the letter, captions of shapes; and the run that comes of it can be used."""

import json

import pandas as pd
import pytest

import profundo
from profundo.data.made_texts import dates, shape_captions
from profundo.errors import UsageError
from profundo.generate import generate


def test_dates_are_learnt_and_the_run_can_be_used(tmp_path):
    wishes = {"epochs": 8, "lr": 4e-3, "batch_size": 32, "hidden": 64, "embedding": 32, "threads": 1}
    run = profundo.train(dates(0, rows=2_500), out=tmp_path / "run", **wishes)
    told = run.read("scores.json")
    assert told["main"] == "exact match" and told["scores"]["exact match"]["value"] >= 0.8
    assert {b["name"] for b in told["baselines"]} == {"copy", "nearest text"}
    assert told["comparison"]["result"] == "better" and "exact match" in told["verdict"]
    check_card(run)
    check_answers(run)


def check_card(run):
    """What was looked at is in the run, and in its report."""
    card = run.read("writing.json")
    first = card["examples"][0]
    assert len(first["weights"]) == len(first["pieces"]) and len(first["weights"][0]) == len(first["read"])
    assert all(sum(line) == pytest.approx(1, abs=0.02) for line in first["weights"])
    written = run.read("written.json")
    assert len(written) == 375 and {"id", "true", "written"} == written[0].keys()
    page = run.path("report.html").read_text(encoding="utf-8")
    assert 'id="writing"' in page and first["written"] in page


def check_answers(run):
    """A table is answered row by row, a prompt with as many texts as are asked for."""
    asked = pd.DataFrame({"said": ["14 March 2009", "the 1st of may 1999"]})
    found = profundo.predict(run, asked)
    assert list(found.columns) == ["row", "iso"] and found.iso.str.fullmatch(r"\d{4}-\d\d-\d\d").all()
    made = generate(run, prompt="14 March 2009", count=3)
    assert made.text.splitlines()[0] == found.iso[0] and len(made.rows) == 3
    assert made.rows[0]["score"] >= made.rows[1]["score"]
    with pytest.raises(UsageError, match="nothing to write about"):
        generate(run)
    with pytest.raises(UsageError, match="beams must be"):
        generate(run, prompt="1 May 1999", beams=0)


def test_captions_are_learnt(tmp_path):
    wishes = {"epochs": 10, "lr": 4e-3, "batch_size": 32, "hidden": 64, "threads": 1, "measure": "exact match"}
    run = profundo.train(shape_captions(0, rows=1_000), out=tmp_path / "run", **wishes)
    told = run.read("scores.json")
    assert told["scores"]["bleu"]["value"] > 45 and told["main"] == "exact match"
    assert {b["name"] for b in told["baselines"]} == {"most frequent text", "nearest picture"}
    card = run.read("writing.json")
    assert card["examples"][0]["seen"] and card["examples"][0]["picture"]
    json.dumps(card)
