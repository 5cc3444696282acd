"""Which share has each class in new rows without answers? And are there rows unlike every class?

Both take it that the rows of one class look as they did, and only the shares of the classes changed (label shift).
"""

from dataclasses import dataclass

import numpy as np

SALT = 0x1B
RESAMPLES = 200
ROUNDS = 500  # of expectation-maximisation, at most
NARROW = 1e-6  # the change of a share that ends it
SMALLEST = 1e-30  # probability
RIDGE = 1e-3  # keeps the bias of a class with few rows near 0
USUAL = 0.05  # the share of the reference rows that counts as far out
NEIGHBOURS = 5


@dataclass(frozen=True)
class Calibration:
    """exp(log p * scale + bias), normalised: temperature scaling with a bias for each class."""

    scale: float
    bias: np.ndarray

    def apply(self, logs: np.ndarray) -> np.ndarray:
        """Return calibrated probabilities (n, classes) from logarithms of probabilities."""
        values = logs * self.scale + self.bias
        values = np.exp(values - values.max(1, keepdims=True))
        return values / values.sum(1, keepdims=True)


@dataclass(frozen=True)
class Shares:
    """The share of each class, (classes,): before, and estimated after, with its 95 % interval."""

    before: np.ndarray
    after: np.ndarray
    low: np.ndarray
    high: np.ndarray


def label_shares(
    probabilities: np.ndarray, y: np.ndarray, new: np.ndarray, *, resamples: int = RESAMPLES, seed: int = 0
) -> Shares:
    """Estimate the share of each class among new rows.

    `probabilities` (n, classes) and `y` (n,) are of rows with known answers that the network was not trained on, `new`
    (m, classes) the probabilities of the new rows. Maximum likelihood by expectation-maximisation (Saerens, Latinne and
    Decaestecker 2002) on probabilities calibrated with a temperature and a bias for each class (Alexandari, Kundaje and
    Shrikumar 2020); in our measurements its error was below that of black-box shift estimation (Lipton, Wang and Smola
    2018). The intervals are percentiles of a bootstrap over both samples.
    """
    known, fresh = logarithms(probabilities), logarithms(new)
    n, m = len(known), len(fresh)
    start = calibrate(known, y, np.ones(n))
    before = prior(y, known.shape[1], np.ones(n))
    after = maximise(start.apply(fresh) / before, np.ones(m), before)
    generator = np.random.default_rng([seed, SALT])
    drawn = np.empty((resamples, known.shape[1]))
    for i in range(resamples):
        old, own = (np.bincount(generator.integers(0, k, k), minlength=k).astype(np.float64) for k in (n, m))
        shares = prior(y, known.shape[1], old)
        drawn[i] = maximise(calibrate(known, y, old, start).apply(fresh) / shares, own, after)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0) if resamples else (after, after)
    return Shares(before, after, np.minimum(low, after), np.maximum(high, after))


def logarithms(probabilities: np.ndarray) -> np.ndarray:
    """Return the logarithms of probabilities, none of them infinite."""
    return np.log(np.maximum(np.asarray(probabilities, np.float64), SMALLEST))


def prior(y: np.ndarray, classes: int, weights: np.ndarray) -> np.ndarray:
    """Return the share of each class; half a row is added to each, so that none is 0."""
    counts = np.bincount(y, weights=weights, minlength=classes) + 0.5
    return counts / counts.sum()


def calibrate(logs: np.ndarray, y: np.ndarray, weights: np.ndarray, start: Calibration | None = None) -> Calibration:
    """Fit a calibration to rows with known answers, by maximum likelihood with a slight pull to no bias."""
    from scipy.optimize import minimize

    n, classes = logs.shape
    share = weights / weights.sum()
    rows = np.arange(n)

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        scale, bias = np.exp(parameters[0]), parameters[1:]
        p = Calibration(scale, bias).apply(logs)
        value = -(share * np.log(np.maximum(p[rows, y], SMALLEST))).sum() + RIDGE * (bias**2).sum()
        p[rows, y] -= 1
        p *= share[:, None]
        return value, np.concatenate([[(p * logs).sum() * scale], p.sum(0) + 2 * RIDGE * bias])

    begin = np.zeros(classes + 1) if start is None else np.concatenate([[np.log(start.scale)], start.bias])
    bounds = [(-4.0, 4.0)] + [(-20.0, 20.0)] * classes
    found = minimize(loss, begin, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 100})
    return Calibration(float(np.exp(found.x[0])), found.x[1:])


def maximise(ratios: np.ndarray, weights: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Return the shares q that maximise the sum of weights * log(ratios @ q); ratios are p(class | x) / prior."""
    shares, total = np.maximum(start, 1e-6), weights.sum()
    shares = shares / shares.sum()

    def improved(q: np.ndarray) -> np.ndarray:
        found: np.ndarray = q * (ratios.T @ (weights / (ratios @ q))) / total
        return found

    def likelihood(q: np.ndarray) -> float:
        return float(weights @ np.log(ratios @ q))

    for _ in range(ROUNDS):
        once = improved(shares)
        twice = improved(once)
        step, bend = once - shares, twice - 2 * once + shares
        if np.abs(step).max() < NARROW:
            break
        length = float(np.linalg.norm(step)) / max(float(np.linalg.norm(bend)), 1e-12)
        far = shares + 2 * length * step + length**2 * bend  # a leap along the way: Varadhan and Roland 2008
        far = far / far.sum() if far.min() > 0 else twice
        shares = far if likelihood(far) > likelihood(twice) else twice
    return shares / shares.sum()


@dataclass(frozen=True)
class Strange:
    """How many of the new rows lie beyond what 5 % of the reference rows are beyond, and the chance of so many.

    `share_before` and `share_after` are shares of all rows. `expected` is the share that the change of the classes'
    shares alone would explain, `excess_p` the chance of so many more than that.
    """

    p: float
    share_before: float
    share_after: float
    far: np.ndarray  # (m,) bool
    expected: float
    excess_p: float


def strange(before: np.ndarray, after: np.ndarray, weights: np.ndarray | None = None) -> Strange:
    """Test whether more new rows are far out than reference rows; a score is higher the further out a row is.

    The bound is the reference's k-th highest score; of m new rows without a shift, the number above it is beta-binomial
    (the exceedances of Gumbel and von Schelling 1950), so p is exact, and conservative where scores are equal.
    `weights` (n,) make the reference rows resemble the new ones in their classes.
    """
    from scipy.stats import betabinom, norm

    n, m = len(before), len(after)
    k = max(1, round(USUAL * n))
    bound = np.sort(before)[n - k]
    far = after > bound
    count = int(far.sum())
    p = float(betabinom.sf(count - 1, m, k, n - k + 1))
    weights = np.ones(n) if weights is None else weights
    expected = float(weights @ (before >= bound) / weights.sum())
    rows = weights.sum() ** 2 / (weights**2).sum()
    pooled = (expected * rows + count) / (rows + m)
    error = np.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / rows + 1 / m))
    return Strange(p, k / n, count / m, far, expected, float(norm.sf((count / m - expected) / error)))


def entropies(probabilities: np.ndarray) -> np.ndarray:
    """Return how unsure each answer is: the entropy (n,) of its probabilities (n, classes), from 0 to log classes."""
    p = np.asarray(probabilities, np.float64)
    return -(p * logarithms(p)).sum(1)


def far_from(reference: np.ndarray, features: np.ndarray, *, same: bool = False) -> np.ndarray:
    """Return the distance (n,) to the 5th nearest row of the reference; with `same`, they are its own rows.

    Sun et al. 2022, Out-of-distribution detection with deep nearest neighbours.
    """
    squares = (reference**2).sum(1)
    found = []
    place = min(NEIGHBOURS + same, len(reference)) - 1
    for begin in range(0, len(features), 1000):
        piece = features[begin : begin + 1000]
        distances = (piece**2).sum(1)[:, None] + squares - 2 * piece @ reference.T
        found.append(np.sqrt(np.maximum(np.partition(distances, place, axis=1)[:, place], 0)))
    return np.concatenate(found)
