"""The form of a training has every option of the command line, and its choices are those of the code."""

import json
from pathlib import Path

import pytest
import typer

from profundo.choices import choices, guessed
from profundo.cli import app
from profundo.errors import UsageError
from profundo.plan import wish
from profundo.says import FLAGS, said
from profundo.stopping import REASONS
from profundo.studio.form import form
from profundo.tasks import TASKS

FIELDS = {field["name"]: field for panel in form()["panels"] for field in panel["fields"]}
TRAIN = {p.name: p for p in typer.main.get_command(app).commands["train"].params}


def test_every_option_that_is_not_hidden_is_a_field():
    assert set(FIELDS) == {name for name in FLAGS if not TRAIN[name].hidden} and "fold" not in FIELDS


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_a_field_says_what_the_option_says(name):
    option = TRAIN[name]
    assert FIELDS[name]["flag"] in option.opts and FIELDS[name]["help"] == option.help != ""
    kind = {int: "whole", float: "number", bool: "toggle"}.get(option.type_descriptor.annotation, "text")
    assert FIELDS[name]["type"] == ("list" if option.multiple else kind)


def test_the_page_has_a_word_for_every_field_and_its_english_help_is_that_of_the_option():
    words = Path(__file__).parents[2] / "web/src/words"
    for language in ("en", "es", "ca"):
        form_words = json.loads((words / f"{language}.json").read_text(encoding="utf-8"))["form"]
        assert form_words.keys() == {key for name in FIELDS for key in (name, f"{name}_help")}
        if language == "en":
            helps = {
                f"{name}_help": field["help"].replace("...", "…").replace("'s", "’s") for name, field in FIELDS.items()
            }
            assert {key: text for key, text in form_words.items() if key in helps} == helps


def test_limits_are_told():
    assert (FIELDS["budget"]["min"], FIELDS["seed"]["max"]) == (0, 2**63 - 1)


def test_choices_are_of_fields_and_are_taken():
    known = choices()
    assert set(known) <= set(FIELDS) and all(known.values())
    assert {"mlp", "lenet5"} <= set(known["network"]) and "he" in known["initialisation"]
    for name in (
        "optimizer",
        "schedule",
        "balance",
        "calibrate",
        "copies",
        "task",
        "tokens",
        "bad_annotations",
        "strands",
    ):
        for value in known[name]:
            wish("spiral", **said({"verb": "plan", "flags": {name: value}})["wishes"])
        with pytest.raises(UsageError, match="no "):
            wish("spiral", **{name: "nothing of the kind"})


def test_a_plan_is_guessed_with_what_fits():
    found = guessed("spiral", {"epochs": 3, "hidden": [4]})
    assert found["plan"]["recipe"]["epochs"] == 3 and found["plan"]["network"]["name"] == "mlp"
    assert found["counts"] == {"train": 350, "validation": 75, "test": 75}
    assert {"name": "colour", "kind": "category", "role": "target"} in found["columns"]
    assert "mlp" in found["networks"] and "lenet5" not in found["networks"] and "focal" in found["losses"]
    assert any(note["subject"] == "task" for note in found["notes"])


def test_the_target_of_a_plan_can_be_wished_for(tmp_path):
    (tmp_path / "t.csv").write_text("a,b,c\n" + "".join(f"{i},{i % 2},{i * 2}\n" for i in range(60)))
    assert guessed(str(tmp_path / "t.csv"), {"target": "c"})["plan"]["data"]["target"] == ["c"]
    with pytest.raises(UsageError):
        guessed("spiral", {"epohcs": 3})


def test_the_page_has_words_for_every_task_and_every_reason_to_stop():
    words = json.loads((Path(__file__).parents[2] / "web/src/words/en.json").read_text(encoding="utf-8"))["runs"]
    reasons = {f"why_{reason.replace(' ', '_')}" for reason in REASONS}
    assert {key for key in words if key.startswith("why_")} == reasons
    assert {key for key in words if key.startswith("task_")} == {f"task_{name}" for name in TASKS}
