"""A text from a text, in Python: learn from examples how dates are written in ISO 8601, then rewrite some.

python examples/rewrite_dates.py
"""

import tempfile
from pathlib import Path

import pandas as pd

import profundo

ASKED = ["14 March 2009", "May 1st, 1999", "the 23rd of june 2031", "07/11/1988", "Sun 4.7.76"]


def main() -> None:
    """Train for a minute on the built-in dates; a table of your own with two columns of text goes the same way."""
    with tempfile.TemporaryDirectory() as name:
        run = profundo.train("dates", out=Path(name) / "run", epochs=10, threads=1)
        print({name: round(score["value"], 3) for name, score in profundo.evaluate(run)["scores"].items()})
        print(profundo.predict(run, pd.DataFrame({"said": ASKED})).assign(said=ASKED))
        made = profundo.generate(run, prompt="2nd of may 05", count=3)  # a form that it has never seen
        print(made.text)


if __name__ == "__main__":
    main()
