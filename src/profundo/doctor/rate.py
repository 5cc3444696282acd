"""The learning rate, judged by how far the weights went and what the loss made of it."""

from ..findings import Finding, Severity
from . import curves
from .course import FEW, Course, number, short

HASTY = 0.02  # of the weights' first size, a step, on average since the start; healthy trainings stay below 0.007
LIVELY = 0.005  # where the loss jumps too
STILL = 0.05  # of the weights' first size, in the whole training
SLOW = 0.4


def too_high(course: Course) -> list[Finding]:
    """Steps so long that the loss jumps, explodes or settles at a constant answer."""
    pace = fastest(course)
    jumping = len(course.curve) >= FEW and curves.read(course.curve, (), course.constant) == curves.TOO_HIGH
    worse = course.curve and curves.tail(course.curve) > 0.9 * course.constant
    turned = course.validation and course.validation[-1] > 3 * min(course.validation) and jumping
    harm = course.failed or jumping or worse or turned
    if not harm or not (pace > HASTY or (jumping and pace > LIVELY) or course.failed):
        return []
    if course.failed:
        what = "the loss or the weights became infinite"
    elif worse:
        ends = short(curves.tail(course.curve))
        what = f"the loss ends at {ends}, no better than a constant answer ({short(course.constant)})"
    else:
        what = "the loss jumps up and down instead of falling"
    moved = f": a step moves the weights by {pace:.1%} of their size" if pace > LIVELY else ""
    text = f"the learning rate {'' if course.lr is None else short(course.lr) + ' '}is too high{moved}, and {what}."
    severe: Severity = "serious" if course.failed or worse else "warning"
    return [
        Finding(
            "learning rate too high", severe, text, f"--lr {lower(course, pace)}",
            plot=course.loss_plot(), facts={"moved_a_step": pace, "lr": course.lr},
        )
    ]  # fmt: skip


def too_low(course: Course) -> list[Finding]:
    """Weights that hardly left their start while there was a gradient to follow, or a loss still falling at the end."""
    if course.failed or len(course.curve) < FEW or curves.tail(course.curve) < 0.3 * course.constant:
        return []
    layers = course.last["layers"]
    far = max((layer.get("moved") or 0.0 for layer in layers), default=0.0)
    pulled = all((layer.get("gradient") or 0.0) > 0 for layer in layers)
    falling = curves.read(course.curve, (), course.constant) == curves.TOO_LOW and learns(course)
    if not pulled or not layers or not (far < STILL or (falling and far < SLOW)):
        return []
    text = (
        f"the learning rate {'' if course.lr is None else short(course.lr) + ' '}is too low: in {len(course.train)} "
        f"epochs the weights moved by {far:.1%} of their size, and the loss went from {course.curve[0]:.3g} only to "
        f"{course.curve[-1]:.3g}."
    )
    return [
        Finding(
            "learning rate too low", "serious" if course.remaining > 0.8 else "warning", text,
            f"--lr {higher(course, far)}", plot=course.loss_plot(), facts={"moved": far, "lr": course.lr},
        )
    ]  # fmt: skip


def learns(course: Course) -> bool:
    """Say whether new examples gain from what is learnt, if slowly: else it is not speed that is missing."""
    return not course.validation or min(course.validation) < (1 - curves.FELL) * course.constant


def fastest(course: Course) -> float:
    """Return the largest mean movement of a layer's weights a step, in shares of their first size, at any look."""
    found = [0.0]
    for look in course.vitals:
        steps = look["epoch"] * number(look.get("steps_an_epoch"))
        moved = [layer.get("moved") or 0.0 for layer in look["layers"] if layer["name"] not in course.zeros]
        found += [far / steps for far in moved if steps]
    return max(found)


def lower(course: Course, pace: float) -> str:
    """Return a learning rate at which a step would move the weights by about 0.3 %."""
    lr = course.lr or 1.0
    return f"{lr * min(0.1, 0.003 / max(pace, 1e-9)):.1g}"


def higher(course: Course, far: float) -> str:
    """Return a learning rate at which the weights would move by about half of their size."""
    return f"{(course.lr or 1e-4) * min(max(0.5 / max(far, 1e-9), 3), 1000):.1g}"
