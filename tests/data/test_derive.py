"""New columns from formulas, and drawings of the made sets."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from profundo.data import DataPlan, encode_new, load, read
from profundo.data.derive import FUNCTIONS, compute, parse
from profundo.data.playground import make
from profundo.errors import DataError, UsageError
from profundo.schema import Number, Schema

A, B = np.array([1.0, -2.0, 0.5]), np.array([3.0, 2.0, -1.0])
FRAME = pd.DataFrame({"a": A, "b": B, "floor space": [10.0, 20.0, np.nan]})
VALUES = {
    "a^2": A**2,
    "a ** 2": A**2,
    "-a^2": -(A**2),
    "2^-a": 2**-A,
    "a-b-1": A - B - 1,
    "a/b/2": A / B / 2,
    "a*(b+1)": A * (B + 1),
    "sin(a)*cos(b)": np.sin(A) * np.cos(B),
    "tanh(abs(a))": np.tanh(np.abs(A)),
    "exp(a) - 1e-2": np.exp(A) - 0.01,
    "log(a)": [0.0, np.nan, np.log(0.5)],
    "sqrt(b)": [np.sqrt(3), np.sqrt(2), np.nan],
    "1/(a-1)": [np.nan, -1 / 3, -2.0],
    "[floor space] / 10": [1.0, 2.0, np.nan],
    "2^b^2": 2 ** (B**2),
}


@pytest.mark.parametrize("text", VALUES)
def test_a_formula_is_computed_as_it_is_written(text):
    np.testing.assert_allclose(compute(FRAME, parse(text)), VALUES[text], rtol=1e-12)


def test_the_text_is_in_one_spelling():
    assert parse(" a ** 2 + [b] * [floor space] ").text == "a^2+b*[floor space]"
    assert DataPlan(derive=("a * b", "a*b")).derive == ("a*b",)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "ends too early"),
        ("a^", "ends too early"),
        ("a b", "'b' comes after its end"),
        ("(a", "a closing bracket is missing"),
        ("a)", "')' comes after its end"),
        ("3", "it names no column"),
        ("a$", "cannot be read"),
        ("*a", "'*' stands where"),
        ("sni(a)", "Did you mean 'sin'"),
        ("__import__('os')", "cannot be read"),
        ("(" * 50 + "a", "more than 20 brackets"),
        ("a+" * 200 + "a", "more than 200 characters"),
    ],
)
def test_what_is_no_formula_is_told(text, told):
    with pytest.raises(UsageError, match=r".*" + told.replace("(", r"\(").replace(")", r"\)").replace("*", r"\*")):
        parse(text)


def formulas() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["a", "b", "2", "0.5", "[floor space]"])
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from("+-*/^"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
            st.tuples(st.sampled_from(sorted(FUNCTIONS)), inner).map(lambda t: f"{t[0]}({t[1]})"),
            inner.map(lambda t: f"-{t}"),
        ),
        max_leaves=8,
    ).map(lambda t: f"a+{t}")


@given(formulas())
def test_the_spelling_means_the_same(text):
    once = parse(text)
    again = parse(once.text)
    assert again.text == once.text
    np.testing.assert_array_equal(compute(FRAME, again), compute(FRAME, once))


@given(st.text(max_size=40))
def test_any_text_is_a_formula_or_a_usage_error(text):
    try:
        parse(text)
    except UsageError as error:
        assert len(str(error)) < 400


def table(count: int = 60) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(count, 2)), columns=["a", "b"])
    return frame.assign(y=np.where(frame.a**2 + frame.b > 0, "yes", "no"))


def test_derived_columns_are_inputs_and_are_computed_again_for_new_data():
    data = load(table(), target=("y",), derive=("a^2", "log(b)"), drop=("a",))
    assert list(data.schema.inputs) == ["b", "a^2", "log(b)"]
    squared = data.schema.inputs["a^2"]
    assert isinstance(squared, Number) and squared.formula == "a^2"
    assert any(n.warning and "log(b) has no value in" in n.text for n in data.notes)
    schema = Schema.from_dict(data.schema.to_dict())
    new = encode_new(schema, "classification", read(table()), targets=True)
    order = np.argsort(data.ids.numpy())
    np.testing.assert_array_equal(new.x.numpy(), data.x.numpy()[order])


def test_a_schema_without_formulas_is_written_as_it_always_was():
    assert "formula" not in Schema({"a": Number()}).to_dict()["inputs"]["a"]


def test_new_data_without_the_columns_of_a_formula_are_refused():
    data = load(table(), target=("y",), derive=("a^2",), drop=("a",))
    with pytest.raises(DataError, match=r"--derive a\^2.*no column 'a'"):
        encode_new(data.schema, "classification", read(table().drop(columns="a")), targets=False)


@pytest.mark.parametrize(
    ("formula", "error", "told"),
    [
        ("y^2", UsageError, "give the answer away"),
        ("c^2", DataError, "no column 'c'"),
        ("[a]", UsageError, "a column of that name already"),
        ("word^2", DataError, "the column 'word' holds none"),
    ],
)
def test_a_formula_that_does_not_suit_the_data_is_told(formula, error, told):
    with pytest.raises(error, match=told):
        load(table().assign(word="x"), target=("y",), derive=(formula,))


def test_pictures_have_no_formulas():
    with pytest.raises(UsageError, match="a table with a target"):
        load("digits", derive=("a^2",))


def test_made_sets_are_drawn_with_noise_and_anew():
    data = load("circle", noise=0.2, draw=3)
    assert data.frame is not None
    pd.testing.assert_frame_equal(data.frame, make("circle", seed=3, noise=0.2))
    assert any("drawing 3, noise 0.2" in n.text for n in data.notes)
    assert not np.array_equal(load("circle", draw=1).x, load("circle").x)
    np.testing.assert_array_equal(load("circle", draw=0, noise=0.0).x, load("circle").x)


@pytest.mark.parametrize(
    ("source", "plan"), [("iris", {"noise": 0.1}), ("progressions", {"noise": 0.1}), ("iris", {"draw": 1})]
)
def test_other_sets_have_no_noise(source, plan):
    with pytest.raises(UsageError, match="is for made sets alone"):
        load(source, **plan)


def test_too_much_noise_is_refused():
    with pytest.raises(UsageError, match=r"from 0 to 0\.5"):
        load("circle", noise=0.6)
