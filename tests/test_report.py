"""The report, over run folders of every kind: what it shows, what it survives, and what it refuses."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from profundo.errors import DataError
from profundo.files import write_json
from profundo.report import write_report
from profundo.schema import Category, Number, Schema
from run_folders import EVIL, EVIL_LABEL, RUNS, digits_run, softmax


class Page(HTMLParser):
    """What a browser would find: the tags with their attributes, the text, and whether all tags are closed."""

    VOID = ("meta", "img", "br", "!doctype")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


@pytest.fixture(scope="module")
def pages(tmp_path_factory) -> dict[str, str]:
    """The page of each kind of run."""
    folder = tmp_path_factory.mktemp("runs")
    return {name: write_report(make(folder / name)).read_text() for name, make in RUNS.items()}


@pytest.fixture(scope="module")
def digits(tmp_path_factory) -> Path:
    return digits_run(tmp_path_factory.mktemp("kept"))


@pytest.fixture
def run(digits, tmp_path) -> Path:
    """A copy of the run over digits, to spoil."""
    return Path(shutil.copytree(digits, tmp_path / "digits"))


@pytest.mark.parametrize("name", RUNS)
def test_page_is_well_formed_and_needs_nothing_else(pages, name):
    page = Page(pages[name])
    assert page.open == []
    assert not {"script", "link", "iframe", "object", "base", "form"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not any(key.startswith("on") for key in attributes)
        assert attributes.get("src", "data:").startswith("data:image/png;base64,") or "src" not in attributes
        assert attributes.get("href", "#").startswith("#")
    policy = next(a["content"] for t, a in page.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert not re.search(r"url\(|@import", pages[name])


@pytest.mark.parametrize("name", RUNS)
def test_every_drawing_can_be_heard_and_every_chart_has_its_numbers(pages, name):
    page = Page(pages[name])
    drawings = [a for t, a in page.tags if t == "svg"]
    assert len(drawings) > 5
    assert all(a["role"] == "img" and a["aria-label"].strip() for a in drawings)
    assert all(a["alt"].strip() for t, a in page.tags if t == "img")
    targets = {a["href"][1:] for t, a in page.tags if t == "a"}
    assert targets == {a["id"] for t, a in page.tags if t == "section"}
    for block in re.findall(r"<figure(?: class=\"wide\")?>.*?</figure>", pages[name]):
        assert "<table" in block or 'class="wide"' in block
    assert "NaN" not in pages[name] and ">nan<" not in pages[name] and '="nan' not in pages[name]


def test_digits_page_shows_what_was_stored(pages, digits):
    text = Page(pages["digits"]).text
    scores = json.loads((digits / "scores.json").read_text())
    accuracy = scores["scores"]["accuracy"]
    assert f"95 % interval {accuracy['low']:.3f} to {accuracy['high']:.3f}, on 360 test examples" in text
    assert scores["verdict"] in text and scores["stopped"] in text
    assert "55,978 parameters" in text and "not run: out of time (60 s)" in text
    assert "Over 5 seeds" in text and "the seed 7 among them" in text and "--split 0.7,0.1,0.2" in text
    assert "The suggestion is 0.0105." in text and "epochs = 30" in text and "torch 2.13.0" in text
    assert pages["digits"].count('src="data:image/png;base64,') == 24
    assert f"mean ROC AUC {scores['scores']['roc_auc']['value']:.3f}" in text
    assert f"mean average precision {scores['scores']['average_precision']['value']:.3f}" in text
    assert f"differ by {scores['scores']['ece']['value']:.3f}" in text
    right = round(accuracy["value"] * 360)
    assert f"{right} of 360 right, {360 - right} wrong" in text
    assert len(pages["digits"].encode()) < 600_000


def test_baselines_stand_in_order_with_the_network_among_them(pages):
    rows = re.search(r'id="baselines".*?</section>', pages["digits"])[0].split("<tbody>")[-1].split("</tr>")
    first = [re.search(r'<td class="n">([0-9.]+)</td>', row) for row in rows]
    values = [float(found[1]) for found in first if found]
    assert len(values) == 8 and values == sorted(values, reverse=True)
    assert "higher is better" in pages["digits"] and "lower is better" in pages["regression"]
    rmse = re.search(r'id="baselines".*?</section>', pages["regression"])[0].split("<tbody>")[-1]
    assert rmse.index("network") < rmse.index("gradient boosting") < rmse.index("linear regression")


def test_hostile_names_come_out_as_text(pages):
    page = Page(pages["table"])
    assert EVIL in page.text and EVIL_LABEL in page.text
    assert "script" not in {tag for tag, _ in page.tags}
    assert not any(tag == "img" for tag, _ in page.tags)
    assert "<script" not in pages["table"]
    assert "Warning: 12 rows occur twice." in page.text
    assert "--keep row_number" in page.text and "every value is different" in page.text
    assert "1970-01-01 to 2000-02-29, median 1970-01-02" in page.text
    assert "(missing) (3)" in page.text and "99.9 %" in page.text  # 0.9996 is not a certainty


def test_regression_page_thins_its_points(pages):
    assert pages["regression"].count("<circle") < 1100
    assert "1,000 of 3,000 examples" in pages["regression"]
    assert "Learning-rate finder" not in pages["regression"]


def test_multilabel_page_has_a_row_for_each_target(pages):
    text = Page(pages["multilabel"]).text
    assert "Each of the 3 labels" in text and "sweet" in text and "mean ROC AUC" in text


def test_the_page_is_the_same_each_time(run):
    first = write_report(run).read_bytes()
    assert write_report(run).read_bytes() == first


@pytest.mark.parametrize(
    "name", ["finder.json", "answers.npz", "examples.json", "progress.jsonl", "plan.toml", "code.txt"]
)
def test_an_optional_file_may_be_missing(run, name):
    (run / name).unlink()
    assert Page(write_report(run).read_text()).open == []


def test_only_the_smallest_run_is_needed(tmp_path):
    write_json(tmp_path / "schema.json", Schema({"a": Number()}, {"b": Number()}).to_dict())
    write_json(tmp_path / "data.json", {"name": "small"})
    write_json(
        tmp_path / "scores.json",
        {"task": "regression", "scores": {"r2": {"value": None, "low": None, "high": None, "n": 3}}},
    )
    text = Page(write_report(tmp_path).read_text()).text
    assert "regression" in text and "profundo train --plan" in text


@pytest.mark.parametrize(
    "name",
    [
        "scores.json",
        "data.json",
        "schema.json",
        "finder.json",
        "answers.npz",
        "examples.json",
        "progress.jsonl",
        "plan.toml",
    ],
)
@pytest.mark.parametrize("damage", ["cut", "bytes", "shape"])
def test_a_damaged_file_is_named(run, name, damage):
    path = run / name
    raw = path.read_bytes()
    cut = raw[:-3] if name == "plan.toml" else raw[: len(raw) * 2 // 3].rstrip()
    path.write_bytes({"cut": cut, "bytes": b"\xff\xfe\x00[", "shape": b'{"scores": [1], "lr": 1}'}[damage])
    with pytest.raises(DataError, match=re.escape(str(path))):
        write_report(run)
    assert not (run / "report.html").exists()


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"y": np.zeros(3, int)}, "no 'prediction'"),
        ({"y": np.zeros(3, int), "prediction": np.zeros(4, int)}, "differ in length"),
        ({"y": np.full(3, 10), "prediction": np.zeros(3, int)}, "codes from 0 to 9"),
        ({"y": np.array(["cat"]), "prediction": np.array(["1"])}, "'cat', which is not one of the 10 labels"),
        ({"y": np.zeros(3, int), "prediction": np.zeros(3, int), "probabilities": np.ones((3, 4))}, "shape"),
        ({"y": np.array([{}], dtype=object), "prediction": np.zeros(1, int)}, "Object arrays"),
    ],
)
def test_answers_that_do_not_fit_are_named(run, arrays, words):
    np.savez(run / "answers.npz", **arrays)
    with pytest.raises(DataError, match=words) as caught:
        write_report(run)
    assert "answers.npz" in str(caught.value)


def test_a_picture_that_is_no_png_is_refused(run):
    write_json(run / "examples.json", [{"id": 1, "picture": 'x" onerror="alert(1)'}])
    with pytest.raises(DataError, match=r"examples\.json.*picture"):
        write_report(run)


def test_a_run_without_scores_says_how_to_finish_it(run):
    (run / "scores.json").unlink()
    with pytest.raises(DataError, match="profundo train --resume"):
        write_report(run)


def test_a_folder_that_is_no_run_is_a_data_error(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        write_report(tmp_path)


def test_many_labels_become_a_list_of_pairs(run):
    labels = tuple(f"class {i}" for i in range(40))
    write_json(run / "schema.json", Schema({"a": Number()}, {"b": Category(labels)}).to_dict())
    y = np.arange(400) % 40
    given = np.where(y == 7, 8, y)
    shares = softmax(6.0 * np.eye(40)[given])
    np.savez(run / "answers.npz", ids=y, y=y, prediction=given, probabilities=shares)
    text = write_report(run).read_text()
    assert "Most often confused: 390 of 400 right, 10 wrong" in text and "Confusion matrix" not in text
    assert '<td>class 7</td><td>class 8</td><td class="n">10</td><td class="n">100.0 %</td>' in text
    assert len(text) < 600_000
