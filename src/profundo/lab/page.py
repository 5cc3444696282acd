"""An experiment as one self-contained page of HTML: what it shows, its settings, its pictures."""

from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

import numpy as np

from ..charts import Axis, Line, line_chart
from ..report.html import Html, figure, figures, joined, paragraph, tag
from ..report.html import table as html_table
from ..report.page import POLICY
from ..svg import BLUE, ORANGE
from .drawing import COLOURS, Path, Plane, plane_chart
from .table import EXPERIMENTS

Found = Mapping[str, Any]
LEAST = 1e-12  # what a logarithmic axis still shows


def write_page(found: Found) -> str:
    """Write the page of what `profundo.lab` returned."""
    experiment = EXPERIMENTS[found["experiment"]]
    style = resources.files("profundo.report").joinpath("report.css").read_text(encoding="utf-8")
    drawn = figures(*(figure(chart, caption) for caption, chart in CHARTS[experiment.name](found)))
    settings = html_table(
        ["option", "value", ""], [(k, spoken(v), experiment.options[k].help) for k, v in found["options"].items()]
    )
    body = tag(
        "main",
        paragraph(f"profundo lab {experiment.name}", kind="kicker"),
        tag("h1", experiment.summary),
        tag("pre", tag("code", "\n".join(found["sentences"]))),
        drawn,
        tag("section", tag("h2", "Settings"), settings),
        tag(
            "section",
            tag("h2", "Again"),
            tag("pre", tag("code", found["command"])),
            tag("pre", tag("code", found["python"])),
        ),
        paragraph(experiment.paper, kind="quiet") if experiment.paper else Html(""),
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<meta name="color-scheme" content="light dark">{tag("title", f"{experiment.name} · profundo lab")}'
        f"<style>{style}</style></head><body>{joined([body])}</body></html>\n"
    )


def spoken(value: Any) -> Any:
    """Write a value for a reader."""
    return ", ".join(value) if isinstance(value, list) else value


Charts = list[tuple[str, str]]


def window(points: np.ndarray, room: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Return the axes that hold all points."""
    low, high = points.min(0), points.max(0)
    gap = (high - low) * room
    return np.array([low[0] - gap[0], high[0] + gap[0]]), np.array([low[1] - gap[1], high[1] + gap[1]])


def of_perceptron(f: Found) -> Charts:
    """Draw the last line among the points, and the mistakes of each pass."""
    names = (f["names"][0], f["names"][1])
    a, b, c = f["lines"][-1].tolist()
    plane = Plane(*window(f["points"]), names=names, points=f["points"], codes=f["codes"], lines=[(a, b, c)])
    passes = np.arange(1, len(f["by_pass"]) + 1)
    return [
        ("The line after the last mistake", plane_chart(plane, "points and line", f"{f['labels']}")),
        (
            "Mistakes in each pass",
            line_chart(
                [Line("mistakes", passes, f["by_pass"], dots=True)],
                "mistakes",
                Axis("pass", whole=True),
                Axis("mistakes", 0),
            ),
        ),
    ]


def of_regression(f: Found) -> Charts:
    """Draw the points with the last line, the way over the cost, and the cost of each step."""
    m, b = f["path"][-1].tolist()
    points = np.stack([f["x"], f["y"]], 1)
    first = Plane(*window(points), points=points, lines=[(m, -1.0, b)])
    way = Plane(f["m_axis"], f["b_axis"], ("m", "b"), f["surface"], paths=[Path("the way down", f["path"])])
    steps = np.arange(len(f["costs"]))
    return [
        ("Points and line", plane_chart(first, "points and line")),
        ("The cost of every line, and the way down", plane_chart(way, "cost surface")),
        ("Cost by step", line_chart([Line("cost", steps, f["costs"])], "cost", Axis("step"), Axis("cost", log=True))),
    ]


def of_search(f: Found) -> Charts:
    """Draw the best loss by tries, and what was learnt."""
    ways = ("gradient", "nudge", "guess")
    lines = [
        Line(way, f[way][0]["tries"], f[way][0]["losses"], colour) for way, colour in zip(ways, COLOURS, strict=False)
    ]
    title = "best loss so far, by tries"
    chart = line_chart(lines, title, Axis("tries", log=True), Axis("loss", log=True))
    maps = [
        (
            f"What {way} has learnt",
            plane_chart(Plane(f["x_axis"], f["y_axis"], ("x1", "x2"), m, True, f["points"], f["codes"]), way),
        )
        for way, m in zip(ways, f["maps"], strict=True)
    ]
    return [(title, chart), *maps]


def of_backprop(f: Found) -> Charts:
    """Draw the output step by step."""
    steps = np.arange(len(f["outputs"]))
    line = Line("output", steps, f["outputs"], dots=True)
    return [("Output by step", line_chart([line], "output", Axis("step", whole=True), Axis("output")))]


def of_race(f: Found) -> Charts:
    """Draw all paths on the surface, and the heights of the first six."""
    paths = [Path(name, path) for name, path in zip(f["names"], f["paths"], strict=True)]
    plane = Plane(f["x_axis"], f["y_axis"], ("x", "y"), f["surface"], paths=paths)
    steps = np.arange(f["heights"].shape[1])
    best = [f["names"].index(name) for name in f["order"][:6]]
    lines = [
        Line(f["names"][i], steps, np.maximum(f["heights"][i] - f["floor"], LEAST), COLOURS[k])
        for k, i in enumerate(best)
    ]
    title = "height above the lowest point, the best six"
    return [
        ("All paths", plane_chart(plane, "paths")),
        (title, line_chart(lines, title, Axis("step"), Axis("height", low=LEAST, log=True))),
    ]


def by_layer(f: Found, what: str, title: str) -> tuple[str, str]:
    """Draw a line for each way of starting, over the layers."""
    layers = np.arange(1, f[what].shape[1] + 1)
    lines = [
        Line(way, layers, np.where(row > LEAST, row, np.nan), COLOURS[k % len(COLOURS)])
        for k, (way, row) in enumerate(zip(f["ways"], f[what], strict=True))
    ]
    return title, line_chart(lines, title, Axis("layer", whole=True), Axis(what, low=LEAST, log=True))


def of_starts(f: Found) -> Charts:
    """Draw variance and gradient over the layers."""
    return [by_layer(f, "variance", "Variance by layer"), by_layer(f, "gradient", "Gradient by layer")]


def of_vanishing(f: Found) -> Charts:
    """Draw the gradient of each layer at the end, and both losses."""
    layers, charts = np.arange(1, f["gradients"].shape[2] + 1), []
    last = [np.nanmedian(g, axis=0) for g in f["gradients"]]
    pairs = list(zip(f["names"], (BLUE, ORANGE), strict=True))
    lines = [Line(n, layers, np.where(g > 0, g, np.nan), c, dots=True) for (n, c), g in zip(pairs, last, strict=True)]
    title = "Gradient by layer, the median of the training"
    charts.append((title, line_chart(lines, title, Axis("layer", whole=True), Axis("norm", log=True))))
    losses = [Line(n, f["steps"], loss, c) for (n, c), loss in zip(pairs, f["losses"], strict=True)]
    charts.append(("Loss", line_chart(losses, "loss", Axis("step"), Axis("loss", log=True))))
    return charts


def of_capacity(f: Found) -> Charts:
    """Draw both errors by degree, and the best fit beside the most bent one."""
    errors = [Line(n, f["degrees"], f[n], c, dots=True) for n, c in (("train", BLUE), ("test", ORANGE))]
    curves = [
        Line("truth", f["across"], f["truth"], "currentColor"),
        Line(f"degree {f['best']}", f["across"], f["curves"][f["best"]], BLUE),
        Line(f"degree {f['degrees'][-1]}", f["across"], f["curves"][-1], ORANGE),
    ]
    room = float(np.abs(f["y"]).max()) * 1.6
    return [
        ("Error by degree", line_chart(errors, "error", Axis("degree", whole=True), Axis("mean square", log=True))),
        ("The fits", line_chart(curves, "fits", Axis("x"), Axis("y", -room, room))),
    ]


def of_hebb(f: Found) -> Charts:
    """Draw the cloud with the path of the weight, and how it turns."""
    plane = Plane(*window(f["points"]), ("x1", "x2"), points=f["points"], paths=[Path("weight", f["path"])])
    turn = Line("|cos|", f["steps"], f["cosine"])
    return [
        ("The weight turns", plane_chart(plane, "cloud and weight")),
        ("|cos| to the first component", line_chart([turn], "cosine", Axis("step"), Axis("|cos|", 0, 1))),
    ]


CHARTS: dict[str, Callable[[Found], Charts]] = {
    "perceptron": of_perceptron,
    "regression": of_regression,
    "search": of_search,
    "backprop": of_backprop,
    "race": of_race,
    "starts": of_starts,
    "vanishing": of_vanishing,
    "capacity": of_capacity,
    "hebb": of_hebb,
}
