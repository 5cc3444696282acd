"""The perceptron's line, mistake by mistake, and the bound on how many there can be.

Novikoff 1962: with the points' distance from the origin at most R and a line through them with a margin of at least g,
the perceptron makes at most (R / g)^2 mistakes, however long it looks. The bias is a weight on an input that is always
1, so the points are (x1, x2, 1) here. On XOR no line exists, and the mistakes never end.
"""

from typing import Any

import numpy as np
from scipy.optimize import nnls

from ..data import DataPlan, load
from ..data.playground import CLASSES
from ..errors import DataError
from ..loop import training
from ..networks import build
from ..recipe import Recipe
from ..schema import Category, Number
from .made import all_of, as_data, task_of
from .options import Settings

WITHIN = 3.0  # the clouds lie in -3 .. 3


def perceptron(o: Settings) -> dict[str, Any]:
    """Learn until a pass without a mistake, or for so many passes. `o` are the settings of `table.PERCEPTRON`.

    Returns points (n, 2), codes (n,), lines (k + 1, 3): w1, w2, b at first (zeros) and after each of the k mistakes,
    mistakes (k,): the point that was wrong, at_pass (k,), wrong (k + 1,): how many points each line has wrong, by_pass:
    mistakes in each pass, radius R, margin g of the best line (0 where no line exists), best (3,): that line, bound
    (R / g)^2 or None, converged, names of the axes, labels.
    """
    rng = np.random.default_rng(o.seed)
    found = own_table(o.source, o.target, o.points, o.seed) if o.source else drawn(o.data, o.points, o.margin, rng)
    return learnt(*found, passes=o.passes, seed=o.seed)


def learnt(
    x: np.ndarray, codes: np.ndarray, names: list[str], labels: tuple[str, str], *, passes: int, seed: int
) -> dict[str, Any]:
    """Train, and note the line after each mistake."""
    data = as_data(x, codes, labels=labels, seed=seed)
    network = build("perceptron", data.schema, single=True)
    task = task_of(data, "perceptron")
    recipe = Recipe(
        epochs=passes, batch_size=1, optimizer="stochastic-gradient-descent", lr=1.0, schedule="constant",
        seed=seed, restore_best=False,
    )  # fmt: skip
    layer = network.get_submodule("output")

    def line() -> np.ndarray:
        weight, bias = (layer.get_parameter(n).detach().numpy() for n in ("weight", "bias"))
        return np.array([*weight[0], bias[0]], dtype=np.float32)

    lines, mistakes, at_pass = [line()], list[int](), list[int]()
    orders = [data.order("train", epoch).tolist() for epoch in range(passes)]
    for progress in training(network, data, task, recipe, live=0.0):
        if progress.whole and progress.epoch not in at_pass:
            break
        if progress.whole or np.array_equal(now := line(), lines[-1]):
            continue
        lines.append(now)
        mistakes.append(orders[progress.epoch - 1][(progress.step - 1) % len(x)])
        at_pass.append(progress.epoch)
    signed = np.where(codes > 0, 1.0, -1.0)
    full = np.concatenate([all_of(data).x.numpy(), np.ones((len(x), 1))], 1)
    best, widest = widest_margin(full * signed[:, None])
    radius = float(np.linalg.norm(full, axis=1).max())
    by_pass = np.bincount(at_pass, minlength=progress.epoch + 1)[1:]
    return {
        "points": x.astype(np.float32),
        "codes": codes.astype(np.int32),
        "lines": np.stack(lines),
        "mistakes": np.array(mistakes, dtype=np.int32),
        "at_pass": np.array(at_pass, dtype=np.int32),
        "wrong": (np.where(full @ np.stack(lines).T > 0, 1, 0) != codes[:, None]).sum(0).astype(np.int32),
        "by_pass": by_pass.tolist(),
        "radius": radius,
        "margin": widest,
        "best": best.tolist(),
        "bound": (radius / widest) ** 2 if widest else None,
        "converged": bool(by_pass[-1] == 0),
        "names": names,
        "labels": list(labels),
    }


def widest_margin(signed: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the line of unit length with the widest margin to points (n, 3) times their sign, and that margin.

    It is the shortest w with w z >= 1 for every row z, by Lawson and Hanson's least distance programming (Solving Least
    Squares Problems, 1974, chapter 23). Zeros, and 0, where no line divides the points.
    """
    system = np.concatenate([signed.T, np.ones((1, len(signed)))])
    goal = np.array([*np.zeros(signed.shape[1]), 1.0])
    weights, _ = nnls(system, goal, maxiter=50 * len(signed))
    rest = system @ weights - goal
    if abs(rest[-1]) < 1e-9:
        return np.zeros(signed.shape[1]), 0.0
    w = -rest[:-1] / rest[-1]
    w /= np.linalg.norm(w)
    margin = float((signed @ w).min())
    return (w, margin) if margin > 0 else (np.zeros_like(w), 0.0)


def drawn(
    data: str, count: int, margin: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, list[str], tuple[str, str]]:
    """Draw points: two clouds on either side of a line, or a data set of the Playground, at half its size."""
    names, labels = ["x1", "x2"], ("blue", "orange")
    if data != "apart":
        x, sign = CLASSES[data](count, 0.0, rng)
        return x / 2, (sign < 0).astype(int), names, labels
    angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.5, 0.5)
    normal = np.array([np.cos(angle), np.sin(angle)])
    x = rng.uniform(-WITHIN, WITHIN, (count, 2))
    far = x @ normal - offset
    codes = (far > 0).astype(int)
    codes[:2], far[:2] = (0, 1), (-1.0, 1.0)
    x[:2] = normal * offset + far[:2, None] * normal  # one of each at least
    return x + np.sign(far)[:, None] * margin / 2 * normal, codes, names, labels


def own_table(
    source: str, target: str, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray, list[str], tuple[str, str]]:
    """Read two numbers and two labels of a table: the first numbers, in standard units, and the commonest labels."""
    data = load(source, DataPlan(source=source, target=(target,) if target else (), seed=seed))
    kinds = list(data.schema.targets.values())
    numbers = [name for name, kind in data.schema.inputs.items() if isinstance(kind, Number)]
    if len(kinds) != 1 or not isinstance(kinds[0], Category) or len(numbers) < 2:
        raise DataError(f"{data.name} has not two numbers and a column of labels: a line needs both. Choose another.")
    y, columns = data.y.numpy(), [data.schema.features.index(name) for name in numbers[:2]]
    two = np.sort((-np.bincount(y)).argsort(kind="stable")[:2])
    rows = np.flatnonzero(np.isin(y, two))
    rows = np.sort(np.random.default_rng(seed).permutation(rows)[:count])
    first, second = (kinds[0].labels[code] for code in two)
    return data.x.numpy()[rows][:, columns], (y[rows] == two[1]).astype(int), numbers[:2], (first, second)


def sentences(found: dict[str, Any], o: Settings) -> list[str]:
    """Say how many mistakes there were, and how many there can be."""
    count = len(found["mistakes"])
    if found["bound"] is None:
        wrong = int(found["wrong"].min())
        return [
            f"no line parts these {len(found['codes'])} points: {count} mistakes in {len(found['by_pass'])} passes, "
            f"and they would never end",
            f"the best of its lines still had {wrong} wrong",
        ]
    how = "then none" if found["converged"] else f"and more to come after {o.passes} passes"
    return [
        f"{count} mistakes, {how}: at most (R / margin)^2 = ({found['radius']:.3f} / {found['margin']:.3f})^2 = "
        f"{found['bound']:,.0f} there can be",
    ]
