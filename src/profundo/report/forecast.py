"""Forecasts: a few of them as fans beside what came, the error by step and by time, and what the intervals hold."""

from pydantic import BaseModel

from ..charts import BLUE, HEIGHT, ORANGE, WIDTH, Axis, Frame, Line, draw_line, fixed, line_chart, plot, shorten
from ..svg import INK, LETTER, escape, join, svg, text
from .html import Html, figure, figures, joined, paragraph, section, table, tag
from .stored import Stored, parse

Values = list[float | None]
LOOKS = {"95": 0.16, "80": 0.3}  # how dark an interval is
SERIES_SHOWN = 12


class Fan(BaseModel):
    """One forecast: `times` of the past and of the steps ahead, what was there, what was said, and the intervals."""

    series: str = ""
    target: str
    mase: float | None
    times: list[str]
    past: Values
    truth: Values
    point: Values
    low: dict[str, Values]
    high: dict[str, Values]


class Stretch(BaseModel):
    """A stretch of the test part: when it begins, and the mean error of its forecasts, also of the baselines."""

    start: str
    errors: dict[str, float | None]


class Forecasts(BaseModel):
    """forecast.json."""

    horizon: int
    context: int
    season: int
    step: str
    forecasts: int
    errors: dict[str, Values]
    coverage: dict[str, float]
    coverage_by_step: dict[str, Values]
    by_target: list[dict[str, str | float | None]]
    by_series: list[dict[str, str | float | int | None]]
    by_time: list[Stretch]
    fans: list[Fan]
    sentences: list[str]


def forecast_section(run: Stored) -> Html:
    """Show the forecasts of the test part; empty where the run makes none."""
    if not (run.path / "forecast.json").exists():
        return Html("")
    found: Forecasts = parse(run.path / "forecast.json", Forecasts)
    said = tag("ul", joined(tag("li", sentence) for sentence in found.sentences))
    lead = paragraph(
        f"From {found.forecasts:,} origins in a row (a rolling origin), {found.horizon} steps of {found.step} "
        f"ahead after {found.context} behind. The network learnt from what was before all of them.",
        kind="quiet",
    )
    fans = figures(*(drawn(fan, title) for fan, title in zip(found.fans, titles(found.fans), strict=False)))
    charts = figures(by_step(found), by_time(found), by_coverage(found))
    return section("forecast", "Forecasts", said, lead, fans, charts, *tables(found))


def titles(fans: list[Fan]) -> list[str]:
    """Name the forecasts that are drawn."""
    tested = sum(fan.mase is not None for fan in fans)
    return [*("the last forecast", "a middling forecast", "the worst forecast")[:tested], "after the end of the data"]


def drawn(fan: Fan, title: str) -> Html:
    """Draw one forecast as a fan, with the same in numbers."""
    ahead = len(fan.point)
    whose = f"{fan.target}{f' of {fan.series}' if fan.series else ''}"
    times = fan.times[-ahead:]
    caption = f"{title[0].upper()}{title[1:]}: {whose} from {times[0]}"
    caption += "" if fan.mase is None else f"; scaled error {fixed(fan.mase)}"
    levels = list(fan.low)
    head = ["time", "truth", "forecast", *(f"{level} % interval" for level in levels)]
    rows = [
        [time, fan.truth[i], fan.point[i], *(f"{fixed(fan.low[k][i])} to {fixed(fan.high[k][i])}" for k in levels)]
        for i, time in enumerate(times)
    ]
    return figure(fan_chart(fan, caption), caption, table(head, rows))


def fan_chart(fan: Fan, title: str) -> str:
    """Draw the past and the truth in ink, the forecast in blue within its intervals."""
    behind, ahead = len(fan.past), len(fan.point)
    before, after = [i - behind + 1 for i in range(behind)], list(range(1, ahead + 1))
    ends = [numbers(v) for side in (fan.low, fan.high) for v in side.values()]
    values = join([numbers(fan.past), numbers(fan.truth), numbers(fan.point), *ends])
    across = Axis(f"steps from {fan.times[behind - 1]}", whole=True)
    frame = plot(across, Axis(shorten(fan.target)), join([before, after]), values, 14 + 9 * LETTER)
    last = fan.past[-1]
    joint_x, joint = ([0.0], [last]) if last is not None else ([], [])
    bands = "".join(
        band(
            frame,
            [*joint_x, *after],
            [*joint, *fan.low[k]],
            [*joint, *fan.high[k]],
            LOOKS.get(k, 0.2),
            f"{k} % interval",
        )
        for k in sorted(fan.low, reverse=True)
    )
    lines = [
        Line("", before, numbers(fan.past), INK),
        Line("truth", [*joint_x, *after], numbers([*joint, *fan.truth]), INK),
        Line("forecast", [*joint_x, *after], numbers([*joint, *fan.point]), BLUE),
    ]
    names = text(WIDTH - 9 * LETTER - 6, 44, "forecast", extra=f' fill="{BLUE}" font-weight="600"')
    names += text(WIDTH - 9 * LETTER - 6, 60, "80, 95 %", extra=f' fill="{BLUE}" fill-opacity=".7"')
    if any(v is not None for v in fan.truth):
        names += text(WIDTH - 9 * LETTER - 6, 76, "truth", extra=' font-weight="600"')
    body = frame.axes + bands + "".join(draw_line(frame, line) for line in lines) + names
    return svg(WIDTH, HEIGHT, title, "the past and the truth in ink, the forecast in blue, its intervals shaded", body)


def band(frame: Frame, xs: list[float], low: Values, high: Values, opacity: float, name: str) -> str:
    """Shade the area between two lines."""
    kept = [(x, a, b) for x, a, b in zip(xs, low, high, strict=True) if a is not None and b is not None]
    if not kept:
        return ""
    across = frame.x([x for x, _, _ in kept]).tolist()
    under, over = frame.y([a for _, a, _ in kept]).tolist(), frame.y([b for _, _, b in kept]).tolist()
    edge = [*zip(across, over, strict=True), *reversed(list(zip(across, under, strict=True)))]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in edge)
    return f'<polygon points="{points}" fill="{BLUE}" fill-opacity="{opacity}"><title>{escape(name)}</title></polygon>'


def by_step(found: Forecasts) -> Html:
    """Draw the error of the network and of what stands beside it by how far it looks."""
    steps = list(range(1, found.horizon + 1))
    lines = [
        Line(
            name,
            steps,
            numbers(v),
            BLUE if name == "network" else ORANGE,
            faint=name not in shown(found),
            dots=len(v) == 1,
        )
        for name, v in found.errors.items()
    ]
    caption = "The mean absolute scaled error by steps ahead"
    chart = line_chart(lines, caption, Axis("steps ahead", whole=True), Axis("scaled error", low=0))
    names = list(found.errors)
    rows = [[step, *(found.errors[n][step - 1] for n in names)] for step in steps]
    return figure(chart, f"{caption}; faint lines are the other baselines.", table(["steps ahead", *names], rows))


def shown(found: Forecasts) -> list[str]:
    """Return the lines that are named: the network's, and that of the best of what stands beside it."""
    others = {n: sum(x or 0.0 for x in v) for n, v in found.errors.items() if n != "network"}
    return ["network", *([min(others, key=others.__getitem__)] if others else [])]


def by_time(found: Forecasts) -> Html:
    """Draw the error by the time of the forecast."""
    if len(found.by_time) < 3:
        return Html("")
    places = list(range(len(found.by_time)))
    lines = [
        Line(n, places, numbers([s.errors.get(n) for s in found.by_time]), BLUE if n == "network" else ORANGE)
        for n in shown(found)
    ]
    caption = f"The error by the time of the forecast, {found.by_time[0].start} to {found.by_time[-1].start}"
    chart = line_chart(lines, caption, Axis("stretches of the test part", whole=True), Axis("scaled error", low=0))
    names = list(found.errors)
    rows = [[s.start, *(s.errors.get(n) for n in names)] for s in found.by_time]
    return figure(chart, caption, table(["from", *names], rows))


def by_coverage(found: Forecasts) -> Html:
    """Draw the share of the truth inside the intervals by how far the forecast looks."""
    if found.horizon < 2:
        return Html("")
    steps = list(range(1, found.horizon + 1))
    lines = [
        Line(f"{level} %", steps, numbers(v), BLUE if level == "80" else ORANGE)
        for level, v in found.coverage_by_step.items()
    ]
    promised = [Line("", [1, found.horizon], [int(k) / 100] * 2, faint=True) for k in found.coverage_by_step]
    caption = "The share of the truth inside the intervals by steps ahead; faint lines are what is promised."
    axis = Axis("share inside", low=0 if min(found.coverage.values()) < 0.5 else 0.5, high=1)
    chart = line_chart([*lines, *promised], caption, Axis("steps ahead", whole=True), axis)
    rows = [[step, *(found.coverage_by_step[k][step - 1] for k in found.coverage_by_step)] for step in steps]
    return figure(chart, caption, table(["steps ahead", *(f"{k} %" for k in found.coverage_by_step)], rows))


def tables(found: Forecasts) -> list[Html]:
    """Show the scores of each target and each series, where there are several."""
    made = []
    for name, rows in (("target", found.by_target), ("series", found.by_series[:SERIES_SHOWN])):
        if len(rows) > 1:
            more = f", the worst {SERIES_SHOWN} of {len(found.by_series)}" if len(rows) < len(found.by_series) else ""
            made.append(tag("h3", f"By {name}{more if name == 'series' else ''}"))
            made.append(table(list(rows[0]), [[cell(v) for v in row.values()] for row in rows]))
    return made


def cell(value: str | float | None) -> str | int | float | None:
    """Write a score with three decimals."""
    return fixed(value) if isinstance(value, float) else value


def numbers(values: Values) -> list[float]:
    """Return values with NaN where there is none."""
    return [float("nan") if v is None else v for v in values]
