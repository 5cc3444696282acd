"""Why a run answered so: tables, texts, pictures, numbers; its page, its command and what the studio is sent."""

import json
import shutil

import numpy as np
import pytest

import profundo
from profundo.cli import execute
from profundo.errors import DataError, UsageError
from profundo.explain import METHODS, Attribution
from profundo.explain.opened import CACHE, opened
from profundo.explain.page import page
from profundo.worker import VERBS
from run_folders import digits_run

QUICK = {"baselines": False, "evaluate": "holdout", "check": False, "robustness": False}
EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("explained")


@pytest.fixture(scope="module")
def table(folder):
    """Two labels, one of them hostile; numbers, few and many labels, missing values, a text as a bag of words."""
    random = np.random.default_rng(0)
    rows = [f"{EVIL},colour,town,review,answer"]
    for i in range(400):
        yes = i % 2
        size = "" if i % 50 == 0 else f"{random.normal(2 * yes):.3f}"
        words = " ".join(random.choice(["film", "plot", "the", "good" if yes else "bad"], 4))
        rows.append(f"{size},{'abc'[i % 3]},town{i % 45},{words} of film {i % 9},{EVIL if yes else 'no'}")
    (folder / "table.csv").write_text("\n".join(rows) + "\n")
    kinds = {"town": "category", "review": "text"}
    return profundo.train(str(folder / "table.csv"), "answer", out=folder / "table", epochs=3, kinds=kinds, **QUICK)


@pytest.fixture(scope="module")
def digits(folder):
    return profundo.train("digits", out=folder / "digits", epochs=2, **QUICK)


@pytest.fixture(scope="module")
def number(folder):
    return profundo.train("diabetes", out=folder / "number", epochs=3, **QUICK)


@pytest.mark.parametrize("method", METHODS)
def test_a_table_is_explained_column_by_column(table, method):
    found = profundo.explain(table, method=method, steps=300)
    assert isinstance(found, Attribution)
    assert [c.name for c in found.columns] == [EVIL, "colour", "town", "review"]
    assert found.total == pytest.approx(sum(c.weight for c in found.columns))
    assert found.answer == found.answered and found.unit == "log-odds"
    review = found.columns[3]
    assert "".join(p for p, _ in review.pieces) == review.value
    assert sum(w for _, w in review.pieces) == pytest.approx(review.weight, abs=1e-3)
    if METHODS[method].complete:
        assert abs(found.gap) < 0.02 * max(1, abs(found.moved))


def test_both_sides_of_two_labels_say_the_opposite(table):
    yes, no = (profundo.explain(table, label=label) for label in (EVIL, "no"))
    assert yes.score == pytest.approx(-no.score, abs=1e-4)
    assert [c.weight for c in yes.columns] == pytest.approx([-c.weight for c in no.columns], abs=1e-4)
    assert profundo.explain(table, label=EVIL, against="no").score == pytest.approx(yes.score, abs=1e-5)


def test_the_column_that_decides_weighs_most(table):
    row = next(int(i) for i in opened(table).data.ids if i % 50 and i % 2)
    found = profundo.explain(table, row, label=EVIL)
    strongest = sorted(found.columns, key=lambda c: -abs(c.weight))[:2]
    assert {c.name for c in strongest} <= {EVIL, "review"}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("baseline", ["average", "black", "white", "zero"])
def test_a_picture_has_a_map(digits, method, baseline):
    found = profundo.explain(digits, method=method, baseline=baseline, steps=200)
    assert found.map.shape == (8, 8) and found.map.dtype == np.float32
    assert found.pixels.shape == (1, 8, 8) and found.pixels.dtype == np.uint8
    assert found.columns == () and sum(found.probabilities.values()) == pytest.approx(1)
    if METHODS[method].complete:
        assert float(found.map.sum()) == pytest.approx(found.moved, abs=0.05 * found.size)
    if baseline == "black" and method != "occlusion":
        assert (found.map[found.pixels[0] == 0] == 0).all()  # black pixels are as the baseline has them


def test_numbers_are_explained_in_their_own_units(number):
    found = profundo.explain(number, steps=500)
    assert found.unit == found.answer == "progression"
    assert float(found.answered) == pytest.approx(found.score, rel=1e-4)
    assert found.total == pytest.approx(found.score - found.start, rel=0.02, abs=0.5)


def test_another_source_is_explained_as_well(table, folder):
    new = folder / "new.csv"
    new.write_text(f"{EVIL},colour,town,review\n1.5,a,town3,a good film\n,zzz,nowhere,\n")
    first, second = profundo.explain(table, source=str(new)), profundo.explain(table, 1, str(new))
    assert (first.row, second.row) == (0, 1) and first.true == second.true == ""
    assert first.columns[3].value == "a good film" and second.columns[0].value == ""
    with pytest.raises(DataError, match="no row 2"):
        profundo.explain(table, 2, str(new))


def test_names_that_are_not_known_are_told(table, digits, number):
    for wrong in ({"method": "shap"}, {"baseline": "blue"}, {"label": "maybe"}, {"label": "no", "against": "no"}):
        with pytest.raises(UsageError):
            profundo.explain(table, **wrong)
    with pytest.raises(UsageError, match="for pictures"):
        profundo.explain(table, baseline="black")
    with pytest.raises(UsageError, match="has none"):
        profundo.explain(number, against="progression")
    with pytest.raises(DataError, match="no row 999999"):
        profundo.explain(digits, 999_999)


def test_a_run_without_its_data_is_told(table, folder):
    moved = shutil.copytree(table.folder, folder / "moved")
    kept = (folder / "table.csv").read_text()
    (folder / "table.csv").write_text(kept.replace("town1,", "town77,"))
    with pytest.raises(DataError, match="changed"):
        profundo.explain(moved)
    (folder / "table.csv").rename(folder / "gone.csv")
    try:
        with pytest.raises(DataError, match="cannot be read again"):
            profundo.explain(moved, 3)
        (folder / "one.csv").write_text(kept.split("\n")[0] + "\n" + kept.split("\n")[2] + "\n")
        found = profundo.explain(moved, source=str(folder / "one.csv"))
        assert found.notes and "zero" in found.notes[0]
    finally:
        (folder / "table.csv").write_text(kept)


def test_few_runs_stay_open_and_a_run_that_is_made_anew_is_opened_anew(table, digits, number):
    assert opened(digits) is opened(str(digits.folder))
    opened(table), opened(number)
    assert len(CACHE) == 2
    with pytest.raises(DataError, match="not complete"):
        opened(digits_run(digits.folder.parent / "unsealed"))


def test_names_of_columns_and_labels_are_text_on_the_page(table, digits):
    for run in (table, digits):
        found = profundo.explain(run)
        text = page(found)
        assert "<img src=x" not in text and "<script" not in text
        assert "Content-Security-Policy" in text and found._repr_html_() in text
    assert "&lt;img src=x onerror=alert(1)&gt;" in page(profundo.explain(table))


def test_the_command_says_the_same_as_the_function(digits, folder, capsys):
    out = folder / "why.html"
    row = int(opened(digits).data.ids[opened(digits).data.positions("test")[5]])
    arguments = ["explain", str(digits.folder), "--row", str(row), "--method", "occlusion", "--out", str(out), "--json"]
    assert execute(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    found = profundo.explain(digits, row, method="occlusion")
    assert told["map"] == found.to_dict()["map"] and told["sentence"] == found.sentence
    assert out.read_text() == page(found)
    assert execute(["explain", str(digits.folder), "--row", str(row)]) == 0
    assert "a map of 8 x 8 weights" in capsys.readouterr().out


def test_a_table_in_the_terminal(table, capsys):
    assert execute(["explain", str(table.folder), "--against", "no", "--label", EVIL]) == 0
    out = capsys.readouterr().out
    assert "colour" in out and "rather than no" in out and "log-odds against no" in out


def test_the_studio_is_sent_planes(digits, table):
    header, planes = VERBS["explain"]({"run": str(digits.folder), "method": "input_x_gradient"}, {})
    assert header["map"] == [8, 8] and planes["map"].dtype == np.float32 and planes["pixels"].shape == (1, 8, 8)
    header, planes = VERBS["explain"]({"run": str(table.folder)}, {})
    assert header["map"] is None and not planes and json.dumps(header)
