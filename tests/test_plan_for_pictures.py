"""What is guessed for many photographs with a label each, and what stays as it was for digits and few pictures."""

import numpy as np
import pytest

from profundo.data import load
from profundo.guesses import MANY
from profundo.plan import complete, wish


def planned(count, channels, **wishes):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (count, channels, 8, 8), dtype=np.uint8)
    source = (x, rng.integers(0, 4, count))
    first = wish(source, **wishes)
    return complete(first, load(source, first.data))


@pytest.fixture(scope="module")
def many():
    return planned(int(MANY / 0.7) + 100, 3, check=False)


def test_many_photographs_get_a_wide_network_and_their_recipe(many):
    assert (many.network, many.network_options) == ("convnet", {"width": 64, "depth": [2], "mirror": True})
    assert (many.recipe.optimizer, many.recipe.batch_size) == ("muon", 512)
    assert many.task_options["label_smoothing"] == 0.1


@pytest.mark.parametrize(("count", "channels"), [(600, 3), (int(MANY / 0.7) + 100, 1)])
def test_few_or_grey_pictures_do_not(count, channels):
    plan = planned(count, channels)
    assert plan.network_options == {} and plan.recipe.optimizer == "adamw" and plan.recipe.lr is None
    assert "label_smoothing" not in plan.task_options


def test_wishes_come_first():
    plan = planned(int(MANY / 0.7) + 100, 3, optimizer="sgd", width=8, label_smoothing=0.0, augment="shift")
    assert plan.recipe.optimizer == "sgd" and plan.recipe.lr is None  # the recipe's rate was Muon's
    assert (
        plan.network_options == {"width": 8, "depth": [2], "mirror": False}
        and plan.task_options["label_smoothing"] == 0.0
    )
    other = planned(int(MANY / 0.7) + 100, 3, loss="hinge")
    assert "label_smoothing" not in other.task_options  # it goes with cross_entropy alone
