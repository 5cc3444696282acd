"""Word vectors in Python: neighbours, sums of words, and whether some words lean to others.

python examples/word_vectors.py [book.txt]
"""

import sys
import tempfile
from pathlib import Path

import profundo


def main() -> None:
    """Learn vectors from made sentences about lands, in which analogies are planted, or from a book."""
    source = sys.argv[1] if len(sys.argv) > 1 else "analogies"
    with tempfile.TemporaryDirectory() as name:
        run = profundo.train(source, task="word_vectors", epochs=6, out=Path(name) / "run")
        if source == "analogies":
            print("nearest to yen:\n" + profundo.generate(run, prompt="yen", count=5).text)
            print("tokyo - japan + france:\n" + profundo.generate(run, prompt="tokyo - japan + france", count=3).text)
            lists = {"x": "paris,tokyo,lima", "y": "franc,yen,sol", "a": "city,station", "b": "merchant,pays"}
            print("do cities lean to stations, and coins to merchants?\n" + profundo.generate(run, **lists).text)
        else:
            print(profundo.generate(run, prompt="love", count=10).text)


if __name__ == "__main__":
    main()
