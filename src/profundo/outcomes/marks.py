"""What can be read off a text at each character, to compare cells with: inside quotes, how far the line has come."""

import numpy as np

MARKS = {
    "quotes": "whether the text is inside quotes",
    "brackets": "whether the text is inside brackets",
    "line": "how far the line has come",
    "word": "how far the word has come",
    "capitals": "whether the text is in capitals",
    "sentence": "how far the sentence has come",
    "paragraph": "how many lines ago a blank line was",
    "digits": "whether the text is inside a number",
}


def marks(text: str) -> dict[str, np.ndarray]:
    """Return each of `MARKS` at every character of a text, (n,) float64, the character itself counted as read."""
    points = np.array([ord(c) for c in text], np.int64)
    letters = np.array([c.isalpha() or c == "'" for c in text], bool)
    upper = np.array([c.isupper() for c in text], bool)
    newline = points == ord("\n")
    blank = newline & np.concatenate([[False], newline[:-1]])
    return {
        "quotes": inside_quotes(points, blank),
        "brackets": inside_brackets(points, blank),
        "line": since(newline),
        "word": since(~letters),
        "capitals": (upper & np.concatenate([[False], upper[:-1]])).astype(float),
        "sentence": since(np.isin(points, [ord(c) for c in ".!?"])),
        "paragraph": lines_since(newline, blank),
        "digits": np.array([c.isdigit() for c in text], float),
    }


def since(event: np.ndarray) -> np.ndarray:
    """Return how many characters ago an event (n,) bool last was; 0 where it is."""
    places = np.arange(len(event))
    return (places - np.maximum.accumulate(np.where(event, places, 0))).astype(float)


def lines_since(newline: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """Return how many lines ago a blank line was."""
    lines = np.cumsum(newline)
    return (lines - np.maximum.accumulate(np.where(blank, lines, 0))).astype(float)


def inside_quotes(points: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """Return 1 from an opening double quote up to the closing one, or to a blank line."""
    straight, opening, closing = (points == ord(c) for c in '"“”')
    inside, found = False, np.zeros(len(points))
    for place in np.flatnonzero(straight | opening | closing | blank):
        now = False if blank[place] or closing[place] else True if opening[place] else not inside
        found[place:] = float(now)
        inside = now
    return found


def inside_brackets(points: np.ndarray, blank: np.ndarray) -> np.ndarray:
    """Return 1 while a bracket is open, up to a blank line."""
    opening, closing = np.isin(points, [ord(c) for c in "([{"]), np.isin(points, [ord(c) for c in ")]}"])
    depth, found = 0, np.zeros(len(points))
    for place in np.flatnonzero(opening | closing | blank):
        depth = 0 if blank[place] else depth + 1 if opening[place] else max(0, depth - 1)
        found[place:] = float(depth > 0)
    return found
