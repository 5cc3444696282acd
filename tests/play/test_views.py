"""The plane through a table, the projection, and the thinned history."""

import numpy as np
import pandas as pd
import pytest
import torch

from profundo.data import encode, load
from profundo.errors import UsageError
from profundo.play.history import MOST, History
from profundo.play.plane import Plane, choose, ends, find_axes
from profundo.play.projection import Projection


@pytest.fixture(scope="module")
def houses():
    rng = np.random.default_rng(1)
    n = 200
    frame = pd.DataFrame(
        {
            "size": rng.normal(80, 20, n).round(1),
            "city": rng.choice(["Reus", "Vic", "Olot"], n),
            "since": pd.date_range("2015-01-01", periods=n, freq="9D"),
            "rooms": rng.integers(1, 6, n),
            "street": [f"street {i % 40}" for i in range(n)],
        }
    )
    frame.loc[::9, "size"] = np.nan
    frame["price"] = frame["size"].fillna(80) * 2000 + frame.rooms * 9000
    return load(frame, target=("price",), derive=("size*rooms",), kinds={"street": "category"})


def test_a_pixel_is_the_row_that_it_stands_for(houses):
    axes = find_axes(houses)
    assert [a.name for a in axes] == ["size", "rooms", "city", "street"]
    plane = Plane(houses, choose(axes, ["size", "city"]))
    x = plane.x(12).numpy()
    row, column = 2, 7
    size, city = plane.axes
    across = size.low + (size.high - size.low) * (column + 0.5) / 12
    up = city.low + (city.high - city.low) * (12 - row - 0.5) / 12
    one = plane.middle.assign(size=across, city=city.labels[round(up)])
    expected, _ = encode.transform(houses.schema.inputs, one.assign(**{"size*rooms": across * one.rooms}))
    np.testing.assert_allclose(x[row * 12 + column], expected[0], rtol=1e-6)
    assert set(plane.fixed) == {"since", "rooms", "street"}


def test_points_stand_where_their_values_are(houses):
    plane = Plane(houses, choose(find_axes(houses), ["rooms", "city"]))
    points = plane.points(np.arange(20))
    frame = houses.frame.iloc[:20]
    np.testing.assert_array_equal(points[:, 0], frame.rooms.to_numpy())
    assert [plane.axes[1].labels[int(code)] for code in points[:, 1]] == frame.city.tolist()
    missing = Plane(houses, choose(find_axes(houses), ["size", "rooms"])).points(np.arange(20))
    np.testing.assert_array_equal(np.isnan(missing[:, 0]), frame["size"].isna())


def test_axes_are_of_this_table(houses):
    with pytest.raises(UsageError, match="Did you mean 'rooms'"):
        choose(find_axes(houses), ["size", "room"])
    with pytest.raises(UsageError, match="two different"):
        choose(find_axes(houses), ["size", "size"])


def test_the_ends_of_an_axis_leave_far_points_out():
    values = np.append(np.linspace(0, 1, 1000), 50.0)
    low, high = ends(values)
    assert -0.6 < low < 0 and 1 < high < 2
    assert ends(np.array([3.0, np.nan])) == (2, 4) and ends(np.array([])) == (-1, 1)
    low, high = ends(np.array([0.0] * 500 + [1.0]))
    assert low < 0 and high > 1


def test_the_projection_is_that_of_the_principal_components():
    points = torch.randn(300, 7, generator=torch.Generator().manual_seed(2)) * torch.tensor([5.0, 3, 1, 1, 1, 1, 1])
    projection = Projection()
    projection.refresh(points)
    placed = projection.place(points)
    assert placed.shape == (300, 2) and np.abs(placed).max() <= 1
    _, _, directions = torch.linalg.svd(points - points.mean(0), full_matrices=False)
    for k in range(2):
        assert abs(float(projection.basis[:, k] @ directions[k])) > 0.99


def test_the_projection_does_not_jump_when_it_is_refreshed():
    generator = torch.Generator().manual_seed(3)
    points = torch.randn(200, 5, generator=generator) * torch.tensor([4.0, 3, 1, 1, 1])
    projection = Projection()
    projection.refresh(points)
    before = projection.place(points)
    projection.refresh(points + 0.01 * torch.randn(200, 5, generator=generator))
    assert np.abs(projection.place(points) - before).max() < 0.1


def test_one_feature_is_a_line():
    projection = Projection()
    projection.refresh(torch.arange(10.0)[:, None])
    assert projection.place(torch.arange(10.0)[:, None])[:, 1].tolist() == [0] * 10


def test_the_history_keeps_its_ends_and_stays_short():
    history = History()
    for step in range(5000):
        history.add([step, *[0.0] * 5])
    table = history.table()
    assert 100 < len(table) <= MOST and table[0, 0] == 0 and table[-1, 0] == 4999
    gaps = np.diff(table[:, 0])
    assert (gaps > 0).all() and gaps.max() <= 64
    history.add([4999, 1.0, *[0.0] * 4])
    assert history.table()[-1, 1] == 1 and len(history.table()) == len(table)
