"""Every experiment: what it claims, that it repeats, and that the command of its page gives its numbers."""

import inspect
import json
import shlex

import numpy as np
import pytest

import profundo
from profundo import UsageError
from profundo.cli import execute
from profundo.files import finite
from profundo.frames import pack, unpack
from profundo.lab.experiments import RUNS, parted
from profundo.lab.page import CHARTS
from profundo.lab.table import ACTIVATIONS, EXPERIMENTS, OPTIMIZERS, SURFACES, WAYS
from profundo.worker import VERBS

SMALL = {
    "perceptron": {"points": 20},
    "regression": {"steps": 10},
    "search": {"most": 200, "seeds": 1},
    "backprop": {"steps": 2, "unit": "out"},
    "race": {"steps": 10, "optimizers": ["sgd", "adam"]},
    "starts": {"layers": 4, "units": 16, "ways": ["he", "lsuv"]},
    "vanishing": {"steps": 12, "layers": 3},
    "capacity": {"degrees": 4},
    "hebb": {"passes": 1},
}


def test_the_tables_agree_with_the_library():
    from profundo.lab.surfaces import SURFACES as surfaces
    from profundo.networks.initialise import INITIALISATIONS
    from profundo.networks.layers import ACTIVATIONS as activations
    from profundo.optimizers import OPTIMIZERS as optimizers

    assert set(EXPERIMENTS) == set(RUNS) == set(CHARTS) == set(SMALL)
    assert set(OPTIMIZERS) <= set(optimizers)
    left_out = {optimizers[name].update for name in optimizers.keys() - set(OPTIMIZERS)}
    assert left_out <= {optimizers[name].update for name in OPTIMIZERS}, "every rule races once"
    assert set(ACTIVATIONS) <= set(activations)
    assert set(WAYS) == set(INITIALISATIONS)
    assert set(SURFACES) == set(surfaces)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_repeats_by_call_by_command_and_over_the_wire(name, capsys, tmp_path):
    found = profundo.lab(name, **SMALL[name])
    plain, arrays = parted(found)
    assert finite(plain) == plain, "JSON as it is"
    assert found["sentences"] and all(isinstance(s, str) for s in found["sentences"])

    page = tmp_path / "page.html"
    words = shlex.split(found["command"])
    assert words[:3] == ["profundo", "lab", name]
    assert execute([*words[1:], "--json", "--out", str(page)]) == 0
    told = json.loads(capsys.readouterr().out)
    again = finite(plain | {k: v.tolist() for k, v in arrays.items()} | {"out": str(page)})
    assert told == json.loads(json.dumps(again)), "the same options give the same numbers"
    text = page.read_text()
    assert text.count("<svg") >= 1
    assert "http" not in text.replace("http-equiv", "")

    space = {}
    exec(found["python"].replace("profundo.lab(", "found = profundo.lab("), space)
    assert finite(parted(space["found"])[0]) == finite(plain)

    header, planes = VERBS["lab"]({"verb": "lab", "name": name, "options": SMALL[name]}, {})
    header, planes = unpack(pack(header, planes))
    assert planes.keys() == arrays.keys()
    assert all(np.array_equal(planes[k], v, equal_nan=True) for k, v in arrays.items())
    assert header["sentences"] == found["sentences"]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_help_and_the_list_name_every_option(name, capsys):
    assert execute(["lab", name, "--help"]) == 0
    text = capsys.readouterr().out
    assert all(f"--{option}" in text for option in EXPERIMENTS[name].options)
    header, _ = VERBS["lab"]({"verb": "lab"}, {})
    listed = {e["name"]: e for e in header["experiments"]}
    assert list(listed[name]["options"]) == list(EXPERIMENTS[name].options)
    assert finite(header) == header or "low" in json.dumps(finite(header))


def test_the_list_is_printed_without_a_name(capsys):
    assert execute(["lab"]) == 0
    assert all(name in capsys.readouterr().out for name in ["perceptron"])
    assert execute(["lab", "--json"]) == 0
    assert [e["name"] for e in json.loads(capsys.readouterr().out)["experiments"]] == list(EXPERIMENTS)


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("perceptrons", {}, "Did you mean 'perceptron'"),
        ("race", {"surfaces": "beale"}, "Did you mean 'surface'"),
        ("race", {"surface": "beal"}, "Did you mean 'beale'"),
        ("race", {"optimizers": ["sgd", "adamm"]}, "Did you mean 'adam'"),
        ("race", {"steps": 1}, "from 5 to 2000"),
        ("race", {"steps": 7.5}, "whole number"),
        ("hebb", {"lr": "fast"}, "must be a number"),
        ("hebb", {"lr": float("nan")}, "must be a number"),
        ("hebb", {"points": True}, "whole number"),
    ],
)
def test_what_is_not_known_is_told(name, options, words):
    with pytest.raises(UsageError, match=words):
        profundo.lab(name, **options)


@pytest.mark.parametrize(
    "question",
    [{"name": 3}, {"name": ["race"]}, {"name": "race", "options": [1]}, {"name": "hebb", "options": {"name": 1}}],
)
def test_a_strange_question_is_told_and_no_bug(question):
    with pytest.raises(UsageError):
        VERBS["lab"]({"verb": "lab", **question}, {})


def test_an_experiment_leaves_the_process_as_it_was():
    import torch

    torch.set_num_threads(2)
    try:
        state = torch.random.get_rng_state()
        first = profundo.lab("starts", layers=3, units=32, ways=["he"])
        assert torch.get_num_threads() == 2
        assert torch.equal(state, torch.random.get_rng_state())
        profundo.lab("regression", steps=3)
        again = profundo.lab("starts", layers=3, units=32, ways=["he"])
        assert np.array_equal(first["variance"], again["variance"])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)


def test_the_modules_describe_what_they_return():
    for run, _ in RUNS.values():
        doc = inspect.getdoc(run)
        assert "Returns" in doc and "table." in doc
