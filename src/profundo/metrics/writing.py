"""Scores of written texts against the right ones: BLEU, chrF, and how many are exactly right.

The words and their runs are counted by sacrebleu (Post 2018, arXiv 1804.08771), so that the figures are those that the
field compares: of whole texts with capitals and signs, its own tokenisation (13a).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ..errors import missing_extra
from .intervals import bootstrap, require, wilson
from .metric import Metric, Score

RUNS = 4  # words of the longest run that BLEU counts
LETTERS = 6  # letters of the longest run that chrF counts
BETA = 2  # how many times as much recall counts as precision in chrF


@dataclass(frozen=True)
class Counts:
    """What BLEU and chrF are made of, a row for each text.

    `bleu` (n, 10): the runs of 1 to 4 words that are right, all of them, the words written and those of the right text.
    `chrf` (n, 18): for runs of 1 to 6 letters, those written, those of the right text, and those in both. `exact` (n,).
    """

    bleu: np.ndarray
    chrf: np.ndarray
    exact: np.ndarray

    def __len__(self) -> int:
        return len(self.exact)

    def measure(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Return {"bleu", "chrf"} from 0 to 100 for each row of weights (resamples, n) of the texts."""
        return {"bleu": bleu(weights @ self.bleu), "chrf": chrf(weights @ self.chrf)}


def writing_scores(
    truth: Sequence[str], found: Sequence[str], *, seed: int = 0, resamples: int = 1000
) -> dict[str, Score]:
    """Score written texts: every metric of WRITING. Raises DataError for lists of different lengths or without a text.

    The intervals of BLEU and chrF are a bootstrap over texts (Koehn 2004), that of the share is Wilson's.
    """
    return score_counts(count(truth, found), seed=seed, resamples=resamples)


def score_counts(counts: Counts, *, seed: int = 0, resamples: int = 1000) -> dict[str, Score]:
    """Score what has been counted."""
    drawn = bootstrap(counts.measure, len(counts), seed=seed, resamples=resamples)
    return drawn | {"exact match": wilson(int(counts.exact.sum()), len(counts))}


def count(truth: Sequence[str], found: Sequence[str]) -> Counts:
    """Count what the scores of written texts are made of."""
    require(len(truth) > 0, "there is no text to score.")
    require(len(truth) == len(found), f"there are {len(truth):,} right texts and {len(found):,} written ones.")
    of_words = sacrebleu().BLEU(effective_order=True)  # which changes nothing that is counted
    rows = [of_words.sentence_score(written, [right]) for right, written in zip(truth, found, strict=True)]
    words = np.array([[*r.counts, *r.totals, r.sys_len, r.ref_len] for r in rows], np.float64)
    letters = np.array([letter_runs(right, written) for right, written in zip(truth, found, strict=True)], np.float64)
    return Counts(words, letters, np.array([r == w for r, w in zip(truth, found, strict=True)]))


def letter_runs(right: str, written: str) -> list[int]:
    """Return for runs of 1 to 6 letters, spaces left out: how many were written, are right, and are in both."""
    counts = []
    for length in range(1, LETTERS + 1):
        own, true = (runs("".join(text.split()), length) for text in (written, right))
        both = sum(min(number, true[run]) for run, number in own.items())
        counts += [sum(own.values()) if true else 0, sum(true.values()), both]
    return counts


def runs(text: str, length: int) -> Counter[str]:
    """Count every run of so many letters."""
    return Counter(text[i : i + length] for i in range(len(text) - length + 1))


def bleu(sums: np.ndarray) -> np.ndarray:
    """Return BLEU (Papineni et al. 2002) from 0 to 100 of sums (r, 10) as in `Counts.bleu`.

    The geometric mean of the shares of right runs, times a penalty for what is too short. A share of 0 counts as half
    of one run, the next as a quarter, and so on, as sacrebleu has it.
    """
    right, total, written, wanted = sums[:, :RUNS], sums[:, RUNS : 2 * RUNS], sums[:, -2], sums[:, -1]
    halved = 2.0 ** np.cumsum((right == 0) & (total > 0), axis=1)
    shares = np.where(right > 0, right, 1 / halved) / np.maximum(total, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.exp(np.log(np.where(total > 0, shares, 0)).mean(1))
        short = np.where(written < wanted, np.exp(1 - wanted / written), 1.0)
    return np.where(right.any(1), 100 * mean * short, 0.0)


def chrf(sums: np.ndarray) -> np.ndarray:
    """Return chrF2 (Popovic 2015) from 0 to 100 of sums (r, 18) as in `Counts.chrf`."""
    written, wanted, both = (sums[:, i::3] for i in range(3))
    able = (written > 0) & (wanted > 0)
    orders = np.maximum(able.sum(1), 1)
    precision, recall = (
        (np.where(able, both / np.maximum(whole, 1e-9), 0)).sum(1) / orders for whole in (written, wanted)
    )
    weighted = BETA**2 * precision + recall
    return 100 * np.where(weighted > 0, (1 + BETA**2) * precision * recall / np.maximum(weighted, 1e-12), 0)


def rightness(counts: Counts) -> np.ndarray:
    """Return the chrF of each text by itself, (n,) from 0 to 1."""
    return chrf(counts.chrf) / 100


def sacrebleu() -> Any:
    """Return the metrics of the sacrebleu library."""
    try:
        from sacrebleu import metrics
    except ImportError as error:
        raise missing_extra("sacrebleu", "text", "scoring written texts (BLEU, chrF)") from error
    return metrics


def single(name: str, truth: Sequence[str], found: Sequence[str]) -> float:
    """Return one value over all the texts."""
    return writing_scores(list(truth), list(found), resamples=0)[name].value


WRITING: tuple[Metric, ...] = (
    Metric(
        "bleu",
        "How many runs of one to four words of the written texts are in the right ones, from 0 to 100, less where they "
        "are too short (Papineni et al. 2002, by sacrebleu: whole texts, capitals count).",
        "higher",
        "bootstrap",
        partial(single, "bleu"),
    ),
    Metric(
        "chrf",
        "How many runs of one to six letters of the right texts were written and the other way round, from 0 to 100, "
        "missing ones counting more (chrF2, Popovic 2015, as in sacrebleu).",
        "higher",
        "bootstrap",
        partial(single, "chrf"),
    ),
    Metric(
        "exact match",
        "The share of texts that are right to the letter.",
        "higher",
        "wilson",
        partial(single, "exact match"),
    ),
)
