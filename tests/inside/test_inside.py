"""The verb: one example, every layer, the answer of predict; the command, the page, what the studio asks."""

import json
import shlex
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import profundo
from profundo import frames, worker
from profundo.cli import execute
from profundo.errors import DataError, UsageError
from profundo.inside import inside

EVIL = "<img src=x onerror=alert(1)>"


def test_the_answer_is_that_of_predict(digits_run):
    frame = profundo.predict(digits_run, "digits")
    for row in (0, 7, 1500):
        seen = inside(digits_run, row)
        assert seen.answer["predicted"] == str(frame["digit"].iat[row])
        for label, share in seen.answer["probabilities"].items():
            assert share == pytest.approx(frame[f"probability of {label}"].iat[row], rel=1e-4, abs=1e-7)
        assert seen.example["row"] == row and seen.example["split"] in ("train", "validation", "test")
        assert seen.layers[-1].values.shape == (10,) and seen.layer("stage1.conv1").values.shape == (16, 8, 8)


def test_without_a_row_it_is_the_first_of_the_test_part(table_run):
    seen = inside(table_run)
    row = seen.example["row"]
    assert (seen.example["before"], seen.example["after"]) == (row - 1 if row else None, row + 1 if row < 199 else None)
    assert seen.example["split"] == "test" and set(seen.example["values"]) == {"a", "b"}
    frame = pd.read_csv(table_run.parent / "table.csv")
    assert float(seen.example["true"]) == pytest.approx(frame["y"].iat[seen.example["row"]])
    assert seen.answer["probabilities"] is None and isinstance(seen.answer["predicted"], float)


def test_a_text_is_read_piece_by_piece(texts_run):
    seen = inside(texts_run, text="yes red, blue")
    assert seen.example["tokens"] == ["yes", "red", ",", "blue"] and seen.example["split"] is None
    assert seen.layer("recurrent.cells.0").values.shape == (4, 6)
    chosen = inside(texts_run, text="no cold", layer="recurrent.cells.0", unit=2).unit
    assert len(chosen.top) == 9
    for told in chosen.top:
        begin, end = told["span"]
        assert told["text"][begin:end] == told["text"].split()[told["place"][0]]
    with pytest.raises(DataError, match="empty"):
        inside(texts_run, text="  ")


def test_a_language_is_read_piece_by_piece_though_its_passages_are_no_rows(tmp_path):
    (tmp_path / "song.txt").write_text("a rose is a rose is a rose\n" * 200)
    options = {"task": "language", "network": "lstm", "hidden": 6, "steps": 4, "lr": 0.01, "tokens": "characters"}
    profundo.train(tmp_path / "song.txt", out=tmp_path / "run", baselines=False, check=False, **options)
    seen = inside(tmp_path / "run", layer="recurrent.cells.0", unit=1)
    tokens, text = seen.example["tokens"], seen.example["text"]
    assert "".join(tokens) == text and "ose is a rose" in text
    assert sum(seen.answer["probabilities"].values()) == pytest.approx(1) and "␣" in seen.answer["probabilities"]
    assert seen.layer("recurrent.cells.0").values.shape == (len(tokens), 6)
    for told in seen.unit.top:
        begin, end = told["span"]
        assert begin == told["place"][0] and end == begin + 1 <= len(told["text"])
    assert inside(tmp_path / "run", text="rose is").example["text"].startswith("rose is")


def test_windows_of_a_series_are_seen_and_word_vectors_have_no_layers(tmp_path):
    months = pd.date_range("2000-01-01", periods=120, freq="MS").strftime("%Y-%m-%d")
    values = np.sin(np.arange(120) / 2).round(3) + 2
    pd.DataFrame({"month": months, "sold": values}).to_csv(tmp_path / "sold.csv", index=False)
    quick = {"epochs": 1, "baselines": False, "check": False, "lr": 0.01}
    profundo.train(tmp_path / "sold.csv", forecast="sold", out=tmp_path / "forecast", **quick)
    seen = inside(tmp_path / "forecast")
    assert seen.example["picture"] and seen.layers and seen.answer["predicted"] is None
    assert len(inside(tmp_path / "forecast", layer=seen.layers[0].name, unit=0).unit.top) > 0
    (tmp_path / "song.txt").write_text("a rose is a rose is a rose\n" * 50)
    profundo.train(tmp_path / "song.txt", task="word_vectors", out=tmp_path / "vectors", **quick)
    with pytest.raises(UsageError, match="word vectors are one table"):
        inside(tmp_path / "vectors")


def test_a_picture_file_and_a_row_of_another_table(digits_run, table_run, tmp_path):
    Image.fromarray(np.full((8, 8), 200, np.uint8)).save(tmp_path / "own.png")
    seen = inside(digits_run, source=str(tmp_path / "own.png"))
    assert seen.example["row"] == 0 and seen.example["picture"]
    pd.DataFrame({"a": [1.0, 2.0], "b": [0.5, None]}).to_csv(tmp_path / "new.csv", index=False)
    assert inside(table_run, 1, source=tmp_path / "new.csv").example["values"] == {"a": "2", "b": ""}
    with pytest.raises(UsageError, match="has no row 2"):
        inside(table_run, 2, source=tmp_path / "new.csv")


def test_a_unit_has_its_kernel_its_top_examples_and_what_it_sees_of_them(digits_run):
    unit = inside(digits_run, layer="stage1.activation1", unit=3).unit
    weight = profundo.Run.open(digits_run).load_weights("best.safetensors")["stage1.conv1.weight"]
    assert np.array_equal(unit.kernel, weight[3].numpy()) and unit.pictures.shape == (9, 1, 8, 8)
    values = [told["value"] for told in unit.top]
    assert values == sorted(values, reverse=True) and unit.of == 270
    for told in unit.top:
        top, bottom, left, right = told["box"]
        assert 0 <= top < bottom <= 8 and 0 <= left < right <= 8 and bottom - top <= 6


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"row": 10**6}, "has no row 1000000"),
        ({"layer": "stage1.conv"}, "Did you mean"),
        ({"layer": "output", "unit": 10}, "the units 0 to 9"),
        ({"unit": 1}, "a unit is of a layer"),
        ({"text": "hello"}, "does not read a text"),
        ({"text": "hello", "drawing": "1,2 3,4"}, "named in one way"),
        ({"row": 1, "drawing": "1,2 3,4"}, "Leave --row out"),
    ],
)
def test_what_there_is_not_is_told(digits_run, given, told):
    with pytest.raises(UsageError, match=told):
        inside(digits_run, given.pop("row", None), **given)


def test_the_command_says_what_python_says_and_repeats_itself(digits_run, capfd):
    drawing = "50,50 200,50 120,240"
    assert execute(["inside", str(digits_run), "--drawing", drawing, "--layer", "output", "--unit", "7", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    seen = inside(digits_run, drawing=drawing, layer="output", unit=7)
    assert told["answer"]["probabilities"] == pytest.approx(seen.answer["probabilities"])
    assert told["layers"][-1]["values"] == pytest.approx(seen.layers[-1].values.tolist())
    assert execute([*shlex.split(told["command"])[1:], "--json"]) == 0
    assert json.loads(capfd.readouterr().out) == told
    code = told["python"] + "\nimport json\nprint(json.dumps(seen.to_dict()))"
    again = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(again.stdout) == told


def test_the_terminal_shows_layers_and_the_unit(texts_run, capfd):
    assert execute(["inside", str(texts_run), "--text", "yes red", "--layer", "recurrent.cells.0", "--unit", "1"]) == 0
    shown = capfd.readouterr().out
    assert "LSTMCell" in shown and "2 x 6" in shown and "recurrent.cells.0, unit 1" in shown and "[" in shown


def test_a_page_needs_nothing_else_and_shows_names_as_text(texts_run, tmp_path):
    seen = inside(texts_run, layer="recurrent.cells.0", unit=1)
    seen.write(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert EVIL not in page and "&lt;img src=x" in page and "<script" not in page and "default-src 'none'" in page
    assert "http://" not in page and "https://" not in page and EVIL not in seen._repr_html_()
    seen.write(tmp_path / "sheet.png")
    assert Image.open(tmp_path / "sheet.png").size[0] > 50
    with pytest.raises(UsageError, match=r"\.html or \.png"):
        seen.write(tmp_path / "page.pdf")


@pytest.mark.parametrize("wrong", [{"row": "4"}, {"layer": 3}, {"unit": 1.5}, {"drawing": [[1, 2]]}, {"run": None}])
def test_a_question_of_other_types_is_told(digits_run, wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        ask({"verb": "inside", "run": str(digits_run), **wrong})


def ask(question):
    return frames.unpack(frames.pack(*worker.VERBS[question["verb"]](question, {})))


def test_the_studio_gets_every_layer_as_bytes(digits_run):
    header, planes = ask({"verb": "inside", "run": str(digits_run), "row": 4, "layer": "stage2.activation1"})
    seen = inside(digits_run, 4)
    assert header["can"] == {"draw": True, "text": False, "picture": True}
    assert [each["name"] for each in header["layers"]] == [each.name for each in seen.layers]
    assert all("values" not in each for each in header["layers"])
    for place, layer in enumerate(seen.layers):
        plane = planes[f"layer{place}"]
        most = 32 if layer.form == "maps" else 512
        assert plane.dtype == np.uint8 and plane.shape == (min(most, layer.units), *layer.values.shape[1:])
        assert (np.sign(plane.astype(float) - 127.5)[layer.values[: len(plane)] < -0.1] < 0).all()
    assert np.array_equal(planes["values"], seen.layer("stage2.activation1").values)


def test_the_studio_gets_a_unit_and_a_drawing(digits_run, texts_run):
    question = {"run": str(digits_run), "layer": "stage1.conv1", "unit": 2}
    header, planes = ask({"verb": "inside", **question})
    assert planes["kernel"].shape == (1, 5, 5) and planes["top"].shape == (9, 1, 8, 8)
    assert len(header["unit"]["top"]) == 9 and "kernel" not in header["unit"]
    header, planes = ask({"verb": "draw", "run": str(digits_run), "drawing": "50,50 200,50 120,240"})
    assert header["example"]["picture"] and header["layers"][0]["dead"] is None and header["unit"] is None
    header, planes = ask({"verb": "inside", "run": str(texts_run), "text": "no red", "layer": "recurrent.cells.0"})
    assert planes["values"].shape == planes["memory"].shape == (2, 6) and header["can"]["text"]
