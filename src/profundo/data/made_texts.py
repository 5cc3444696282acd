"""Made sets with texts, where every right answer is known: dates in another form, captions of shapes, intents."""

import datetime
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from .arrays import from_arrays
from .made_words import analogies
from .raw import Raw

DAYS, CAPTIONS, INTENTS = 6_000, 3_000, 2_000  # rows
FIRST, LAST = datetime.date(1950, 1, 1), datetime.date(2049, 12, 31)
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FORMS: tuple[Callable[[datetime.date], str], ...] = (
    lambda d: f"{d.day} {MONTHS[d.month - 1]} {d.year}",
    lambda d: f"{MONTHS[d.month - 1]} {ordinal(d.day)}, {d.year}",
    lambda d: f"{WEEKDAYS[d.weekday()]}, {d.day} {MONTHS[d.month - 1]} {d.year}",
    lambda d: f"the {ordinal(d.day)} of {MONTHS[d.month - 1].lower()} {d.year}",
    lambda d: f"{d.day:02d}/{d.month:02d}/{d.year}",
    lambda d: f"{WEEKDAYS[d.weekday()][:3]} {d.day}.{d.month}.{d.year % 100:02d}",
    lambda d: f"{MONTHS[d.month - 1][:3].lower()} {d.day} {d.year % 100:02d}",
)
SIDE = 40  # pixels of a picture
ASIDE = 4  # pixels by which the shapes are off a common line
COLOURS = {"red": (220, 50, 47), "green": (60, 180, 75), "blue": (50, 90, 220), "yellow": (235, 200, 40)}
SHAPES = ("square", "circle", "cross", "triangle")
PLACES = ("above", "left of")


def dates(seed: int = 0, rows: int = DAYS) -> Raw:
    """Make days from 1950 to 2049 as people say them, `said` in seven forms, and as ISO 8601 has them, `iso`.

    A year of two digits is of these hundred years.
    """
    rng = np.random.default_rng([seed, 0xDA])
    days = [FIRST + datetime.timedelta(int(n)) for n in rng.integers(0, (LAST - FIRST).days + 1, rows)]
    said = [FORMS[form](day) for form, day in zip(rng.integers(0, len(FORMS), rows), days, strict=True)]
    frame = pd.DataFrame({"said": said, "iso": [day.isoformat() for day in days]})
    return Raw("dates", frame, target=("iso",), task="translation")


def ordinal(day: int) -> str:
    """Return 1st, 2nd, 3rd, 4th, ..."""
    return f"{day}{'th' if 10 <= day % 100 <= 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def shape_captions(seed: int = 0, rows: int = CAPTIONS) -> Raw:
    """Make pictures of 40 x 40 pixels with two shapes, and a sentence that tells of both and how they stand.

    They stand one above the other or side by side, nearly on a line, so that one sentence alone is right.
    """
    rng = np.random.default_rng([seed, 0x5C])
    pixels, captions = np.empty((rows, SIDE, SIDE, 3), np.uint8), []
    for canvas in pixels:
        canvas[:] = rng.integers(0, 60, (SIDE, SIDE, 3))
        where, line = PLACES[rng.integers(2)], int(rng.integers(10, SIDE - 10))
        names = []
        for half in range(2):
            colour, shape = list(COLOURS)[rng.integers(len(COLOURS))], SHAPES[rng.integers(len(SHAPES))]
            radius = int(rng.integers(6, 10))
            along = SIDE // 2 * half + int(rng.integers(radius, SIDE // 2 - radius + 1))
            aside = int(np.clip(line + rng.integers(-ASIDE, ASIDE + 1), radius, SIDE - radius))
            row, column = (along, aside) if where == "above" else (aside, along)
            canvas[inside(shape, radius, row, column)] = np.clip(COLOURS[colour] + rng.integers(-25, 26, 3), 0, 255)
            names.append(f"a {colour} {shape}")
        captions.append(f"{names[0]} {where} {names[1]}")
    raw = from_arrays(pixels, np.array(captions, dtype=object), name="shape_captions")
    frame = raw.frame.rename(columns={raw.target[0]: "caption"})
    return replace(raw, frame=frame, target=("caption",), task="captioning")


def inside(shape: str, radius: int, row: int, column: int) -> np.ndarray:
    """Say of each pixel (SIDE, SIDE) whether it is in a shape with its middle at a pixel."""
    y, x = np.ogrid[-row : SIDE - row, -column : SIDE - column]
    found: dict[str, np.ndarray] = {
        "square": np.maximum(abs(y), abs(x)) <= 0.8 * radius,
        "circle": y**2 + x**2 <= (0.95 * radius) ** 2,
        "cross": (np.minimum(abs(y), abs(x)) <= radius / 4) & (np.maximum(abs(y), abs(x)) <= 0.95 * radius),
        "triangle": (y <= 0.8 * radius) & (y >= 2 * abs(x) - 0.9 * radius),
    }
    return found[shape]


GREETINGS = ("", "", "please ", "hi, ", "hello, can you ", "i would like to ", "could you ", "ok now ")
CITIES = ("Reus", "Lisbon", "Oslo", "Turin", "Prague", "Cork", "Graz", "Malmö")
TIMES = ("today", "tomorrow", "on friday", "at seven", "next week", "tonight", "in the morning")
PHRASES = {
    "weather": ("how warm is it in {city} {time}", "will it rain in {city} {time}", "do i need an umbrella {time}"),
    "book table": (
        "book a table for {n} {time}",
        "reserve dinner for {n} in {city}",
        "find a restaurant for {n} {time}",
    ),
    "play music": ("play some {music}", "put on {music} {time}", "i want to hear {music}"),
    "set alarm": ("wake me up {time}", "set an alarm for {n} o'clock", "ring in {n} minutes"),
    "travel": ("when is the train to {city} {time}", "buy {n} tickets to {city}", "how do i get to {city} {time}"),
    "translate": (
        "what is {music} in german",
        "how do you say {time} in spanish",
        "translate good night for {n} people",
    ),
}
MUSIC = ("jazz", "a waltz", "some rock", "the news song", "piano music", "an opera")


def intents(seed: int = 0, rows: int = INTENTS) -> Raw:
    """Make requests, `said`, as people type them with a slip of a key now and then, and what they want, `intent`."""
    rng = np.random.default_rng([seed, 0x1E])

    def one(words: tuple[str, ...]) -> str:
        return words[int(rng.integers(len(words)))]

    said, wanted = [], []
    for _ in range(rows):
        intent = one(tuple(PHRASES))
        slots = {"city": one(CITIES), "time": one(TIMES), "music": one(MUSIC), "n": str(rng.integers(2, 10))}
        text = one(GREETINGS) + one(PHRASES[intent]).format(**slots)
        if rng.random() < 0.3:
            place = int(rng.integers(len(text) - 1))
            text = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
        said.append(text)
        wanted.append(intent)
    return Raw("intents", pd.DataFrame({"said": said, "intent": wanted}), target=("intent",), task="classification")


MADE: dict[str, Callable[[int], Raw]] = {
    "dates": dates,
    "shape_captions": shape_captions,
    "intents": intents,
    "analogies": analogies,
}
