"""Wishes of a wrong type are told as such, by whatever takes them from outside."""

import pytest

from profundo.choices import guessed
from profundo.errors import ProfundoError, UsageError
from profundo.says import FLAGS, said
from profundo.wished import OWN, check_wishes

ODD = (3, -1.5, "x", True, [1], ["a", ["b"]], {"a": 1}, {"a": {"b": [1]}}, [None])


@pytest.mark.parametrize("name", sorted(FLAGS | OWN.keys()))
def test_nothing_odd_comes_through_as_another_error(name):
    taken = 0
    for value in ODD:
        for form in ("wishes", "flags"):
            try:
                said({"verb": "train", "source": "xor", form: {name: value}})
                taken += 1
            except ProfundoError:
                continue
    assert taken < 2 * len(ODD)


@pytest.mark.parametrize("name", ["evaluate", "split", "without", "kinds", "network_options", "mean", "rate", "group"])
def test_no_plan_is_made_of_odd_wishes(name):
    for value in ODD:
        try:
            guessed("xor", {name: value})
        except ProfundoError:
            continue


@pytest.mark.parametrize("source, wishes", [(None, {}), (3, {}), ("xor", [1]), ("xor", "x")])
def test_a_plan_takes_a_source_and_wishes(source, wishes):
    with pytest.raises(UsageError, match="a plan takes"):
        guessed(source, wishes)


@pytest.mark.parametrize(
    "name, value, text",
    [
        ("lr", "fast", "a number"),
        ("epochs", 2.5, "a whole number"),
        ("epochs", True, "a whole number"),
        ("hidden", [1.5], "a list of whole numbers"),
        ("kinds", {"a": 1}, "the kind of each column"),
        ("target", [["a"]], "a list of texts"),
        ("baselines", "no", "true or false"),
    ],
)
def test_what_a_wish_must_be_is_told(name, value, text):
    with pytest.raises(UsageError, match=f"{name} is .*must be.*{text}"):
        check_wishes({name: value})


def test_right_ones_pass():
    check_wishes({"lr": 1, "epochs": 3, "hidden": (4, 2), "target": "a", "kinds": {"a": "text"}, "unknown": object()})
    check_wishes({"time_limit": 5.0, "lr_at": {"3": 0.1}, "baselines": False, "hidden": None})
