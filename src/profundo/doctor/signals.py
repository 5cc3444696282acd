"""What is wrong before the first step: inputs, first weights, and errors that vanish or explode on their way back."""

import math

from ..findings import Finding, Severity
from .course import Course, Layer, gain, number, short

FAR = 10.0  # root mean square of an input; in standard units it is about 1
NEAR_NOTHING = 0.02
SMALL, LARGE = 0.25, 3.0  # times the scale that keeps a signal's size; usual starts are between 0.3 and 1
FAINT = 0.03  # standard deviation of the signal in the last hidden layer
VANISHED, EXPLODED = 1e-3, 1e2  # size of the error at the first layer over that at the last
BAD_START = 3.0  # times the loss of an answer of zeros


def inputs(course: Course) -> list[Finding]:
    """Numbers that go in far from mean 0 and deviation 1 (LeCun et al. 1998, Efficient BackProp, 4.3)."""
    found = course.first.get("inputs") or {}
    scale = found.get("scale")
    if scale is None or NEAR_NOTHING <= scale <= FAR:
        return []
    what = f"column {found['column']!r}" if found.get("column") else "the inputs"
    others = f", while others are near {short(found['smallest'])}" if number(found.get("spread")) > FAR else ""
    text = (
        f"the inputs are not normalised: {what} has mean {short(found['mean'])} and standard deviation "
        f"{short(found['std'])}{others}; a network learns best from mean 0 and deviation 1. Let profundo read the rows "
        "themselves: it puts every number into standard units."
    )
    return [
        Finding(
            "inputs not normalised", "serious" if scale > FAR else "warning", text, "--normalisation batch",
            found.get("column") or "", facts=dict(found),
        )
    ]  # fmt: skip


def initialisation(course: Course) -> list[Finding]:
    """First weights so small that the signal dies out, or so large that the first answers are wildly wrong.

    Glorot and Bengio 2010; He et al. 2015 (arXiv 1502.01852). Layers that are normalised cannot have it.
    """
    layers = [layer for layer in course.hidden if not layer["normalised"] and gain(layer)]
    if not layers:
        return []
    gains = [gain(layer) or 1.0 for layer in layers]
    mean = math.exp(sum(map(math.log, gains)) / len(gains))
    signal, loss = number(layers[-1]["std"]), number(course.first["loss"])
    edges = max(number(layer.get("at_edges", 0.0)) for layer in layers)
    too_small = mean < SMALL and signal < FAINT
    too_large = mean > LARGE and (loss > BAD_START * course.zero or signal > 1 / FAINT or edges > 0.5)
    if not too_small and not too_large:
        return []
    worst = layers[gains.index(min(gains) if too_small else max(gains))]
    size = f"{short(1 / mean)} times too small" if too_small else f"{short(mean)} times too large"
    effect = (
        f"the signal shrinks to a standard deviation of {short(signal)} by {layers[-1]['name']}"
        if too_small
        else f"the loss starts at {short(loss)}, where knowing nothing would cost {short(course.zero)}"
    )
    text = f"the first weights are out of scale, about {size} (most in {worst['name']}): {effect}."
    plot = by_layer(layers, "std", "size of the signal, log10")
    facts = {"times": mean, "signal": signal, "first_loss": loss}
    return [
        Finding(
            "initialisation out of scale", severity(course), text, f"--initialisation {start(layers)}", worst["name"],
            plot=plot, facts=facts,
        )
    ]  # fmt: skip


def gradients(course: Course) -> list[Finding]:
    """Errors that shrink or grow through the layers on their way back (Hochreiter 1991; Bengio et al. 1994).

    Judged by the norm of the gradient of the loss by each layer's output, before training and at the first look after;
    units that are dead or saturated are another finding.
    """
    for look in course.vitals[:2]:
        layers = [layer for layer in look["layers"] if layer.get("error")]
        if len(layers) < 3 or any(blocked(layer) for layer in look["layers"]):
            continue
        ratio = layers[0]["error"] / layers[-1]["error"]
        if ratio < VANISHED or ratio > EXPLODED:
            return [passed_back(course, layers, ratio)]
    return []


def passed_back(course: Course, layers: list[Layer], ratio: float) -> Finding:
    """Describe errors that vanish or explode between the last layer and the first."""
    first, last = layers[0]["name"], layers[-1]["name"]
    plot = by_layer(layers, "error", "size of the error, log10")
    facts = {"ratio": ratio, "layers": len(layers)}
    if ratio > EXPLODED:
        text = (
            f"the gradients explode: going back from {last} to {first}, the error grows {short(ratio)} times; "
            "the first layers are thrown about."
        )
        flag = f"--initialisation {start(layers)} --clip 1"
        return Finding("exploding gradients", severity(course), text, flag, first, plot=plot, facts=facts)
    squashing = {layer["activation"] for layer in layers} & {"sigmoid", "tanh", "scaled_tanh"}
    why = f" Each {min(squashing)} passes on only a part of it." if squashing else ""
    text = (
        f"the gradients vanish: going back from {last} to {first}, the error shrinks {short(1 / ratio)} times, so that "
        f"the first layers hardly learn.{why}"
    )
    flag = "--activation relu --initialisation he" if squashing else "--initialisation he"
    return Finding("vanishing gradients", severity(course), text, flag, first, plot=plot, facts=facts)


def blocked(layer: Layer) -> bool:
    """Say whether the units of a layer, and not its depth, hold the error up."""
    return (layer.get("dead") or 0) > 0.7 or (layer.get("saturated") or 0) > 0.5 or (layer.get("at_edges") or 0) > 0.7


def by_layer(layers: list[Layer], figure: str, name: str) -> dict[str, object]:
    """Return a figure over the layers with weights, in powers of ten, as a plot."""
    points = [(i, math.log10(layer[figure])) for i, layer in enumerate(layers, 1) if layer.get(figure)]
    return {"x": [i for i, _ in points], "y": [y for _, y in points], "x_name": "layer", "y_name": name}


def start(layers: list[Layer]) -> str:
    """Name the initialisation that suits the activations."""
    squashing = any(layer["activation"] in ("sigmoid", "tanh", "scaled_tanh") for layer in layers)
    return "glorot" if squashing else "he"


def severity(course: Course) -> Severity:
    """Serious where hardly anything was learnt, else a warning."""
    return "serious" if course.failed or course.remaining > 0.8 else "warning"
