"""What the report shows of forecasts: a few of them with their intervals, errors by step and by time, coverage."""

from typing import Any

import numpy as np

from ..answers import Answers
from ..data.forecast import new
from ..data.forecasts import Forecasts, seen
from ..data.raw import Raw
from ..errors import DataError
from ..metrics.forecasting import scaled_errors
from .forecast_answers import ask
from .outcome import Learnt

FANS = 3  # forecasts that are drawn
BACK = 2.5  # horizons of the past that are drawn before a forecast
STRETCHES = 40  # of the test part, each with its mean error
CLOSE = 0.03  # how far the share of truth inside may be from the promise


def card(learnt: Learnt, data: Forecasts, answers: Answers) -> dict[str, Any]:
    """Return plain JSON."""
    assert answers.y is not None
    made, y, origins = answers.more["forecast"], answers.y, np.asarray(answers.more["origins"])
    future = seen(data.schema.targets["future"])
    with np.errstate(invalid="ignore"):
        errors = np.abs(y - made.point) / made.naive[:, None]
        every = {"network": errors}
        every |= {name: np.abs(y - point) / made.naive[:, None] for name, point in data.beside.items()}
        inside = {
            level: np.where(np.isnan(y), np.nan, (made.low[level] <= y) & (y <= made.high[level])) for level in made.low
        }
    coverage = {str(level): float(np.nanmean(v)) for level, v in inside.items()}
    return {
        "horizon": data.ahead,
        "context": data.context,
        "season": future.season,
        "step": data.step.words,
        "forecasts": len(y),
        "errors": {name: means(e, (0, 2)) for name, e in every.items()},
        "coverage": coverage,
        "coverage_by_step": {str(level): means(v, (0, 2)) for level, v in inside.items()},
        "by_target": by_target(future.channels, errors, inside),
        "by_series": by_series(data, made.owner, errors),
        "by_time": by_time(data, origins, every),
        "fans": [fan(data, answers, int(i), future.channels) for i in chosen(answers)] + next_fan(learnt, data),
        "sentences": sentences(coverage, float(np.nanmean(errors)), future.season, len(y)),
    }


def means(values: np.ndarray, axes: tuple[int, ...]) -> list[float | None]:
    """Return means over what is known, None where nothing is."""
    known = np.isfinite(values).sum(axes)
    total = np.where(np.isfinite(values), values, 0).sum(axes)
    return [float(t / n) if n else None for t, n in zip(total, known, strict=True)]


def by_target(names: tuple[str, ...], errors: np.ndarray, inside: dict[int, np.ndarray]) -> list[dict[str, Any]]:
    """Return the error and the coverage of each target."""
    each = means(errors, (0, 1))
    shares = {level: means(v, (0, 1)) for level, v in inside.items()}
    return [
        {"target": name, "MASE": each[i], **{f"coverage of {level} %": v[i] for level, v in shares.items()}}
        for i, name in enumerate(names)
    ]


def by_series(data: Forecasts, owner: np.ndarray, errors: np.ndarray) -> list[dict[str, Any]]:
    """Return the error of each series, the worst first; nothing where there is one."""
    if len(data.names) < 2:
        return []
    found = [(data.names[o], errors[owner == o]) for o in np.unique(owner).tolist()]
    rows: list[dict[str, Any]] = []
    for name, own in found:
        known = own[np.isfinite(own)]
        rows.append({"series": name, "forecasts": len(own), "MASE": float(known.mean()) if len(known) else None})
    return sorted(rows, key=lambda row: -(row["MASE"] or 0.0))


def by_time(data: Forecasts, origins: np.ndarray, every: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Return the mean error of the forecasts of each stretch of the test part, and of what stands beside them."""
    order = np.argsort(data.numbers[origins], kind="stable")
    rows = []
    for part in np.array_split(order, min(STRETCHES, len(order))):
        first = data.step.texts(data.numbers[origins[part[:1]]])[0]
        errors = {name: means(e[part].reshape(-1, 1), (0,))[0] for name, e in every.items()}
        rows.append({"start": first, "errors": errors})
    return rows


def chosen(answers: Answers) -> list[int]:
    """Return the last forecast, one of the middle by its error, and the worst."""
    assert answers.losses is not None
    order = np.argsort(answers.losses, kind="stable")
    picked = [len(order) - 1, int(order[len(order) // 2]), int(order[-1])]
    return list(dict.fromkeys(picked))[:FANS]


def fan(data: Forecasts, answers: Answers, index: int, names: tuple[str, ...]) -> dict[str, Any]:
    """Return one forecast to draw, of its worst target: the past, the truth, the points and the intervals."""
    made, origin = answers.more["forecast"], int(answers.more["origins"][index])
    y = np.full(made.point[[index]].shape, np.nan) if answers.y is None else answers.y[[index]]
    errors = [scaled_errors(y[..., [t]], made.point[[index]][..., [t]], made.naive[[index]][:, [t]])[0]
              for t in range(len(names))]  # fmt: skip
    target = int(np.argmax(errors))
    behind = min(data.context, max(data.ahead, round(BACK * data.ahead)))
    places = np.arange(origin - behind, origin)
    past = data.own_units(data.y.cpu().numpy()[places].astype(np.float64)[:, None], places)[:, 0, target]
    whole = np.arange(origin - behind, origin + data.ahead)
    return {
        "series": data.names[data.owner[origin]],
        "target": names[target],
        "mase": None if answers.losses is None else float(answers.losses[index]),
        "times": data.step.texts(data.numbers[whole]),
        "past": plain(past),
        "truth": plain(y[0, :, target]),
        "point": plain(made.point[index, :, target]),
        "low": {str(level): plain(v[index, :, target]) for level, v in made.low.items()},
        "high": {str(level): plain(v[index, :, target]) for level, v in made.high.items()},
    }


def next_fan(learnt: Learnt, data: Forecasts) -> list[dict[str, Any]]:
    """Return what comes after the end of the data; nothing where columns known ahead are not known so far."""
    assert data.frame is not None
    try:
        ahead = new(data.schema, data.task, Raw(data.name, data.frame), targets=False)
    except DataError:
        return []
    answers = ask(learnt.network, learnt.task, ahead, "test")
    return [fan(ahead, answers, 0, seen(data.schema.targets["future"]).channels)]


def plain(values: np.ndarray) -> list[float | None]:
    """Return numbers for JSON, None where there is none."""
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in values.tolist()]


def sentences(coverage: dict[str, float], mase: float, season: int, count: int) -> list[str]:
    """Say what the figures mean."""
    better = "better than" if mase < 1 else "no better than"
    said = [
        f"The mean absolute scaled error is {mase:.3f} over {count:,} forecasts: {better} to repeat the value of "
        f"{season} steps before was in the training part, which is 1."
    ]
    for level, share in coverage.items():
        away = share - int(level) / 100
        kept = (
            "as promised"
            if abs(away) <= CLOSE
            else "too few: they are too narrow"
            if away < 0
            else "too many: they are too wide"
        )
        said.append(f"The {level} % intervals hold {100 * share:.1f} % of the truth: {kept}.")
    return said
