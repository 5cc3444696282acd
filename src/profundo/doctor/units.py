"""Units that no longer say anything: ReLUs that are always zero, sigmoids and tanhs that always stand at one edge."""

from ..findings import Finding
from .course import SINGLE, Course, Layer
from .signals import severity

DEAD = 0.7  # share of a layer's units; healthy trainings leave up to 0.4
SATURATED = 0.5
AT_EDGES = 0.7  # share of the values


def from_the_start(course: Course) -> list[Finding]:
    """Units that were dead or saturated before training: a cause."""
    return at_look(course, 0)


def in_the_end(course: Course) -> list[Finding]:
    """Units that have died or saturated in training: mostly a consequence."""
    return [] if at_look(course, 0) else at_look(course, -1)


def at_look(course: Course, index: int) -> list[Finding]:
    """Find the layer with most dead units, and that with most saturated ones, at a look."""
    layers = [layer for layer in course.vitals[index]["layers"] if layer["units"] >= SINGLE]
    if course.zeros:  # then every unit is the same, not dead
        return []
    return [*dead(course, layers, index), *saturated(course, layers, index)]


def dead(course: Course, layers: list[Layer], index: int) -> list[Finding]:
    """ReLUs that are zero for every example get no gradient and stay so (Maas et al. 2013)."""
    worst = max(layers, key=lambda layer: layer.get("dead") or 0.0, default=None)
    share = 0.0 if worst is None else worst.get("dead") or 0.0
    if worst is None or share < DEAD:
        return []
    text = (
        f"{share:.0%} of the {worst['units']} ReLU units of {worst['name']} are dead{when(index)}: zero for every "
        "example looked at, so they get no gradient and cannot learn."
    )
    flag = "--activation leaky_relu --initialisation he" if index == 0 else f"--activation leaky_relu{slower(course)}"
    return [finding(course, "dead units", text, flag, worst, share)]


def saturated(course: Course, layers: list[Layer], index: int) -> list[Finding]:
    """Units at the flat ends of their curve pass no gradient on (LeCun et al. 1998, Efficient BackProp, 4.4)."""
    if index != 0:  # a trained tanh works at its edges; only one that never leaves them is lost
        layers = [layer for layer in layers if (layer.get("saturated") or 0.0) >= SATURATED]
    worst = max(layers, key=lambda layer: (layer.get("saturated") or 0.0, layer.get("at_edges") or 0.0), default=None)
    if worst is None or ((worst.get("saturated") or 0) < SATURATED and (worst.get("at_edges") or 0) < AT_EDGES):
        return []
    share = worst["at_edges"] or 0.0
    text = (
        f"the {worst['activation']} units of {worst['name']} are saturated{when(index)}: {share:.0%} of their values "
        f"stand at an edge, and {worst['saturated'] or 0:.0%} of the units never leave it, so that no gradient passes."
    )
    flag = "--initialisation glorot" if index == 0 else f"--normalisation batch{slower(course)}"
    return [finding(course, "saturated units", text, flag, worst, share)]


def finding(course: Course, name: str, text: str, flag: str, layer: Layer, share: float) -> Finding:
    """Put a finding about the units of a layer together."""
    figure = "dead" if name == "dead units" else "at_edges"
    plot, place = course.over_epochs(layer["name"], figure), layer["name"]
    plot["y_name"] = "share dead" if figure == "dead" else "share of values at an edge"
    return Finding(name, severity(course), text, flag, place, plot=plot, facts={"share": share})


def when(index: int) -> str:
    """Say when a look was."""
    return " before training has begun" if index == 0 else " at the end"


def slower(course: Course) -> str:
    """Advise a lower learning rate."""
    return "" if course.lr is None else f" --lr {course.lr / 3:.2g}"
