"""The command that `says` writes means the wishes that it was given, for every option and for hostile values."""

import ast
import itertools
import shlex

import pytest
import typer

from profundo.cli import app
from profundo.errors import UsageError
from profundo.flags import spelled_out
from profundo.flags import wishes as wishes_of
from profundo.says import FLAGS, of_form, said, says

WISHED = {
    "target": ["a,b", 'say "hi"', "$(reboot)", "-x"],
    "task": "classification",
    "kinds": {"zip=code": "category", "when": "date"},
    "keep": ["id"],
    "drop": ["it's", "b c"],
    "split": "80/10/10",
    "group": "who",
    "time": "when",
    "rows": 500,
    "size": 32,
    "annotations": "/a b/c.json",
    "bad_annotations": "skip",
    "tokens": "bpe",
    "vocabulary": 100,
    "longest": 20,
    "letters": 3,
    "strands": "both",
    "forecast": ["kWh"],
    "horizon": "24h",
    "context": "48",
    "known": ["hour", "day"],
    "series": "id",
    "rate": 8000.0,
    "seconds": 0.5,
    "mels": 40,
    "user": "u",
    "item": "i",
    "normal": "0",
    "augment": "flip+crop+colour:0.4",
    "derive": ["x1^2", "sin(x1)"],
    "noise": 0.25,
    "draw": 3,
    "without": "3,17",
    "copies": "drop",
    "fold": "kfold:5/2",
    "seed": 7,
    "network": "mlp",
    "hidden": [4, 2],
    "activation": "tanh",
    "dropout": 0.1,
    "normalisation": "batch",
    "width": 8,
    "transfer": "finetune",
    "weights": "runs/a b-1",
    "head": "svm",
    "network_options": {"initialisation": "he", "numbers": "none", "on": True, "sides": [1, 2], "a": "3", "b": "a=b,c"},
    "epochs": 3,
    "steps": 320,
    "batch_size": 10,
    "optimizer": "momentum",
    "options": {"momentum": 0.95},
    "lr": 1e-05,
    "lr_at": {"320": 0.003, "400": 1e-07},
    "schedule": "constant",
    "l1": 0.001,
    "l2": 0.0,
    "weight_decay": 0.01,
    "clip": 1.0,
    "accumulate": 2,
    "average": 0.999,
    "loss": "focal",
    "false_alarms": 0.01,
    "clusters": 3,
    "label_smoothing": 0.1,
    "balance": "weights",
    "device": "cpu",
    "threads": 1,
    "precision": "float32",
    "compile": False,
    "restore_best": False,
    "save_every": 2.5,
    "stop_loss": 0.05,
    "patience": 3,
    "overfit": 4,
    "time_limit": 1e-05,
    "evaluate": "kfold:5",
    "candidates": ["hidden=32 dropout=0.2", "lr=0.1"],
    "ensemble": True,
    "calibrate": "none",
    "groups": ["sex", "race"],
    "robustness": False,
    "check": True,
    "baselines": False,
    "budget": 3.5,
}  # fmt: skip

COMMANDS = typer.main.get_command(app).commands


def understood(command: str) -> tuple[str | None, dict]:
    """What the command line makes of a typed command: the source, and the wishes that `profundo.train` is given."""
    words = shlex.split(command)
    assert words[0] == "profundo"
    context = COMMANDS[words[1]].make_context(words[1], spelled_out(words[2:]))
    own = {"source", "plan_file", "out", "resume", "seeds", "min_score", "as_json", "quiet"}
    return context.params["source"], wishes_of(
        {k: list(v) if isinstance(v, tuple) else v for k, v in context.params.items() if k not in own}
    )


def plain(value):
    """Tuples and lists are the same here: JSON has no tuples."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def test_every_option_has_an_example_here():
    covered = {{"kinds": "kind", "options": "optimizer_option", "candidates": "candidate"}.get(k, k) for k in WISHED}
    assert covered - {"network_options"} | {"option", "initialisation"} >= FLAGS


def test_the_command_means_the_wishes():
    source, wishes = understood(says("train", "-odd name.csv", WISHED)["command"])
    assert source == "./-odd name.csv"
    assert plain(wishes) == WISHED


@pytest.mark.parametrize("name", sorted(WISHED))
def test_each_option_alone_means_its_wish(name):
    assert plain(understood(says("train", "digits", {name: WISHED[name]})["command"])[1]) == {name: WISHED[name]}


def test_options_that_only_a_network_has_are_said_and_meant():
    command = says("train", "spiral", {"numbers": "none", "task_options": {"beams": 3}})["command"]
    assert command == "profundo train spiral --option numbers=none --option beams=3"
    assert understood(command)[1] == {"network_options": {"numbers": "none", "beams": 3}}


def test_no_hidden_layer_is_none():
    command = says("train", "spiral", {"hidden": []})["command"]
    assert command.endswith("--hidden none") and understood(command)[1] == {"hidden": []}


HOSTILE = [
    "; rm -rf ~",
    "$(reboot)",
    "`id`",
    "a'b",
    'a"b',
    "a\\",
    "a b",
    "a,b",
    "a=b",
    "*",
    "~",
    "#",
    "\u00e9\u4e2d\u6587",
    "{}",
    "!x",
    "-",
]


@pytest.mark.parametrize("first, second", list(itertools.product(HOSTILE, HOSTILE[:4])))
def test_hostile_names_are_one_word_of_the_shell(first, second):
    name = f"{first}{second}"
    _, wishes = understood(says("train", "t.csv", {"target": [name], "kinds": {name: "text"}})["command"])
    assert wishes == {"target": (name,), "kinds": {name: "text"}}


@pytest.mark.parametrize(
    "value",
    ["3", "true", "null", "1,2", "a=b", " x", "", '"q"', "plain", "[1]", "1e5", 3, 0.5, None, [1, "a"], {"a": "b=c"}],
)
def test_the_option_of_a_network_keeps_its_type(value):
    _, wishes = understood(says("train", "d", {"network_options": {"x": value}})["command"])
    assert wishes == {"network_options": {"x": value}}


def test_the_python_is_a_call_with_the_same_values():
    call = ast.parse(says("train", "t.csv", WISHED, seeds=3)["python"]).body[1].value
    assert ast.unparse(call.func) == "profundo.train"
    assert [ast.literal_eval(a) for a in call.args] == ["t.csv"]
    assert {k.arg: ast.literal_eval(k.value) for k in call.keywords} == {
        **WISHED,
        "keep": "id",
        "forecast": "kWh",
        "seeds": 3,
    }


def test_runs_to_compare_are_arguments_of_both():
    told = says("compare", ["runs/a-1", "runs/b 2"], on="new.csv")
    assert told["command"] == "profundo compare runs/a-1 'runs/b 2' --on new.csv"
    assert told["python"] == 'import profundo\n\nprofundo.compare("runs/a-1", "runs/b 2", source="new.csv")'


def test_a_stored_plan_is_carried_out_again():
    told = says("train", plan="runs/a-1/plan.toml", seeds=2)
    assert told["command"] == "profundo train --plan runs/a-1/plan.toml --seeds 2"
    assert told["python"] == (
        "from pathlib import Path\n\nimport profundo\n\n"
        'profundo.train(profundo.Plan.from_toml(Path("runs/a-1/plan.toml").read_text()), seeds=2)'
    )


def test_what_only_the_command_has_is_not_in_the_python():
    assert says("delete", "runs/a-1", yes=True) == {
        "command": "profundo delete runs/a-1 --yes",
        "python": 'import profundo\n\nprofundo.delete("runs/a-1")',
    }


@pytest.mark.parametrize(
    "verb, wishes, text",
    [
        ("train; ls", {}, "no name of a verb"),
        ("train", {"x; ls": 1}, "no name of an option"),
        ("train", {"sizes": [64, 128]}, "only a plan"),
        ("train", {"target": [" price"]}, "begins or ends with a space"),
        ("train", {"lr": float("nan")}, "finite"),
        ("train", {"lr": {"a": 1}}, "must be a number"),
    ],
)
def test_what_cannot_be_typed_is_refused(verb, wishes, text):
    with pytest.raises(UsageError, match=text):
        says(verb, "digits", wishes)


def test_a_form_is_read_as_the_options_are():
    fields = {
        "hidden": "8,4",
        "lr": "0.1",
        "epochs": 3,
        "restore_best": False,
        "time_limit": "5m",
        "task": "",
        "kind": ["a=text"],
    }
    told = said({"verb": "train", "source": "spiral", "flags": fields, "seeds": 2})
    assert told["wishes"] == {
        "hidden": [8, 4],
        "lr": 0.1,
        "epochs": 3,
        "restore_best": False,
        "time_limit": 300.0,
        "kinds": {"a": "text"},
    }
    assert told["command"] == (
        "profundo train spiral --hidden 8,4 --lr 0.1 --epochs 3 --no-restore-best --time-limit 300 --kind a=text "
        "--seeds 2"
    )


@pytest.mark.parametrize(
    "fields", [{"epochs": "many"}, {"epochs": 2.5}, {"hidden": "x"}, {"oops": 1}, {"time_limit": "soon"}]
)
def test_a_form_that_is_filled_in_wrongly_gets_the_advice_of_the_command_line(fields):
    with pytest.raises(UsageError):
        of_form(fields)


@pytest.mark.parametrize(
    "question", [{}, {"verb": 3}, {"verb": "train", "source": [1]}, {"verb": "train", "wishes": [1]}]
)
def test_a_question_of_another_form_is_refused(question):
    with pytest.raises(UsageError):
        said(question)
