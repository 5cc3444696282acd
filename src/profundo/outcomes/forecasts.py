"""Forecasts: scored in their own units with intervals, beside forecasts without a network, and written as a table."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..answers import Answers
from ..baselines import BaselineResult
from ..data.dataset import Data
from ..data.forecasts import Forecasts, seen
from ..forecast_baselines import Plain, forecast_baselines
from ..metrics import Rival, Score, verdict_of_losses
from ..metrics.forecasting import Forecast, blocks, forecasting_scores, scaled_errors
from ..plan import Plan
from ..run import Run
from .forecast_answers import ask, finish, series
from .forecast_card import card
from .outcome import Learnt, Outcome

if TYPE_CHECKING:
    import pandas as pd

ENDS = {"2.5 %": (95, 0), "10 %": (80, 0), "90 %": (80, 1), "97.5 %": (95, 1)}
SHOWN = 6  # values of a forecast that are written out


def score(answers: Answers, task: str, **how: Any) -> dict[str, Score]:
    """Measure forecasts."""
    assert answers.y is not None
    return forecasting_scores(answers.y, answers.more["forecast"], **how)


def describe(answers: Answers, data: Data, index: int, position: int) -> dict[str, Any]:
    """Describe one forecast: when it was made, its first values and those that came."""
    data = series(data)
    assert answers.y is not None and answers.losses is not None
    origin = int(answers.more["origins"][index])
    values = {"from": data.step.texts(data.numbers[[origin]])[0]}
    if name := data.names[data.owner[origin]]:
        values = {"series": name, **values}
    return {
        "id": int(answers.ids[index]),
        "loss": float(answers.losses[index]),
        "confidence": None,
        "true": words(answers.y[index]),
        "predicted": words(answers.prediction.values[index]),
        "picture": None,
        "values": values,
    }


def words(values: np.ndarray) -> str:
    """Write the first values of a forecast (horizon, targets), the mean of the targets where there are several."""
    means = [float(np.mean(row[np.isfinite(row)])) if np.isfinite(row).any() else np.nan for row in values]
    shown = ", ".join("?" if np.isnan(v) else f"{v:.4g}" for v in means[:SHOWN])
    return shown + (", ..." if len(means) > SHOWN else "")


def table(data: Data, answers: Answers) -> "pd.DataFrame":
    """Return a row for each step ahead of each series: `time`, each target, and the ends of its two intervals."""
    import pandas as pd

    data, made = series(data), answers.more["forecast"]
    future = seen(data.schema.targets["future"])
    count, horizon = made.point.shape[:2]
    origins = np.asarray(answers.more["origins"])
    steps = (data.numbers[origins][:, None] + np.arange(horizon)).ravel()
    columns: dict[str, Any] = {}
    if future.series:
        columns[future.series] = [data.names[data.owner[o]] for o in origins.tolist() for _ in range(horizon)]
    columns["time"] = data.step.texts(steps)
    columns["step"] = np.tile(np.arange(1, horizon + 1), count)
    for target, name in enumerate(future.channels):
        columns[name] = rounded(made.point[:, :, target])
        for end, (level, side) in ENDS.items():
            columns[f"{name} {end}"] = rounded((made.high if side else made.low)[level][:, :, target])
    return pd.DataFrame(columns)


def rounded(values: np.ndarray) -> np.ndarray:
    """Return values in a row, with seven significant digits."""
    return np.array([float(f"{v:.7g}") for v in values.ravel().tolist()])


def rivals(plan: Plan, data: Data) -> Iterator[BaselineResult]:
    """Yield what is reached without a network on the same forecasts."""
    data = series(data)
    for plain in forecast_baselines(data, plan.budget):
        yield scored(plain, data, plan.data.seed)


def scored(plain: Plain, data: Forecasts, seed: int) -> BaselineResult:
    """Score a baseline; what it forecasts for the test part is kept for the report."""
    measured, losses = {}, {}
    for split in ("validation", "test"):
        origins = data.origins(split)
        whose, y = data.owner[origins], data.futures(origins)
        point = data.own_units(plain.answer(origins), origins)
        made = Forecast(point, data.units.naive[whose], data.units.spreads[whose], whose)
        measured[split] = forecasting_scores(y, made, seed=seed)
        losses[split] = scaled_errors(y, point, made.naive)
        if split == "test":
            data.beside[plain.name] = point
    return BaselineResult(
        plain.name,
        plain.seconds,
        measured["test"],
        measured["validation"],
        -measured["validation"]["MASE"].value,
        prediction=losses["test"],
        note=plain.note,
    )


def store(run: Run, data: Data, answers: Answers, found: Sequence[BaselineResult]) -> dict[str, np.ndarray]:
    """Return the arrays of answers.npz: the forecasts (n, horizon, targets), the truth, and the intervals' ends."""
    assert answers.y is not None
    made = answers.more["forecast"]
    arrays = {"ids": answers.ids, "y": answers.y, "prediction": made.point}
    arrays |= {
        f"{side} {level} %": values[level]
        for side, values in (("low", made.low), ("high", made.high))
        for level in values
    }
    return {name: v.astype(np.float32) if v.dtype == np.float64 else v for name, v in arrays.items()}


def compared(answers: Answers, found: Sequence[BaselineResult], plan: Plan, measure: str) -> dict[str, Any] | None:
    """Compare with the best baseline, block by block of neighbouring forecasts: alone they are not independent."""
    assert answers.losses is not None
    block = blocks(answers.more["forecast"].owner, answers.prediction.values.shape[1])
    sizes = np.bincount(block)
    done = [
        Rival(b.name, b.validation, np.bincount(block, b.prediction) / sizes) for b in found if b.prediction is not None
    ]
    losses = np.bincount(block, answers.losses.astype(np.float64)) / sizes
    return verdict_of_losses(measure, losses, done, seed=plan.data.seed) if done else None


def cards(run: Run, learnt: Learnt, data: Data, answers: Answers) -> dict[str, Any]:
    """Write forecast.json: forecasts to look at, errors by step and by time, coverage, and what comes after the end."""
    made = card(learnt, series(data), answers)
    run.write("forecast.json", made)
    return {"forecast": {"sentences": made["sentences"]}}


OUTCOME = Outcome(
    score=score,
    describe=describe,
    table=table,
    ask=ask,
    store=store,
    cards=cards,
    rivals=rivals,
    measure="MASE",
    verdict=compared,
    finish=finish,
)
