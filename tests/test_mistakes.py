"""What a run got wrong: counted, sorted, shown; thresholds; calibration; numbers; as a command and for the studio."""

import json

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, confusion_matrix, precision_recall_fscore_support, roc_auc_score

import profundo
from profundo.cli import execute
from profundo.errors import DataError, UsageError
from profundo.files import write_json
from profundo.frames import pack, unpack
from profundo.mistakes import mistake_lines
from profundo.worker import VERBS
from run_folders import EVIL_LABEL, RUNS

QUICK = {"baselines": False, "evaluate": "holdout", "check": False, "robustness": False}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Run folders that were written without training: their sources cannot be read."""
    return {name: make(tmp_path_factory.mktemp(name)) for name, make in RUNS.items()}


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    return profundo.train("digits", out=tmp_path_factory.mktemp("digits") / "run", epochs=1, **QUICK)


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    """Two labels, with a moved threshold."""
    out = tmp_path_factory.mktemp("cells") / "run"
    return profundo.train("breast_cancer", out=out, epochs=2, hidden=[4], balance="threshold", **QUICK)


def stored(run):
    with np.load(run.path("answers.npz")) as file:
        return {name: file[name] for name in file.files}


def codes(run, answers):
    labels = run.read("schema.json")["targets"]
    (kind,) = labels.values()
    return np.array([kind["labels"].index(word) for word in answers["prediction"]]), kind["labels"]


def test_the_matrix_counts_the_answers(digits):
    found, answers = profundo.mistakes(digits), stored(digits)
    said, labels = codes(digits, answers)
    wanted = confusion_matrix(answers["y"], said, labels=range(10))
    assert found["labels"] == labels and np.array_equal(found["counts"], wanted)
    assert found["wrong"] == (answers["y"] != said).sum() > 0
    assert np.allclose(found["shares"], wanted / wanted.sum(1, keepdims=True))
    pairs = found["confused"]
    assert [p["count"] for p in pairs] == sorted((p["count"] for p in pairs), reverse=True)
    assert all(p["true"] != p["said"] and p["count"] > 0 for p in pairs)


def test_a_cell_holds_its_examples_the_surest_first(digits):
    pair = profundo.mistakes(digits)["confused"][0]
    cell = profundo.mistakes(digits, true=pair["true"], said=pair["said"], count=1000)["examples"]
    assert cell["n"] == len(cell["rows"]) == pair["count"]
    answers = stored(digits)
    where = {int(row): i for i, row in enumerate(answers["ids"])}
    for example in cell["rows"]:
        i = where[example["row"]]
        assert example["confidence"] == pytest.approx(answers["probabilities"][i].max())
        assert (example["true"], example["said"]) == (pair["true"], pair["said"])
        assert example["picture"].startswith("iVBORw0KGgo")
    sure = [example["confidence"] for example in cell["rows"]]
    assert sure == sorted(sure, reverse=True)


def test_all_that_are_wrong_come_in_pages(digits):
    every = profundo.mistakes(digits, count=1000)["examples"]
    assert every["n"] == profundo.mistakes(digits)["wrong"]
    pages = [profundo.mistakes(digits, count=7, skip=skip)["examples"]["rows"] for skip in range(0, every["n"], 7)]
    assert [e["row"] for page in pages for e in page] == [e["row"] for e in every["rows"]]
    assert profundo.mistakes(digits, examples=False)["examples"]["rows"] == []
    row = profundo.mistakes(digits, true="8", count=1000)["examples"]
    assert row["n"] == sum(profundo.mistakes(digits)["counts"][8])


def test_a_threshold_counts_what_scikit_learn_counts(cells):
    answers = stored(cells)
    chance, labels = answers["probabilities"][:, 1], codes(cells, answers)[1]
    for threshold in (0.0, 0.13, 0.5, 0.9, 1.0):
        found = profundo.mistakes(cells, threshold=threshold)
        card, said = found["threshold"], (chance > threshold).astype(int)
        wanted = confusion_matrix(answers["y"], said, labels=[0, 1])
        assert card["label"] == labels[1]
        assert [[card["tn"], card["fp"]], [card["fn"], card["tp"]]] == wanted.tolist() == found["counts"]
        scores = precision_recall_fscore_support(answers["y"], said, average="binary", zero_division=np.nan)[:3]
        for name, value in zip(("precision", "recall", "f1"), scores, strict=True):
            assert card[name] == (None if np.isnan(value) else pytest.approx(value))
        at = card["curve"]["threshold"].index(threshold)
        assert (card["curve"]["tp"][at], card["curve"]["fp"][at]) == (card["tp"], card["fp"])
    assert card["roc_auc"] == pytest.approx(roc_auc_score(answers["y"], chance), abs=0.01)
    assert card["average_precision"] == pytest.approx(average_precision_score(answers["y"], chance))


def test_the_own_threshold_gives_the_own_answers(cells):
    found = profundo.mistakes(cells)
    decided = found["threshold"]["decided"]
    assert decided == found["threshold"]["value"] != 0.5
    assert profundo.mistakes(cells, threshold=decided)["counts"] == found["counts"]
    first = profundo.mistakes(cells, label=found["labels"][0])["threshold"]
    assert first["decided"] == pytest.approx(1 - decided)
    moved = profundo.mistakes(cells, label=found["labels"][0], threshold=0.25)
    assert moved["counts"][0][0] == moved["threshold"]["tp"] and moved["counts"][1][0] == moved["threshold"]["fp"]


def test_the_cells_follow_the_threshold(cells):
    labels = profundo.mistakes(cells)["labels"]
    cell = profundo.mistakes(cells, threshold=1.0, true=labels[1], said=labels[0])["examples"]
    assert cell["n"] == (stored(cells)["y"] == 1).sum()
    assert cell["rows"][0]["values"]["mean radius"]


def test_of_many_labels_the_matrix_stays_where_a_threshold_moves(digits):
    found, plain = profundo.mistakes(digits, label="8", threshold=0.01), profundo.mistakes(digits)
    assert found["counts"] == plain["counts"]
    assert found["threshold"]["label"] == "8" and found["threshold"]["fp"] > plain["threshold"]["fp"]


def test_calibration_is_what_the_run_stored(digits, made):
    kept = digits.read("decision.json")["calibration"]
    found = profundo.mistakes(digits)["calibration"]
    assert found["before"] == kept["bins"]["before"] and found["sentence"] == kept["sentence"]
    measured = profundo.mistakes(made["digits"])["calibration"]
    assert measured["before"] is None and sum(measured["after"]["count"]) == 360
    assert measured["ece"]["after"] == pytest.approx(
        json.loads((made["digits"] / "scores.json").read_text())["scores"]["ece"]["value"]
    )


def test_numbers_are_sorted_by_how_far_they_are_off(made):
    found = profundo.mistakes(made["regression"], count=5)
    with np.load(made["regression"] / "answers.npz") as file:
        error = file["prediction"] - file["y"]
    assert [r["error"] for r in found["examples"]["rows"]] == pytest.approx(error[np.argsort(-abs(error))[:5]].tolist())
    assert found["mae"] == pytest.approx(abs(error).mean()) and found["mean"] == pytest.approx(error.mean())
    assert sum(found["residuals"]["counts"]) == found["n"] == len(error)
    assert "nine of ten" in "\n".join(mistake_lines(found))
    for wrong in ({"true": "a"}, {"threshold": 0.5}):
        with pytest.raises(UsageError, match="numbers"):
            profundo.mistakes(made["regression"], **wrong)


def test_each_target_of_several_is_a_question_of_its_own(made):
    with np.load(made["multilabel"] / "answers.npz") as file:
        y, said = file["y"], file["prediction"]
    for i, name in enumerate(("red", "round", "sweet")):
        found = profundo.mistakes(made["multilabel"], target=name)
        assert found["labels"] == ["no", "yes"] and found["threshold"]["label"] == "yes"
        assert np.array_equal(found["counts"], confusion_matrix(y[:, i], said[:, i]))
    with pytest.raises(UsageError, match="round"):
        profundo.mistakes(made["multilabel"], target="rond")


def test_examples_that_cannot_be_read_are_listed_all_the_same(made):
    found = profundo.mistakes(made["table"])
    assert EVIL_LABEL in found["labels"] and found["examples"]["n"] > 0
    assert found["examples"]["note"] and found["examples"]["rows"][0]["values"] == {}
    assert found["examples"]["note"] in mistake_lines(found)


def test_what_cannot_be_asked_is_told(digits, made, tmp_path):
    for wrong in ({"true": "ten"}, {"said": "ten"}, {"label": "ten"}, {"threshold": 1.5}, {"count": -1}):
        with pytest.raises(UsageError):
            profundo.mistakes(digits, **wrong)
    with pytest.raises(DataError, match="not a profundo run"):
        profundo.mistakes(tmp_path)
    scores = json.loads((made["digits"] / "scores.json").read_text())
    other = RUNS["digits"](tmp_path / "other")
    write_json(other / "scores.json", scores | {"task": "segmentation"})
    with pytest.raises(UsageError, match="segmentation"):
        profundo.mistakes(other)
    write_json(other / "scores.json", scores)
    (other / "answers.npz").unlink()
    with pytest.raises(DataError, match="no answers"):
        profundo.mistakes(other)


def test_a_question_of_the_wrong_type_is_told(digits):
    for verb, wrong in [
        ("mistakes", {}),
        ("mistakes", {"run": 3}),
        ("mistakes", {"run": str(digits.folder), "threshold": "much"}),
        ("mistakes", {"run": str(digits.folder), "count": 1.5}),
        ("mistakes", {"run": str(digits.folder), "true": ["8"]}),
        ("explain", {"run": str(digits.folder), "row": "8"}),
        ("explain", {"run": str(digits.folder), "steps": True}),
    ]:
        with pytest.raises(UsageError, match="cannot be as it was asked"):
            VERBS[verb](wrong, {})


def test_the_command_says_the_same_as_the_function(digits, capsys):
    arguments = ["mistakes", str(digits.folder), "--true", "8", "--said", "8", "--count", "3", "--label", "8"]
    assert execute([*arguments, "--threshold", "0.2", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == json.loads(
        json.dumps(profundo.mistakes(digits, true="8", said="8", count=3, label="8", threshold=0.2))
    )
    assert execute(arguments) == 0
    assert "true 8, said 8" in capsys.readouterr().out.splitlines()[0]
    empty = next((t, s) for t in "0123456789" for s in "0123456789" if not cell_of(digits, t, s))
    assert execute(["mistakes", str(digits.folder), "--true", empty[0], "--said", empty[1]]) == 0
    assert capsys.readouterr().out.startswith(f"No examples (true {empty[0]}, said {empty[1]})")


def cell_of(run, true, said):
    found = profundo.mistakes(run, examples=False)
    return found["counts"][found["labels"].index(true)][found["labels"].index(said)]


def test_the_studio_is_sent_pictures_and_curves_as_planes(digits, made):
    header, planes = unpack(pack(*VERBS["mistakes"]({"run": str(digits.folder), "count": 2}, {})))
    for row in header["examples"]["rows"]:
        assert planes[row["picture"]].tobytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(planes["threshold"]) == len(planes["tp"]) == len(planes["fp"]) == 201
    assert "curve" not in header["threshold"]
    header, planes = unpack(pack(*VERBS["mistakes"]({"run": str(made["regression"]), "count": 2}, {})))
    assert planes["points"].shape == (2, header["n"]) and len(planes["rows"]) == header["n"]
