"""The charts as SVG text: well-formed, spoken, and with the data where they belong."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from profundo.charts import (
    Axis,
    Dot,
    Line,
    bar_chart,
    dot_and_whisker,
    fixed,
    heat_map,
    histogram,
    line_chart,
    number,
    scatter,
    shorten,
    whisker,
)
from profundo.svg import Scale, limits, ticks

EVIL = "<b>&\"'"
SVG = "{http://www.w3.org/2000/svg}"
X, Y = Axis("x"), Axis("y")
CHARTS = {
    "line": lambda t: line_chart(
        [Line(t, [0, 1, 2], [1, 3, 2]), Line("b", [0, 2], [0, 1])], t, Axis(t), Axis(t), t, (t, 1)
    ),
    "bars": lambda t: bar_chart([t, "b"], [3, 0], t, t),
    "histogram": lambda t: histogram([0, 1, 2], [5, 3], t, Axis(t), t),
    "small": lambda t: histogram([0, 1, 2], [5, 3], t, small=True),
    "heat": lambda t: heat_map([[5, 1], [0, 7]], [t, "b"], [t, "b"], t, t, t),
    "dots": lambda t: dot_and_whisker([Dot(t, 0.5, 0.4, 0.6, main=True), Dot("b", 0.3)], t, Axis(t), t),
    "whisker": lambda t: whisker(Dot(t, 0.5, 0.4, 0.6), 0, 1),
    "scatter": lambda t: scatter([1, 2, 3], [1, 2, 4], t, Axis(t), Axis(t), t, diagonal=True),
}


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


@pytest.mark.parametrize("name", CHARTS)
def test_chart_is_well_formed_and_spoken(name):
    root = parse(CHARTS[name](EVIL))
    assert root.get("role") == "img" and EVIL in root.get("aria-label")
    assert EVIL in root.find(f"{SVG}title").text and root.find(f"{SVG}desc") is not None
    assert "nan" not in CHARTS[name]("a title").lower()


@pytest.mark.parametrize("name", CHARTS)
def test_drawing_stays_inside_its_box(name):
    root = parse(CHARTS[name]("name"))
    _, _, width, height = map(float, root.get("viewBox").split())
    for element in root.iter():
        for key, end in {
            "x": width,
            "x1": width,
            "x2": width,
            "cx": width,
            "y": height,
            "y1": height,
            "cy": height,
        }.items():
            if element.get(key) is not None:
                assert -0.1 <= float(element.get(key)) <= end + 0.1, (element.tag, element.attrib)


def test_lines_break_where_a_value_is_missing_and_one_point_is_a_dot():
    svg = line_chart([Line("a", [0, 1, 2, 3], [1, math.nan, 2, 3])], "t", X, Y)
    assert parse(svg).find(f"{SVG}path").get("d").count("M") == 2
    assert "<circle" in line_chart([Line("a", [1], [2.0])], "t", X, Y)


def test_names_of_lines_that_end_together_do_not_touch():
    root = parse(line_chart([Line(f"name {i}", [0, 1], [0, 1]) for i in range(3)], "t", X, Y))
    heights = [float(t.get("y")) for t in root.iter(f"{SVG}text") if (t.text or "").startswith("name")]
    assert len(heights) == 3 and min(np.diff(sorted(heights))) >= 14


def test_bars_and_columns_are_as_long_as_their_values():
    widths = [float(r.get("width")) for r in parse(bar_chart(["a", "b"], [10, 5], "t")).iter(f"{SVG}rect")]
    assert widths[0] == pytest.approx(2 * widths[1], abs=0.2)
    heights = [float(r.get("height")) for r in parse(histogram([0, 1, 2], [10, 5], "t")).iter(f"{SVG}rect")]
    assert heights[0] == pytest.approx(2 * heights[1], abs=0.2)


def test_whiskers_reach_from_low_to_high():
    root = parse(whisker(Dot("a", 0.5, 0.25, 0.75), 0, 1))
    line, span = [(float(r.get("x1")), float(r.get("x2"))) for r in root.iter(f"{SVG}line")]
    assert (span[1] - span[0]) / (line[1] - line[0]) == pytest.approx(0.5, abs=0.01)


def test_heat_map_shades_by_the_share_of_the_row():
    root = parse(heat_map([[90, 10], [0, 4]], ["a", "b"], ["a", "b"], "t"))
    shades = [float(r.get("fill-opacity")) for r in root.iter(f"{SVG}rect") if "var" in r.get("fill")]
    assert shades == [0.95, 0.37, 1.0]
    assert [t.text for t in root.iter(f"{SVG}text") if (t.text or "").isdigit()] == ["90", "10", "4"]


def test_empty_constant_and_odd_data_still_draw():
    parse(line_chart([Line("a", [], [])], "t", X, Y))
    parse(line_chart([Line("a", [1, 2], [5, 5])], "t", X, Axis(log=True)))
    parse(line_chart([Line("a", [1, 2], [0, -5])], "t", X, Axis(log=True)))
    parse(scatter([1, 1], [math.inf, 2], "t", X, Y))
    parse(histogram([3, 3], [0], "t", X))
    parse(histogram([3, 3], [7], "t", small=True))
    parse(bar_chart([], [], "t"))
    parse(dot_and_whisker([Dot("a", 0.0)], "t", X))
    parse(heat_map(np.zeros((3, 3)), ["a"] * 3, ["long name that turns"] * 3, "t"))
    parse(line_chart([Line("a", [0, 1], [1e-300, 1e300])], "t", X, Y))


@pytest.mark.parametrize(
    ("low", "high", "axis", "expected"),
    [
        (0, 1, X, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (1, 30, Axis(whole=True), [10, 20, 30]),
        (1, 3, Axis(whole=True), [1, 2, 3]),
        (1e-3, 10, Axis(log=True), [1e-3, 1e-2, 0.1, 1, 10]),
        (2, 8, Axis(log=True), [2, 4, 6, 8]),
        (-1, 1, X, [-1, -0.5, 0, 0.5, 1]),
    ],
)
def test_ticks_are_round(low, high, axis, expected):
    assert ticks(low, high, axis, 5) == pytest.approx(expected)


def test_limits_and_scale():
    assert limits(Axis(low=0), np.array([1.0, 9.0, math.nan])) == pytest.approx((0, 9.4))
    assert limits(X, np.array([4.0, 4.0]))[0] < 4 < limits(X, np.array([4.0, 4.0]))[1]
    assert Scale(1, 100, 0, 10, log=True)([1, 10, 100]).tolist() == pytest.approx([0, 5, 10])
    assert np.isnan(Scale(1, 100, 0, 10, log=True)(0))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "–"),
        (math.nan, "–"),
        (0, "0"),
        (12, "12"),
        (55978, "55,978"),
        (0.0105, "0.0105"),
        (1e-5, "1e-5"),
        (0.91234, "0.9123"),
        (1234.5, "1,234"),
        (3.81e10, "3.81e10"),
        (-2.5, "-2.5"),
        (0.1 + 0.2, "0.3"),
        (1e300, "1e300"),
    ],
)
def test_numbers_are_written_for_a_reader(value, words):
    assert number(value) == words


def test_scores_have_three_decimals():
    assert [fixed(v) for v in (0.9, 1.0, 0.0, 35635.2, 1e-6, None)] == [
        "0.900",
        "1.000",
        "0.000",
        "35,635",
        "1e-6",
        "–",
    ]
    assert shorten("abcdefgh", 5) == "abcd…" and shorten("abc", 5) == "abc"
