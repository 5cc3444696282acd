"""Choosing a network by name, and the advice for what cannot be built."""

import pytest

from profundo.errors import UsageError
from profundo.networks import NETWORKS, build, default
from profundo.schema import Schema


def test_default(pictures, table):
    assert default(pictures()) == "convnet" and default(table()) == "mlp"
    assert default(table()) in NETWORKS


def test_unknown_network_has_a_hint(table):
    with pytest.raises(UsageError, match=r"no network 'lenet'\. Did you mean 'lenet"):
        build("lenet", table())


def test_unknown_option_has_a_hint(table):
    with pytest.raises(UsageError, match=r"no option of mlp 'hiden'\. Did you mean 'hidden'"):
        build("mlp", table(), hiden=(3,))


def test_an_image_network_on_a_table_names_the_one_to_use(table):
    with pytest.raises(UsageError, match=r"lenet5 takes images, and the data are a table of 6 columns\. Use mlp"):
        build("lenet5", table(3))


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("mlp", {"hidden": (10, 0)}, "hidden must be a whole number of at least 1, not 0"),
        ("mlp", {"hidden": "128,64"}, r"as in \[128, 64\]"),
        ("mlp", {"hidden": (1.5,)}, "not 1.5"),
        ("mlp", {"dropout": 1.0}, "dropout must be at least 0 and below 1"),
        ("mlp", {"activation": "rele"}, "Did you mean 'relu'"),
        ("mlp", {"normalisation": "bach"}, "Did you mean 'batch'"),
        ("mlp", {"initialisation": "glorott"}, "Did you mean 'glorot'"),
        ("mlp", {"initialisation": "lsuv"}, "needs a batch"),
        ("mlp", {"numbers": "periodical"}, "Did you mean 'periodic'"),
        ("mlp", {"numbers": "periodic", "sigma": 0}, "sigma must be a number above 0"),
        ("linear", {"single": 1}, "single must be true or false"),
    ],
)
def test_option_values_are_checked(table, name, options, message):
    with pytest.raises(UsageError, match=message):
        build(name, table(), **options)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("convnet", {"width": 0}, "width must be a whole number"),
        ("lenet5", {"pool": "mean"}, "no pool 'mean'"),
        ("lenet4", {"sparse": True}, "lenet1 and lenet5"),
        ("mlp", {"numbers": "periodic"}, "for tables"),
    ],
)
def test_option_values_are_checked_for_images(pictures, name, options, message):
    with pytest.raises(UsageError, match=message):
        build(name, pictures(), **options)


def test_nothing_to_predict_and_nothing_to_learn_from(table):
    with pytest.raises(UsageError, match="reconstruction"):
        build("mlp", Schema(table().inputs, {}))
    with pytest.raises(UsageError, match="nothing to learn from"):
        build("mlp", Schema({}, table().targets))


def test_single_and_perceptron_want_labels(table):
    with pytest.raises(UsageError, match="two labels"):
        build("linear", table(labels=3), single=True)
    with pytest.raises(UsageError, match="tells labels apart"):
        build("perceptron", table(targets=1))
    assert build("linear", table(), single=True).output.out_features == 1
