"""Claims about people that a picture cannot carry: a character or an orientation, read from a face."""

import re

from ..data.dataset import Data
from ..findings import Finding

CLAIMS = {
    "criminality": ("criminal", "criminals", "criminality", "crime", "convict", "convicts", "convicted", "felon"),
    "violence": ("terrorist", "terrorists", "terrorism", "violent", "offender", "offenders", "recidivism"),
    "race or ethnicity": ("race", "races", "ethnicity", "ethnic", "ethnicities"),
    "sexual orientation": ("gay", "lesbian", "homosexual", "heterosexual", "orientation", "sexuality"),
    "trustworthiness": ("trustworthy", "trustworthiness", "untrustworthy", "honest", "dishonest", "liar", "trust"),
    "intelligence": ("iq", "intelligence", "intelligent", "unintelligent"),
    "political or religious belief": ("political", "politics", "republican", "democrat", "religion", "religious"),
}

AMBIGUOUS = frozenset(
    ("race", "races", "orientation", "trust", "crime", "violent", "political", "politics", "religion", "religious")
)  # such as a race car: these say what is claimed only as the name of the target


def look(data: Data) -> list[Finding]:
    """Find pictures whose target, by the names of the target, its labels or the source, is such a claim."""
    if data.schema.image is None:
        return []
    labels = data.schema.labels if data.task == "classification" else ()
    words = {w for name in (data.name, *labels) for w in split_words(name)} - AMBIGUOUS
    words |= {w for name in data.schema.targets for w in split_words(name)}
    return [finding(data, claim, found) for claim, names in CLAIMS.items() if (found := sorted(words & set(names)))]


def split_words(name: str) -> list[str]:
    """Split a name into lower-case words: `isCriminal_face` is is, criminal, face."""
    return re.findall(r"[a-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())


def finding(data: Data, claim: str, words: list[str]) -> Finding:
    """Say why the claim does not hold."""
    text = (
        f"If these are pictures of people, the target ({', '.join(words)}) claims to read {claim} from a face. Faces "
        "do not show it: such labels record how and by whom the pictures were taken and chosen, and that is what a "
        "network learns, as with the criminal faces of Wu and Zhang (2016). A high score does not make it true. Do "
        "not use it on people."
    )
    target = next(iter(data.schema.targets))
    return Finding("claim about people", "serious", text, "--target COLUMN", target, facts={"words": words})
