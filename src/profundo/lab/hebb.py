"""A linear unit that learns without answers: what fires together is wired together.

y = w x, and after each point Hebb's rule (1949) adds lr y x to w, which grows for ever; Oja's rule (1982) adds
lr y (x - y w), which keeps its length near 1 and turns it to the first principal component.
"""

from typing import Any

import numpy as np

from .options import Settings

LOST = 1e6
LOOKS = 400  # at most


def hebb(o: Settings) -> dict[str, Any]:
    """Turn a weight of two numbers over a cloud of points. `o` are the settings of `table.HEBB`.

    Returns points (n, 2), of mean 0; path (k, 2): the weight after each of steps (k); component (2): the first
    principal component; cosine (k): |cos| of the angle between the two; length (k); grew: whether its length left all
    bounds.
    """
    rng = np.random.default_rng(o.seed)
    angle = np.radians(o.angle)
    along = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = rng.normal(size=(o.points, 2)) * [1.5, 1.5 / o.ratio] @ along
    points -= points.mean(0)
    component = np.linalg.svd(points, full_matrices=False)[2][0]
    w = rng.normal(size=2)
    w *= 0.5 / np.linalg.norm(w)
    path = [w]
    for place in np.concatenate([rng.permutation(o.points) for _ in range(o.passes)]):
        x = points[place]
        said = w @ x
        w = w + o.lr * said * (x - said * w if o.rule == "oja" else x)
        path.append(w)
        if np.linalg.norm(w) > LOST:
            break
    every = np.unique(np.linspace(0, len(path) - 1, LOOKS).round().astype(int))
    shown = np.array(path)[every]
    length = np.linalg.norm(shown, axis=1)
    return {
        "points": points.astype(np.float32),
        "path": shown.astype(np.float32),
        "steps": every.astype(np.int32),
        "component": component.tolist(),
        "cosine": (np.abs(shown @ component) / length).astype(np.float32),
        "length": length.astype(np.float32),
        "grew": bool(length[-1] > 10),
    }


def sentences(found: dict[str, Any], o: Settings) -> list[str]:
    """Say where the weight points."""
    end = f"length {found['length'][-1]:.4g}, |cos| to the first principal component {found['cosine'][-1]:.5f}"
    lines = [f"{o.rule}'s rule, {found['steps'][-1]:,} points with learning rate {o.lr:g}: {end}"]
    return [*lines, "without anything against it the weight grows for ever"] if found["grew"] else lines
