"""How sure are we: every way to know it, in a paragraph with its formula, and what it says on these data."""

import shlex
from collections.abc import Sequence

import numpy as np

from ..charts import Axis, Dot, dot_and_whisker, fixed
from ..data.special import READERS
from ..metrics.hypothesis import Outcome, cochrans_q, five_by_two_f, five_by_two_t, mcnemar, resampled_t
from ..metrics.resampling import BOOTSTRAPS, OUT
from .answered import (
    Folds,
    baseline_answers,
    classifies,
    given_answers,
    read_comparison,
    read_folds,
    true_answers,
)
from .explained import BETTER, GOOD, Explained
from .html import Html, figure, fold, joined, paragraph, section, table, tag
from .scores import interval, spoken
from .stored import Score, Stored

WILSON = ("accuracy",)


def sure_section(run: Stored) -> Html:
    """Explain how sure the result is, and how each method would tell it."""
    folds = read_folds(run)
    said = {**estimates(run, folds), **comparisons(run, folds)}
    lead = paragraph(
        "A score is measured on some rows, by a network that began at some starting state. On other rows, from another "
        "start, it would be another. These are the ways to know by how much; open one to read what it does and what it "
        "says on these data.",
        kind="quiet",
    )
    fits = {e.key for e in (*GOOD, *BETTER) if run.scores.task not in READERS or e.key in said or e.key == "seeds"}
    good = joined(explained(e, said.get(e.key), run) for e in GOOD if e.key in fits)
    better = joined(explained(e, said.get(e.key), run) for e in BETTER if e.key in fits)
    return section(
        "sure",
        "How sure are we",
        lead,
        chart(run, folds),
        each_group(folds),
        joined([tag("h3", "How good is it?"), good]),
        joined([tag("h3", "Is it really better than a simpler method?"), better]) if better else Html(""),
    )


def explained(method: Explained, said: str | None, run: Stored) -> Html:
    """Fold a method away behind its name and what it says in short."""
    found = said or "not done on these data"
    title = Html(f"{tag('b', method.title)}: {tag('span', found)}")
    body = [paragraph(method.text), tag("p", method.formula, class_="formula")]
    body.append(paragraph(tag("b", "On these data: "), found, ".") if said else paragraph(*to_get(method, run)))
    return fold(title, joined(body))


def to_get(method: Explained, run: Stored) -> Sequence[str | Html]:
    """Say what to type for a method that this run has not."""
    plan = shlex.quote(str(run.path / "plan.toml"))
    flag = f"--evaluate {method.evaluate}" if method.evaluate else "--seeds 5" if method.key == "seeds" else ""
    if not flag:
        return ["This run does not hold what it needs: the answers of baselines to the test part, for labels."]
    return ["To see it on these data: ", tag("code", f"profundo train --plan {plan} {flag}")]


# how good ------------------------------------------------------------------------------------------------------------


def estimates(run: Stored, folds: Folds | None) -> dict[str, str]:
    """Return what each way to estimate the main score says, by its key."""
    found, held = {}, run.scores.scores.get(run.main)
    if held is not None and held.value is not None:
        key = "holdout" if run.main in WILSON else "bootstrap interval"
        found[key] = score_words(run.main, held, "test rows")
    if "bootstrap interval" not in found:
        other = next((n for n in ("f1", "roc_auc", "balanced_accuracy", "rmse") if has(run, n)), None)
        if other:
            found["bootstrap interval"] = score_words(other, run.scores.scores[other], "test rows")
    if folds and folds.main in folds.scores:
        found[folds.kind] = score_words(folds.main, folds.scores[folds.main], f"rows, {len(folds.rounds)} rounds")
    return found


def has(run: Stored, name: str) -> bool:
    """Say whether a score has an interval."""
    score = run.scores.scores.get(name)
    return score is not None and score.value is not None and score.low is not None


def score_words(name: str, score: Score, rows: str) -> str:
    """Write a score with its interval."""
    between = f" (95 % interval {interval(score)}, n = {score.n:,} {rows})" if score.low is not None and score.n else ""
    return f"{spoken(name)} {fixed(score.value)}{between}"


def chart(run: Stored, folds: Folds | None) -> Html:
    """Draw the main score as each way that was taken tells it."""
    rows = [("the test part", run.scores.scores.get(run.main))]
    if folds and folds.main == run.main:
        rows.append((folds.method, folds.scores.get(run.main)))
    if len(run.scores.seeds) > 1:
        rows.append((f"mean of {len(run.scores.seeds)} starts", run.scores.spread.get(run.main)))
    dots = [Dot(n, s.value, s.low, s.high, main=i == 0) for i, (n, s) in enumerate(rows) if s and s.value is not None]
    if len(dots) < 2:
        return Html("")
    title = f"{spoken(run.main)}, told in {len(dots)} ways"
    drawn = dot_and_whisker(dots, title, Axis(f"{spoken(run.main)} with its 95 % interval"))
    twin = table(
        ["estimate", spoken(run.main), "95 % interval"], [[n, fixed(s.value), interval(s)] for n, s in rows if s]
    )
    return figure(drawn, title, twin, wide=True)


def each_group(folds: Folds | None) -> Html:
    """Show the main score on each group that was left out."""
    if folds is None or folds.kind != "leave-one-group-out":
        return Html("")
    rows = [(", ".join(r.left_out), r.n_test, r.scores.get(folds.main)) for r in folds.rounds]
    rows.sort(key=lambda row: (row[2] is None, row[2]))
    shown = [[name, count, "–" if value is None else fixed(value)] for name, count, value in rows]
    return joined(
        [
            paragraph("Each group as a newcomer, asked by a network that learnt from the others; the hardest first."),
            table(["left out", "rows", spoken(folds.main)], shown),
        ]
    )


# is it better --------------------------------------------------------------------------------------------------------


def comparisons(run: Stored, folds: Folds | None) -> dict[str, str]:
    """Return what each test of the network against the baselines says, by its key."""
    found = {}
    rival, others = str(read_comparison(run).get("baseline") or ""), baseline_answers(run)
    if classifies(run) and others and "y" in run.answers:
        y, given = true_answers(run), given_answers(run)
        if rival in others:
            found["mcnemar"] = mcnemar_words(y, given, others[rival], rival)
        if len(others) > 1:
            right = np.stack([a == y for a in (given, *others.values())], 1)
            q = cochrans_q(right)
            found["cochran"] = (
                f"the network and {len(others)} simpler methods "
                f"{'differ' if q.p < 0.05 else 'are not shown to differ'}: Q = {q.statistic:.2f}, {chance(q.p)}"
            )
    found |= resampled_words(folds) if folds else {}
    spread = run.scores.spread.get(run.main)
    if len(run.scores.seeds) > 1 and spread is not None and spread.value is not None:
        found["seeds"] = f"{spoken(run.main)} {fixed(spread.value)} on average of {len(run.scores.seeds)} starts"
        found["seeds"] += f" (95 % interval of the mean {interval(spread)})" if spread.low is not None else ""
    return found


def mcnemar_words(y: np.ndarray, given: np.ndarray, other: np.ndarray, rival: str) -> str:
    """Say what McNemar's test says of the network and one baseline."""
    test = mcnemar(y, given, other)
    only, theirs = int(((given == y) & (other != y)).sum()), int(((other == y) & (given != y)).sum())
    return (
        f"{verdict(test)} {rival}: {only} rows the network alone has right, {theirs} {rival} alone; "
        f"{100 * test.effect:+.1f} points ({100 * test.low:+.1f} to {100 * test.high:+.1f}), {chance(test.p)}"
    )


def resampled_words(folds: Folds) -> dict[str, str]:
    """Say what the tests over the rounds say of the network and the baseline that the rounds found the best."""
    rival = folds.rival
    d = folds.differences(rival) if rival else None
    if rival is None or d is None:
        return {}
    if folds.kind == "5x2" and len(d) == 10:
        t, f = five_by_two_t(d.reshape(5, 2)), five_by_two_f(d.reshape(5, 2))
        words = f"{verdict(f)} {rival}: t = {t.statistic:.2f}, {chance(t.p)}; F = {f.statistic:.2f}, {chance(f.p)}"
        return {"5x2": words}
    sizes = sum(r.n_test for r in folds.rounds), sum(r.n_train for r in folds.rounds)
    test = resampled_t(d, OUT if folds.kind in BOOTSTRAPS else sizes[0] / max(1, sizes[1]))
    return {
        "corrected t": f"{verdict(test)} {rival} over {len(d)} rounds ({folds.method}): {spoken(folds.main)} "
        f"{test.effect:+.3f} ({test.low:+.3f} to {test.high:+.3f}), {chance(test.p)}"
    }


def verdict(test: Outcome) -> str:
    """Say in three words how the network stands to a baseline."""
    if test.p >= 0.05:
        return "not distinguishable from"
    return "better than" if test.effect > 0 else "worse than"


def chance(p: float) -> str:
    """Write a p-value."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
