"""The experiments by name, with their options. Nothing heavy is imported: the command line's help reads it."""

from typing import Any

from .options import SEED, Experiment, Option

OPTIMIZERS = (
    *("sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop"),
    *("adam", "adamax", "nadam", "amsgrad", "muon"),
)  # each rule once: batch and stochastic gradient descent are sgd here, and adamw is adam without weight decay
WAYS = ("zeros", "normal", "glorot", "he", "orthogonal", "lsuv", "default")
ACTIVATIONS = ("tanh", "relu", "sigmoid", "leaky_relu", "elu", "selu", "gelu", "silu", "linear")
SURFACES = ("beale", "rosenbrock", "saddle", "ravine", "himmelblau", "bowl", "booth", "rastrigin")
CLOUDS = ("apart", "gauss", "circle", "xor")
UNITS = ("h1", "h2", "out")

PERCEPTRON = Experiment(
    "perceptron",
    "A perceptron's line moves with each mistake, at most (R / margin)^2 times where a line exists; XOR has none.",
    {
        "data": Option("apart", "two classes: apart (by a line), gauss, circle or xor", choices=CLOUDS),
        "source": Option("", "a table of your own instead, with numbers and a column of labels"),
        "target": Option("", "the column of labels of that table"),
        "points": Option(40, "how many", 4, 200),
        "margin": Option(0.5, "how far apart, with data apart", 0.02, 2.0, 0.02),
        "passes": Option(20, "over the points, at most", 1, 300),
        "seed": SEED,
    },
    "Rosenblatt 1958; Novikoff 1962",
)
REGRESSION = Experiment(
    "regression",
    "Gradient descent finds the line y = m x + b downhill on the surface of its cost.",
    {
        "points": Option(30, "how many", 2, 500),
        "slope": Option(1.5, "of the line that made the points", -5.0, 5.0, 0.1),
        "intercept": Option(-0.5, "of the line that made the points", -5.0, 5.0, 0.1),
        "noise": Option(0.5, "standard deviation of y around that line", 0.0, 3.0, 0.05),
        "m": Option(-1.0, "the slope to begin with", -6.0, 6.0, 0.1),
        "b": Option(2.0, "the intercept to begin with", -6.0, 6.0, 0.1),
        "optimizer": Option("sgd", "how it goes downhill", choices=OPTIMIZERS),
        "lr": Option(0.1, "the learning rate", 0.001, 2.0, log=True),
        "steps": Option(40, "how many", 1, 1000),
        "seed": SEED,
    },
)
SEARCH = Experiment(
    "search",
    "Setting the knobs by chance against following the gradient: how many tries until the loss is small?",
    {
        "hidden": Option(8, "units of the hidden layer", 1, 64),
        "points": Option(200, "of the two moons", 20, 1000),
        "noise": Option(0.1, "of the two moons", 0.0, 0.5, 0.01),
        "spread": Option(0.1, "standard deviation of a nudge of every knob", 0.001, 2.0, log=True),
        "optimizer": Option("adam", "how the gradient is followed", choices=OPTIMIZERS),
        "lr": Option(0.2, "the learning rate", 0.001, 2.0, log=True),
        "goal": Option(0.1, "the loss to reach", 0.01, 0.6, 0.01),
        "most": Option(6_000, "tries, at most", 100, 20_000, log=True),
        "seeds": Option(3, "how often, each with weights of its own", 1, 10),
        "seed": SEED,
    },
)
RACE = Experiment(
    "race",
    "The optimisers race down one surface, each with its own best learning rate or all with the same.",
    {
        "surface": Option("beale", "where: " + ", ".join(SURFACES), choices=SURFACES),
        "optimizers": Option(OPTIMIZERS, "who", choices=OPTIMIZERS),
        "lr": Option(0.0, "the learning rate of all; 0: for each the best of 13", 0.0, 5.0, log=True),
        "steps": Option(200, "how many", 5, 2000),
        "noise": Option(0.0, "of the gradient, in its own length: a stochastic gradient", 0.0, 2.0, 0.05),
        "x": Option(0.0, "added to the usual start", -3.0, 3.0, 0.05),
        "y": Option(0.0, "added to the usual start", -3.0, 3.0, 0.05),
        "seed": SEED,
    },
    "Ruder 2016 (arXiv 1609.04747)",
)
STARTS = Experiment(
    "starts",
    "What the first weights do to the signal and to the gradient of a deep network, layer by layer.",
    {
        "activation": Option("tanh", "of every layer", choices=ACTIVATIONS),
        "layers": Option(30, "how deep", 2, 60),
        "units": Option(100, "of each layer", 4, 512),
        "examples": Option(256, "random ones, of mean 0 and variance 1", 16, 512),
        "ways": Option(WAYS, "of starting", choices=WAYS),
        "seed": SEED,
    },
    "Glorot and Bengio 2010; He et al. 2015 (arXiv 1502.01852)",
)
VANISHING = Experiment(
    "vanishing",
    "In a deep stack of sigmoids the gradient fades before it reaches the first layers; ReLU with He's start keeps it.",
    {
        "layers": Option(10, "hidden ones", 2, 40),
        "units": Option(16, "of each layer", 2, 128),
        "activation": Option("sigmoid", "of the first network", choices=ACTIVATIONS),
        "against": Option("relu", "activation of the second network", choices=ACTIVATIONS),
        "lr": Option(0.1, "the learning rate", 0.001, 2.0, log=True),
        "steps": Option(200, "how many", 10, 1000),
        "seed": SEED,
    },
    "Hochreiter 1991; Glorot and Bengio 2010",
)
BACKPROP = Experiment(
    "backprop",
    "Every number of one step of learning in a network of two inputs, two hidden units and one output.",
    {
        "x1": Option(2.0, "the first input", -10.0, 10.0, 0.1),
        "x2": Option(3.0, "the second input", -10.0, 10.0, 0.1),
        "y": Option(1.0, "what the output ought to be", -10.0, 10.0, 0.1),
        "activation": Option("linear", "of the hidden units", choices=ACTIVATIONS),
        "lr": Option(0.05, "the learning rate", 0.001, 1.0, log=True),
        "steps": Option(1, "how many; the numbers are those of the last", 1, 100),
        "unit": Option("h1", "whose numbers: h1, h2 or out", choices=UNITS),
    },
    "hmkcode.com/ai/backpropagation-step-by-step",
)
CAPACITY = Experiment(
    "capacity",
    "Polynomials of growing degree: too stiff for the points, right, and then bent by their noise.",
    {
        "points": Option(15, "to learn from", 3, 200),
        "noise": Option(0.25, "standard deviation of y around the curve", 0.0, 1.0, 0.01),
        "degrees": Option(12, "the highest degree", 1, 20),
        "penalty": Option(0.0, "on the squares of the coefficients (ridge)", 0.0, 1.0),
        "seed": SEED,
    },
)
HEBB = Experiment(
    "hebb",
    "A unit that strengthens what fires together turns, with Oja's rule, to the first principal component.",
    {
        "rule": Option("oja", "hebb (w <- w + lr y x, which grows for ever) or oja", choices=("oja", "hebb")),
        "points": Option(200, "of a cloud", 10, 2000),
        "angle": Option(30.0, "of the cloud, in degrees", -90.0, 90.0, 1.0),
        "ratio": Option(3.0, "of its length to its width", 1.1, 10.0, 0.1),
        "lr": Option(0.005, "the learning rate", 0.0001, 0.1, log=True),
        "passes": Option(10, "over the points", 1, 50),
        "seed": SEED,
    },
    "Hebb 1949; Oja 1982",
)
EXPERIMENTS: dict[str, Experiment] = {
    e.name: e for e in (PERCEPTRON, REGRESSION, SEARCH, BACKPROP, RACE, STARTS, VANISHING, CAPACITY, HEBB)
}


def entries() -> list[dict[str, Any]]:
    """Return every experiment with its options, for JSON."""
    return [
        {
            "name": e.name,
            "summary": e.summary,
            "paper": e.paper,
            "options": {k: o.to_dict() for k, o in e.options.items()},
        }
        for e in EXPERIMENTS.values()
    ]
