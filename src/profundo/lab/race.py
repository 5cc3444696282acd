"""A race of profundo's own update rules down one surface."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from ..flat import Flat
from ..optimizers import Optimizer
from .options import Settings
from .surfaces import SURFACES, Surface

GRID = 90  # points of the drawn surface along each axis
RATES = tuple(float(f"{10 ** (k / 3):.2g}") for k in range(-10, 3))  # 0.00046 to 4.6, three a decade
FAR = 1e3  # whoever is so far away has left the surface


def race(o: Settings) -> dict[str, Any]:
    """Let every optimiser take `o.steps` steps from the same place. `o` are the settings of `table.RACE`.

    Returns names (k), lrs (k): the learning rate of each; paths (k, steps + 1, 2); heights (k, steps + 1), NaN once it
    has left the surface; distances (k): from the nearest minimum at the end, None where it left; order: the names, the
    best first (by the mean over the race of log10 of the height above the lowest point); surface (90, 90), a row for
    each y, with x_axis, y_axis, start, lowest [[x, y]], floor: the lowest height, and formula.
    """
    place = SURFACES[o.surface]
    start = (place.start[0] + o.x, place.start[1] + o.y)
    floor = min(float(at(place, x, y)) for x, y in place.lowest)
    names = list(dict.fromkeys(o.optimizers))
    rates = [o.lr] if o.lr else RATES
    tried = walks(place, [(name, lr) for name in names for lr in rates], start, o)
    runs = []
    for first in range(0, len(tried), len(rates)):
        best = min(range(len(rates)), key=lambda i: slowness(tried[first + i][1], floor))
        runs.append((rates[best], *tried[first + best]))
    heights = np.stack([h for _, _, h in runs])
    order = sorted(range(len(names)), key=lambda i: slowness(heights[i], floor))
    x_axis, y_axis = (np.linspace(a, b, GRID, dtype=np.float32) for a, b in (place.window[:2], place.window[2:]))
    ends = [float(np.min(np.linalg.norm(np.array(place.lowest) - path[-1], axis=1))) for _, path, _ in runs]
    return {
        "names": names,
        "lrs": [lr for lr, _, _ in runs],
        "paths": np.stack([path for _, path, _ in runs]),
        "heights": heights,
        "distances": [end if np.isfinite(h[-1]) else None for end, h in zip(ends, heights, strict=True)],
        "order": [names[i] for i in order],
        "surface": at(place, *torch.meshgrid(torch.tensor(x_axis), torch.tensor(y_axis), indexing="xy")).numpy(),
        "x_axis": x_axis,
        "y_axis": y_axis,
        "start": list(start),
        "lowest": [list(p) for p in place.lowest],
        "floor": floor,
        "formula": place.formula,
    }


def walks(
    place: Surface, walkers: Sequence[tuple[str, float]], start: tuple[float, float], o: Settings
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Let each (optimiser, learning rate) go down: its path (steps + 1, 2) and its heights (steps + 1,).

    All go side by side, so that one backward pass is for all. Whoever leaves the surface stays where it was last, and
    has no height from then on.
    """
    optimizers = [optimizer_at(start, name) for name, _ in walkers]
    generator = torch.Generator().manual_seed(o.seed)
    paths, heights = np.empty((len(walkers), o.steps + 1, 2), np.float32), np.full((len(walkers), o.steps + 1), np.nan)
    here = [True] * len(walkers)
    for step in range(o.steps + 1):
        places = torch.stack([one.flat.values for one in optimizers]).requires_grad_()
        height = place.height(places[:, 0], places[:, 1])
        (slopes,) = torch.autograd.grad(height.sum(), places)
        if o.noise:
            slopes = slopes + torch.randn(2, generator=generator) * slopes.norm(dim=1, keepdim=True) * o.noise / 2**0.5
        paths[:, step], now = places.detach().numpy(), height.detach().numpy()
        for i, (one, (_, lr)) in enumerate(zip(optimizers, walkers, strict=True)):
            here[i] = here[i] and bool(np.abs(paths[i, step]).sum() < FAR)  # False for NaN too
            if not here[i]:
                paths[i, step] = paths[i, step - 1]
                continue
            heights[i, step] = now[i]
            one.flat.grads.copy_(slopes[i])
            one.step(lr)
    return list(zip(paths, heights.astype(np.float32), strict=True))


def optimizer_at(start: tuple[float, float], name: str) -> Optimizer:
    """Return an optimiser of two numbers, x and y."""
    walker = nn.Module()
    walker.at = nn.Parameter(torch.tensor(start))
    return Optimizer(Flat(walker), name, {})


def at(place: Surface, x: Any, y: Any) -> torch.Tensor:
    """Return the height at a place, or at each of many."""
    return place.height(torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y, dtype=torch.float32))


def slowness(heights: np.ndarray, floor: float) -> float:
    """Return the mean over the race of log10 of the height above the lowest point; infinite for who left."""
    above = np.log10(np.maximum(heights.astype(float) - floor, 1e-12))
    return float(above.mean()) if np.isfinite(above).all() else float("inf")


def sentences(found: dict[str, Any], o: Settings) -> list[str]:
    """Say who came how far."""
    x, y = found["start"]
    lines = [f"{o.surface}: {found['formula']}, {o.steps} steps from ({x:g}, {y:g}), the best first"]
    for name in found["order"]:
        i = found["names"].index(name)
        end, far = found["heights"][i, -1], found["distances"][i]
        how = "left the surface" if far is None else f"height {end:.4g}, {far:.3g} from the nearest minimum"
        lines.append(f"{name:<9} lr {found['lrs'][i]:<8g} {how}")
    return lines
