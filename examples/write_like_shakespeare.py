"""A language model of characters in Python: learn a text, see what surprises it, let it write, look into one cell.

python examples/write_like_shakespeare.py [book.txt]
"""

import sys
import tempfile
from pathlib import Path

import profundo

LINES = ("the owl sat on the mill and sang", "a fox ran by the mill at night", "the night was cold and the owl was old")


def main() -> None:
    """Learn a book, or without one a few lines that repeat, in seconds."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        book = Path(sys.argv[1]) if len(sys.argv) > 1 else place / "lines.txt"
        if len(sys.argv) == 1:
            book.write_text("\n".join(LINES[i * i % 7 % 3] for i in range(600)))
        run = profundo.train(book, hidden=64, epochs=10, context="64", out=place / "run")
        print(f"{profundo.evaluate(run)['scores']['nats']['value']:.3f} nats a character on text it never saw\n")
        print(profundo.generate(run, prompt="the ", temperature=0.7, length=120).text)
        (place / "new.txt").write_text("the owl sat on the mill and sang\nthe mill sat on the owl and zzz")
        print(profundo.predict(run, place / "new.txt").to_string(index=False))
        coloured = profundo.generate(run, prompt="the owl sat", cell="1.7")
        print("cell 1.7:", coloured.text)


if __name__ == "__main__":
    main()
