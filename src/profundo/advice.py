"""Is deep learning the tool here? Said before training from the data alone, and after it from what was measured.

After training the rule is Occam's: a network is advised where it is shown to be better than every simpler model, beyond
chance and beyond the seed; else the simpler model, where it costs less; else either.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from .data.dataset import Data
from .data.special import READERS
from .findings import Finding
from .metrics.compare import SIMPLE
from .metrics.hypothesis import Outcome, resampled_t

LEVEL = 0.05
FEW = 2_000  # rows of a table below which trees and linear models are usually as good
FEW_PICTURES = 2_000
A_LABEL = 10  # training rows for each label below which hardly anything can be learnt
CHEAPER = 0.5  # a model costs less where it takes at most this share of the network's seconds
TREES = ("random forest", "gradient boosting")
SEEDS = 3  # from which their spread counts

Result = Literal["better", "worse", "not distinguishable"]


class Evidence(NamedTuple):
    """The network against the simpler models: `difference` of the main score, with its 95 % interval.

    `rival` is the best of them, `against` what the difference is to, in words; `plainest` is the plainest model that
    the network is not shown to beat; `how` says how all this is known.
    """

    rival: str
    against: str
    plainest: str | None
    result: Result
    difference: float
    low: float
    high: float
    p: float
    how: str


def before(data: Data) -> list[Finding]:
    """Say before training why deep learning may not be the tool for these data: one finding, or none."""
    if data.task in READERS:  # the advice is of one answer for each example
        return []
    rows, width = data.count("train"), math.prod(data.schema.shape)
    labels = len(data.schema.labels) if data.task == "classification" else 0
    pictures, tabular = data.schema.image is not None, data.schema.takes == "table"
    warnings: list[str] = []
    minor: list[str] = []
    if labels and rows < A_LABEL * labels:
        warnings.append(f"{labels:,} labels have {rows / labels:.1f} training rows each: too few to learn from")
    if pictures and rows < FEW_PICTURES:
        (warnings if rows < FEW_PICTURES / 4 else minor).append(
            f"{rows:,} training pictures are few for a network that starts from nothing: a support-vector machine is "
            "often as good or better, and a network that learnt from other pictures before starts ahead"
        )
    elif tabular and width >= rows:
        warnings.append(
            f"{width:,} columns for {rows:,} training rows: a network can learn the rows by heart. A linear model or a "
            "forest holds up better; leave out columns with --drop"
        )
    elif tabular and rows < FEW:
        minor.append(
            f"{rows:,} training rows of a table: on so few, a forest, boosted trees or a linear model is usually as "
            "good as a network, in a fraction of the time"
        )
    said = [*warnings, *minor]
    if not said:
        return []
    text = ". ".join(s[0].upper() + s[1:] for s in said) + ". They are run beside the network: look at the verdict."
    facts = {"rows": rows, "columns": width, "labels": labels, "pictures": pictures}
    severity: Literal["warning", "minor"] = "warning" if warnings else "minor"
    return [Finding("adviser", severity, text, flag="--evaluate kfold:5", facts=facts)]


def after(result: Mapping[str, Any], folds: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Say after training which model to use: {recommend, model, sentence, reasons, evidence}.

    `result` is what scores.json holds, `folds` what folds.json does: where there are rounds they are the evidence, else
    the comparison on the test part. `recommend` is "network", "simpler model" or "either"; `model` its name.
    """
    evidence = (from_rounds(folds) if folds else None) or from_test_part(result)
    if evidence is None:
        sentence = "No simpler model was run beside the network, so nothing can be said. Leave --no-baselines out."
        return {"recommend": "either", "model": None, "sentence": sentence, "reasons": [], "evidence": None}
    better = evidence.result == "better" and beyond_the_seed(result, evidence)
    share = cost(result, evidence.rival)
    recommend, model = "simpler model", evidence.rival
    if better and evidence.plainest is None:
        recommend, model = "network", str(result["network"])
    elif better and evidence.plainest not in (None, "dummy"):
        model = str(evidence.plainest)
    elif evidence.result != "worse" and share is not None and share > CHEAPER:
        recommend = "either"
    return {
        "recommend": recommend,
        "model": model,
        "sentence": conclusion(recommend, model, evidence, better),
        "reasons": reasons(result, folds, evidence),
        "evidence": evidence._asdict(),
    }


def from_test_part(result: Mapping[str, Any]) -> Evidence | None:
    """Take the comparison of the network with the best baseline, chosen on the validation part, on the test part."""
    found = result.get("comparison")
    if not found or not found.get("baseline"):
        return None
    d, low, high, p = (found[name] for name in ("difference", "low", "high", "p"))
    rival, how = found["baseline"], f"on the {found['n']:,} test examples"
    against = f"the best of the simpler models ({rival})"
    return Evidence(rival, against, found.get("simpler"), found["result"], d, low, high, p, how)


def from_rounds(folds: Mapping[str, Any]) -> Evidence | None:
    """Compare the network over the rounds with the baseline that each round's validation part chose."""
    main = folds["main"]
    rounds = [r for r in folds["rounds"] if r["best_baseline"] and r["scores"].get(main) is not None]
    if len(rounds) < 2:
        return None
    found = over_rounds(rounds, main, [r["best_baseline"] for r in rounds])
    means = {name: mean_of(rounds, main, name) for name in rounds[0]["baselines"]}
    rival = max((n for n, v in means.items() if v is not None), key=lambda n: means[n] or -math.inf)
    plain = (n for n in SIMPLE if means.get(n) is not None)
    plainest = next((n for n in plain if judged(over_rounds(rounds, main, [n] * len(rounds))) != "better"), None)
    how = f"over the {len(rounds)} rounds of {folds['method']}, by the corrected resampled t-test"
    against = f"the simpler model that each round's validation part chooses (the best over all rounds is the {rival})"
    return Evidence(rival, against, plainest, judged(found), found.effect, found.low, found.high, found.p, how)


def over_rounds(rounds: Sequence[Mapping[str, Any]], main: str, names: Sequence[str]) -> Outcome:
    """Test the network's scores against those of one baseline in each round."""
    ratio = float(np.mean([r["n_test"] / r["n_train"] for r in rounds]))
    return resampled_t([r["scores"][main] - r["baselines"][n][main] for r, n in zip(rounds, names, strict=True)], ratio)


def judged(found: Outcome) -> Result:
    """Put a test of a difference in words."""
    if not found.p < LEVEL:
        return "not distinguishable"
    return "better" if found.effect > 0 else "worse"


def beyond_the_seed(result: Mapping[str, Any], evidence: Evidence) -> bool:
    """Say whether the network is better for other seeds too: True where there are too few of them to tell."""
    spread = (result.get("spread") or {}).get(result["main"])
    rival = value_of(result, evidence.rival)
    if not spread or spread["n"] < SEEDS or spread["low"] is None or rival is None:
        return True
    return bool(spread["low"] > rival)


def value_of(result: Mapping[str, Any], baseline: str) -> float | None:
    """Return a baseline's main score on the test part."""
    scores = next((b["scores"] for b in result["baselines"] if b["name"] == baseline), None)
    return None if not scores else scores[result["main"]]["value"]


def cost(result: Mapping[str, Any], baseline: str) -> float | None:
    """Return a baseline's seconds as a share of the network's."""
    seconds = next((b["seconds"] for b in result["baselines"] if b["name"] == baseline), None)
    own = result.get("training_seconds")
    return None if seconds is None or not own else seconds / own


def conclusion(recommend: str, model: str, evidence: Evidence, better: bool) -> str:
    """Write the advice in one sentence."""
    against, figures = evidence.against, spoken(evidence)
    if recommend == "network":
        return f"Deep learning is the tool here: the network is better than {against}, {figures}."
    if recommend == "either":
        return f"Take either: the network cannot be told from {against}, {figures}, and it takes no longer."
    named = f"Use the {model}"
    if better:
        plain = "always giving the same answer" if evidence.plainest == "dummy" else f"the {evidence.plainest}"
        return f"{named}: the network beats {against}, {figures}, and yet is not shown to be better than {plain}."
    if evidence.result == "better":
        return f"{named}: the network was better than {against} with one seed, and is not shown to be with others."
    how = "worse" if evidence.result == "worse" else "not shown to be better"
    return f"{named}: the network is {how} than {against}, {figures}."


def spoken(evidence: Evidence) -> str:
    """Write the figures of a comparison."""
    e = evidence
    p = "p < 0.001" if e.p < 0.001 else f"p = {e.p:.3f}"
    return f"difference {e.difference:+.3f} (95 % interval {e.low:+.3f} to {e.high:+.3f}, {p}) {e.how}"


def reasons(result: Mapping[str, Any], folds: Mapping[str, Any] | None, evidence: Evidence) -> list[str]:
    """Write what else speaks for or against the network, each with its figures."""
    main = result["main"]
    name = {"r2": "R2", "f1": "F1"}.get(main, main)
    found = [*costs(result, evidence.rival), *trees(result, folds, name)]
    if evidence.plainest == "dummy":
        found.append(f"The network's {name} is not even shown to be better than that of always giving the same answer.")
    elif evidence.plainest not in (None, evidence.rival):
        found.append(f"Simpler still: the network is not shown to be better than the {evidence.plainest}.")
    spread = (result.get("spread") or {}).get(main)
    if spread and spread["std"] is not None:
        found.append(
            f"Over {spread['n']} seeds the network's {name} varies by {spread['std']:.3f} (standard deviation), from "
            f"{spread['min']:.3f} to {spread['max']:.3f}."
        )
    return found


def costs(result: Mapping[str, Any], rival: str) -> list[str]:
    """Compare the seconds."""
    share, own = cost(result, rival), result.get("training_seconds")
    if share is None or not own:
        return []
    size = f", with {result['parameters']:,} parameters" if result.get("parameters") else ""
    times = f" ({1 / share:,.0f} times as long)" if 0 < share <= CHEAPER else ""
    return [f"The network took {own:.2g} s{times}{size}; the {rival} {share * own:.2g} s."]


def trees(result: Mapping[str, Any], folds: Mapping[str, Any] | None, metric: str) -> list[str]:
    """Rank the tree ensembles beside the network: over the rounds where there are some, else on the test part."""
    main = result["main"]
    if folds and folds["rounds"]:
        rounds, where = folds["rounds"], f"over the {len(folds['rounds'])} rounds"
        own = mean_of(rounds, main)
        values = {n: mean_of(rounds, main, n) for n in TREES}
    else:
        where, own = "on the test part", result["scores"][main]["value"]
        values = {n: value_of(result, n) for n in TREES}
    ranked = sorted(((v, n) for n, v in values.items() if v is not None), reverse=True)
    if not ranked or own is None:
        return []
    value, name = ranked[0]
    said = "at least as good as" if round(value, 3) >= round(own, 3) else "below"
    return [f"Trees are {said} the network {where}: {name} has {metric} {value:.3f}, the network {own:.3f}."]


def mean_of(rounds: Sequence[Mapping[str, Any]], main: str, baseline: str = "") -> float | None:
    """Return the network's, or a baseline's, mean score over the rounds; None where a round has none."""
    every = [r["baselines"].get(baseline, {}) if baseline else r["scores"] for r in rounds]
    values = [scores.get(main) for scores in every]
    return None if None in values else float(np.mean([v for v in values if v is not None]))


def advice_lines(advice: Mapping[str, Any]) -> list[str]:
    """Write the advice for a terminal: the sentence, then its reasons."""
    return [advice["sentence"], *(f"- {reason}" for reason in advice["reasons"])]
