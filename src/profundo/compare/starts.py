"""What the starting state alone does to a score, beside the difference of two networks."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..metrics.spread import summarise
from .entrants import Entrant


def seed_spread(entrant: Entrant) -> dict[str, Any]:
    """Describe the main score of a network over its starting states: {name, mean, std, low, high, min, max, n}."""
    return {"name": entrant.name, **summarise(entrant.seeds)}


def seed_sentences(found: Sequence[Entrant], pairs: Sequence[Mapping[str, Any]], metric: str) -> list[str]:
    """Say how far the starting state alone moves each network's score, and what is not known of it."""
    networks = [e for e in found if not e.baseline]
    known = [e for e in networks if len(e.seeds) > 1]
    lines = [spread_sentence(e) for e in known]
    if len(known) > 1:
        lines += [welch(a, b) for i, a in enumerate(known) for b in known[i + 1 :]]
    largest = max((float(summarise(e.seeds)["std"] or 0) for e in known), default=0.0)
    small = [p for p in pairs if p["result"] != "not distinguishable" and abs(p["difference"]) < largest]
    if small:
        lines.append(
            f"Careful: {len(small)} of the clear differences {'are' if len(small) > 1 else 'is'} smaller than what the "
            f"starting state alone changes (standard deviation {largest:.3f})."
        )
    single = [e.name for e in networks if len(e.seeds) < 2]
    if single:
        lines.append(
            f"{' and '.join(single)}: trained from one starting state, so how much another would change the "
            f"{metric.replace('_', ' ')} is not known. To know it, train with --seeds 5."
        )
    return lines


def spread_sentence(entrant: Entrant) -> str:
    """Say how far a score moves over the starting states."""
    s = summarise(entrant.seeds)
    return (
        f"{entrant.name}: over {s['n']} starting states {s['mean']:.3f} on average, from {s['min']:.3f} to "
        f"{s['max']:.3f} (standard deviation {s['std']:.3f})."
    )


def welch(a: Entrant, b: Entrant) -> str:
    """Compare the means over the starting states of two networks (Welch 1947)."""
    from scipy.special import stdtr, stdtrit

    one, two = summarise(a.seeds), summarise(b.seeds)
    parts = [float(s["std"] or 0) ** 2 / int(s["n"] or 1) for s in (one, two)]
    difference, error = float(one["mean"] or 0) - float(two["mean"] or 0), math.sqrt(sum(parts))
    if error == 0:
        return f"Over the starting states {a.name} less {b.name} is {difference:+.3f}."
    freedom = sum(parts) ** 2 / sum(v**2 / (int(s["n"] or 2) - 1) for v, s in zip(parts, (one, two), strict=True))
    half, p = float(stdtrit(freedom, 0.975)) * error, 2 * float(stdtr(freedom, -abs(difference) / error))
    return (
        f"Over the starting states {a.name} less {b.name} is {difference:+.3f} on average (95 % interval "
        f"{difference - half:+.3f} to {difference + half:+.3f}, p = {p:.3f}, Welch's t-test on the same test rows)."
    )
