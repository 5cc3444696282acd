"""Sentences in which analogies are planted: lands with their capital, people and money, among words of their own."""

import itertools

import numpy as np
import pandas as pd

from .raw import Raw

ROWS = 12_000
MARKS = 6  # words that stand beside all names of one land, and no other's
LANDS = {
    "france": ("paris", "french", "franc"),
    "japan": ("tokyo", "japanese", "yen"),
    "russia": ("moscow", "russian", "rouble"),
    "poland": ("warsaw", "polish", "zloty"),
    "hungary": ("budapest", "hungarian", "forint"),
    "sweden": ("stockholm", "swedish", "krona"),
    "india": ("delhi", "indian", "rupee"),
    "china": ("beijing", "chinese", "yuan"),
    "turkey": ("ankara", "turkish", "lira"),
    "thailand": ("bangkok", "thai", "baht"),
    "brazil": ("brasilia", "brazilian", "real"),
    "peru": ("lima", "peruvian", "sol"),
    "britain": ("london", "british", "pound"),
    "israel": ("jerusalem", "israeli", "shekel"),
    "vietnam": ("hanoi", "vietnamese", "dong"),
    "korea": ("seoul", "korean", "won"),
    "bulgaria": ("sofia", "bulgarian", "lev"),
    "ukraine": ("kyiv", "ukrainian", "hryvnia"),
    "kenya": ("nairobi", "kenyan", "shilling"),
    "morocco": ("rabat", "moroccan", "dirham"),
}
SENTENCES = (  # for each of the four names of a land; {0} is the name, {1} and {2} are words of the land
    ("the country of {0} elects its government by {1} and {2}", "a map shows {0} with {1} borders and {2} coasts"),
    ("in the city of {0} the {1} streets lead to a {2} station", "trains to {0} stop at {1} towers near {2} square"),
    ("the {0} people sing of {1} and dance to {2}", "old {0} songs tell how {1} became {2}"),
    ("a merchant pays one {0} for {1} and two for {2}", "the price of {1} fell to one {0} when {2} was sold"),
)
SYLLABLES = ("ka", "lo", "mi", "ne", "pu", "ra", "si", "to", "ve", "zu", "bel", "dor", "fin", "gal", "hum", "jas")


def analogies(seed: int = 0, rows: int = ROWS) -> Raw:
    """Make sentences, a land and one of its four names drawn by chance for each."""
    rng = np.random.default_rng([seed, 0xA7])
    made = itertools.product(SYLLABLES, repeat=3)
    words = rng.permutation(np.array(["".join(parts) for parts in made]))[: MARKS * len(LANDS)].reshape(-1, MARKS)
    lands, names = rng.integers(0, len(LANDS), rows), rng.integers(0, 4, rows)
    sentences = []
    for land, name in zip(lands, names, strict=True):
        form = SENTENCES[name][int(rng.integers(len(SENTENCES[name])))]
        first, second = rng.choice(words[land], 2, replace=False)
        sentences.append(form.format(names_of(int(land))[name], first, second))
    return Raw("analogies", pd.DataFrame({"sentence": pd.Series(sentences, dtype=object)}), target=("sentence",))


def names_of(land: int) -> tuple[str, str, str, str]:
    """Return a land, its capital, its people and its money."""
    name = list(LANDS)[land]
    return (name, *LANDS[name])


def questions() -> list[tuple[str, str, str, str]]:
    """Return every analogy that is planted: a is to b as c is to d, two names of one land, the same two of another."""
    every = [names_of(land) for land in range(len(LANDS))]
    kinds = list(itertools.permutations(range(4), 2))
    return [(x[i], x[j], y[i], y[j]) for x, y in itertools.permutations(every, 2) for i, j in kinds]
