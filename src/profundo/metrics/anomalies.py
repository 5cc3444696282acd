"""Scores of oddness: how well the odd ones are ranked, and what a threshold finds and falsely calls odd."""

import numpy as np

from .intervals import bootstrap, require, wilson
from .metric import Metric, Score
from .ranking import areas, rank


def anomaly_scores(
    odd: np.ndarray, oddness: np.ndarray, alarm: np.ndarray, *, seed: int = 0, resamples: int = 1000
) -> dict[str, Score]:
    """Score oddness (n,) and alarms (n,) booleans against what is odd (n,) booleans: every metric of ANOMALIES.

    Raises DataError where the shapes do not fit or an oddness is not finite.
    """
    odd, oddness, alarm = np.asarray(odd, bool), np.asarray(oddness, np.float64), np.asarray(alarm, bool)
    require(len(odd) > 0, "there is no example to score.")
    require(odd.shape == oddness.shape == alarm.shape, f"odd is {odd.shape}, oddness {oddness.shape}; alike wanted.")
    require(bool(np.isfinite(oddness).all()), f"{int((~np.isfinite(oddness)).sum())} values of oddness are not finite.")
    ranking = rank(odd, oddness)

    def measure(weights: np.ndarray) -> dict[str, np.ndarray]:
        auc, precision = areas(ranking, weights)
        return {"average_precision": precision, "roc_auc": auc}

    return bootstrap(measure, len(odd), seed=seed, resamples=resamples) | {
        "found": wilson(int((odd & alarm).sum()), int(odd.sum())),
        "false_alarms": wilson(int((~odd & alarm).sum()), int((~odd).sum())),
        "precision": wilson(int((odd & alarm).sum()), int(alarm.sum())),
        "alarms": wilson(int(alarm.sum()), len(alarm)),
    }


def alarm_scores(alarm: np.ndarray) -> dict[str, Score]:
    """Score alarms (n,) booleans where nothing is known of what is odd: the metric of ALARMS."""
    return {"alarms": wilson(int(np.sum(alarm)), len(alarm))}


def single(name: str, odd: np.ndarray, oddness: np.ndarray) -> float:
    """Return a value of a ranking over all the examples."""
    auc, precision = areas(rank(np.asarray(odd, bool), np.asarray(oddness, float)), np.ones((1, len(odd))))
    return float({"roc_auc": auc, "average_precision": precision}[name][0])


def average_precision(odd: np.ndarray, oddness: np.ndarray) -> float:
    """Return the mean over the odd ones of the precision at their oddness."""
    return single("average_precision", odd, oddness)


def roc_auc(odd: np.ndarray, oddness: np.ndarray) -> float:
    """Return the chance that an odd one is odder than a usual one."""
    return single("roc_auc", odd, oddness)


def share(odd: np.ndarray, alarm: np.ndarray) -> float:
    """Return the share of alarms."""
    return float(np.mean(alarm))


ALARMS: tuple[Metric, ...] = (
    Metric("alarms", "The share of examples that are odder than the threshold.", "lower", "wilson", share),
)
ANOMALIES: tuple[Metric, ...] = (
    Metric(
        "average_precision",
        "The mean, over the odd ones, of the share of odd ones among all that are at least as odd; a random order "
        "reaches the share of odd ones.",
        "higher",
        "bootstrap",
        average_precision,
    ),
    Metric("roc_auc", "The chance that an odd one is odder than a usual one.", "higher", "bootstrap", roc_auc),
    Metric(
        "found",
        "The share of the odd ones that are over the threshold.",
        "higher",
        "wilson",
        lambda odd, alarm: share(odd, np.asarray(alarm)[np.asarray(odd, bool)]),
    ),
    Metric(
        "false_alarms",
        "The share of the usual ones that are over the threshold.",
        "lower",
        "wilson",
        lambda odd, alarm: share(odd, np.asarray(alarm)[~np.asarray(odd, bool)]),
    ),
    Metric(
        "precision",
        "The share of the alarms that are right.",
        "higher",
        "wilson",
        lambda odd, alarm: share(odd, np.asarray(odd)[np.asarray(alarm, bool)]),
    ),
    *ALARMS,
)
