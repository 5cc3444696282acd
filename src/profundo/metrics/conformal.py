"""How wide the intervals of forecasts are: quantiles of what they missed by, followed as time goes on.

The first quantiles are those of the validation part (split conformal prediction: Vovk et al. 2005). After each step
whose truth is then known, every quantile moves a little towards or away from it, so that it keeps its share of the
truth below it in the long run, whatever the series does (Gibbs and Candès 2021, 2106.00170; Angelopoulos et al. 2023,
2307.16895).
"""

import numpy as np

SHARES = (0.025, 0.1, 0.9, 0.975)  # the ends of the 95 % and of the 80 % interval
RATE = 0.03  # of the distance from the first to the last decile: how fast a quantile moves
ENOUGH = 200  # residuals that a quantile is to rest on; neighbouring steps ahead lend theirs


def first_quantiles(residuals: np.ndarray) -> np.ndarray:
    """Return the quantiles SHARES of residuals truth - forecast, (4, horizon, targets).

    `residuals` are (n, horizon, targets), or (n, horizon, targets, 4) with those of each quantile's own forecast; NaN
    where the truth is not known. Where there are few, the steps before and after lend theirs.
    """
    own = residuals if residuals.ndim == 4 else np.repeat(residuals[..., None], 4, -1)
    count, horizon, targets = own.shape[:3]
    reach = min(horizon, -(-(ENOUGH // max(count, 1)) // 2))
    found = np.zeros((4, horizon, targets))
    for step in range(horizon):
        near = own[:, max(0, step - reach) : step + reach + 1]  # (n, steps, targets, 4)
        for target in range(targets):
            for i, share in enumerate(SHARES):
                values = near[:, :, target, i]
                values = values[np.isfinite(values)]
                if len(values):
                    found[i, step, target] = np.quantile(values, corrected(share, len(values)))
    return np.sort(found, 0) if residuals.ndim == 3 else found


def corrected(share: float, count: int) -> float:
    """Return the share of a finite sample: (n + 1) / n times as far from the middle, so that a new value is covered."""
    away = min(0.5, abs(share - 0.5) * (count + 1) / count)
    return 0.5 + away if share > 0.5 else 0.5 - away


def tracked(residuals: np.ndarray, first: np.ndarray, origins: np.ndarray, rate: float = RATE) -> np.ndarray:
    """Return the quantiles that are known at each of n origins of one series, (n, 4, horizon, targets).

    `residuals` are as in `first_quantiles`, `origins` (n,) the steps at which they were made, ascending: that of step h
    is known h steps later. `first` (4, horizon, targets) are the quantiles at the first origin.
    """
    count, horizon = residuals.shape[:2]
    own = residuals if residuals.ndim == 4 else np.repeat(residuals[..., None], 4, -1)
    own = np.moveaxis(own, 3, 1)  # (n, 4, horizon, targets)
    steps = np.arange(horizon)
    shares = np.array(SHARES)[:, None, None]
    speed = rate * np.maximum(first[2] - first[1], 1e-12)
    found = np.empty((count, *first.shape), np.float32)
    now = first.astype(np.float64).copy()
    heard = np.zeros(horizon, np.int64)  # forecasts whose truth at each step ahead has been used
    for i, origin in enumerate(origins.tolist()):
        while True:
            known = steps[(heard < i) & (origins[np.minimum(heard, count - 1)] + steps < origin)]
            if not len(known):
                break
            seen = own[heard[known], :, known].transpose(1, 0, 2)  # (4, known, targets)
            said = found[heard[known], :, known].transpose(1, 0, 2)  # what was said then, not what would be said now
            move = (shares - (seen <= said)) * speed[known]
            now[:, known] += np.where(np.isfinite(seen), move, 0)
            heard[known] += 1
        found[i] = now
    return found
