"""Clusters: a map on which alike examples are near, and what each cluster holds."""

from pydantic import BaseModel, Field

from ..charts import number
from ..svg import escape, svg
from .html import Html, figure, joined, paragraph, safe, section, table, tag
from .stored import Stored, parse

SIDE = 520
COLOURS = (
    *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#7b5ea7", "#5f6b6d", "#b2182b"),
)
PNG = r"^iVBORw0KGgo[A-Za-z0-9+/]*={0,2}$"
THUMB = "width:44px;height:44px;image-rendering:pixelated;margin:1px"


class Points(BaseModel):
    """Places on the map."""

    x: list[float]
    y: list[float]
    cluster: list[int]


class Cluster(BaseModel):
    """What a cluster holds."""

    size: int
    labels: list[tuple[str, int]]
    pictures: list[str] = Field(default_factory=list)
    apart: list[tuple[str, float]]
    rows: list[int]


class Clusters(BaseModel):
    """clusters.json."""

    how: str
    n: int
    points: Points
    clusters: list[Cluster]
    labelled: bool


def clusters_section(run: Stored) -> Html:
    """Draw the map and tell of each cluster; empty where the run makes none."""
    if not (run.path / "clusters.json").exists():
        return Html("")
    found: Clusters = parse(run.path / "clusters.json", Clusters)
    lead = paragraph(
        f"{len(found.clusters)} clusters of the {found.n:,} test examples, by k-means on what the network has learnt. "
        "They count from the largest of the training part."
        + (" The label was never learnt from; it only names them here." if found.labelled else ""),
        kind="quiet",
    )
    picture = figure(drawn(found), f"{len(found.points.x):,} test examples; alike ones are near ({found.how})")
    return section("clusters", "Clusters", lead, picture, listed(found))


def drawn(found: Clusters) -> str:
    """Draw the examples as points, with the number of each cluster at its middle."""
    xs, ys = found.points.x, found.points.y
    low, high = (min(xs), min(ys)), (max(xs), max(ys))
    wide = max(high[0] - low[0], high[1] - low[1], 1e-9)
    places = [
        (20 + (SIDE - 40) * (x - low[0]) / wide, 20 + (SIDE - 40) * (high[1] - y) / wide)
        for x, y in zip(xs, ys, strict=True)
    ]
    dots, names = [], []
    for code in range(len(found.clusters)):
        own = [p for p, c in zip(places, found.points.cluster, strict=True) if c == code]
        spots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in own)
        dots.append(f'<g fill="{colour(code)}" fill-opacity=".6">{spots}</g>')
        if own:
            middle = [sorted(values)[len(own) // 2] for values in zip(*own, strict=True)]
            names.append(name(middle[0], middle[1], code))
    return svg(SIDE, SIDE, "Map of the clusters", "Points of one colour are of one cluster.", "".join(dots + names))


def name(x: float, y: float, code: int) -> str:
    """Write the number of a cluster on a disc of its colour."""
    disc = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" fill="{colour(code)}" stroke="#fff" stroke-width="1.5"/>'
    words = f'<text x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle" font-weight="600" fill="#fff">{code + 1}</text>'
    return disc + words


def colour(code: int) -> str:
    """Return the colour of a cluster; they repeat."""
    return COLOURS[code % len(COLOURS)]


def listed(found: Clusters) -> Html:
    """Tell of each cluster: how large it is, what sets it apart, which examples are at its middle."""
    head = ["cluster", "examples", *(["labels"] if found.labelled else []), "in the middle"]
    apart = any(c.apart for c in found.clusters)
    head += ["set apart by"] if apart else []
    rows = []
    for code, cluster in enumerate(found.clusters):
        chip = tag("span", str(code + 1), style=f"color:{colour(code)};font-weight:600")
        labels = [", ".join(f"{label} ({count:,})" for label, count in cluster.labels)] if found.labelled else []
        far = [", ".join(f"{n} {'+' if v > 0 else '−'}{number(abs(v))}" for n, v in cluster.apart)] if apart else []
        rows.append([chip, cluster.size, *labels, middle(cluster), *far])
    note = " Columns are told in standard deviations from the mean of all examples." if apart else ""
    return joined([table(head, rows), paragraph(note, kind="quiet") if note else ""])


def middle(cluster: Cluster) -> Html:
    """Show the examples nearest to the centre: their pictures, or their rows."""
    if cluster.pictures:
        return joined(
            Html(f'<img src="data:image/png;base64,{safe(p)}" alt="{escape(f"row {row}")}" style="{THUMB}">')
            for p, row in zip(cluster.pictures, cluster.rows, strict=True)
        )
    return safe("rows " + ", ".join(map(str, cluster.rows[:5])))
