"""What people want, in Python: learn the intent of a request from the words it is typed in.

python examples/understand_requests.py
"""

import tempfile
from pathlib import Path

import pandas as pd

import profundo

ASKED = [
    "will it rain in Oslo tonight",
    "put on some piano music please",
    "a table for four on friday",
    "wake me at six",
]


def main() -> None:
    """Train for some seconds on the built-in intents, a text with a label for each, and ask about new requests."""
    with tempfile.TemporaryDirectory() as name:
        run = profundo.train("intents", out=Path(name) / "run", epochs=5, threads=1, evaluate="holdout")
        print({name: round(score["value"], 3) for name, score in profundo.evaluate(run)["scores"].items()})
        found = profundo.predict(run, pd.DataFrame({"said": ASKED}))
        print(found[["intent"]].assign(said=ASKED))


if __name__ == "__main__":
    main()
