"""Progressions of chords made here: four voices that go from chord to chord as the rules of harmony like it.

They are no music by anyone: a chain of chords of the major scale in all twelve keys, each chord in root position, the
upper voices moving as little as they can, now and then with a passing note. Enough to see whether something is learnt.
"""

import itertools

import numpy as np

from .midi import PITCHES
from .pieces import Rolls, of_rolls
from .raw import Note, Raw

PIECES, CHORDS, STEPS = 240, 16, 4  # of the set, of a piece, and of a chord
SCALE = (0, 2, 4, 5, 7, 9, 11)
NEXT = {  # degree of the scale: where it goes, and how often
    0: {3: 3, 4: 3, 5: 2, 1: 2},
    1: {4: 4, 6: 1},
    3: {4: 3, 0: 2, 1: 2},
    4: {0: 5, 5: 2},
    5: {1: 3, 3: 3, 4: 1},
    6: {0: 1},
}
BASS, UPPER = (40, 55), (55, 79)  # ranges of the voices
PASSING = 0.3  # the share of chords that the top voice leaves by a passing note


def progressions(seed: int = 0) -> Raw:
    """Make the pieces, four steps a chord."""
    generator = np.random.default_rng([seed, 0x4D])
    rolls = [piece(int(generator.integers(12)), generator) for _ in range(PIECES)]
    raw = of_rolls("progressions", Rolls(rolls, [f"progression {i}" for i in range(PIECES)], STEPS))
    raw.notes.append(Note("music", f"{PIECES} progressions of chords made in code: no music by anyone"))
    return raw


def piece(key: int, generator: np.random.Generator) -> np.ndarray:
    """Return one piece as a roll (steps, 128) bool; it begins and ends on its key."""
    degrees = [0]
    while len(degrees) < CHORDS - 2:
        after = NEXT[degrees[-1]]
        weights = np.array(list(after.values()), float)
        degrees.append(int(generator.choice(list(after), p=weights / weights.sum())))
    degrees += [4, 0]
    roll = np.zeros((CHORDS * STEPS, PITCHES), bool)
    upper = [60, 64, 67]
    for place, degree in enumerate(degrees):
        triad = [(key + SCALE[(degree + third) % 7]) % 12 for third in (0, 2, 4)]
        begin = place * STEPS
        upper = nearest_voicing(triad, upper)
        bass = next(p for p in range(*BASS) if p % 12 == triad[0])
        roll[begin : begin + STEPS, [bass, *upper]] = True
        if generator.random() < PASSING:
            step = next(p for p in range(upper[2] + 1, upper[2] + 3) if (p - key) % 12 in SCALE)
            roll[begin + STEPS - 1, upper[2]] = False
            roll[begin + STEPS - 1, step] = True
    return roll


def nearest_voicing(triad: list[int], before: list[int]) -> list[int]:
    """Return three pitches, one for each note of the triad, that are nearest to those before."""
    places = [[p for p in range(*UPPER) if p % 12 == note] for note in triad]
    every = (sorted(voices) for voices in itertools.product(*places))
    return min(every, key=lambda voices: sum(abs(a - b) for a, b in zip(voices, before, strict=True)))
