"""What a network got wrong, why, and what its layers made of it: the studio's questions, asked from Python.

python examples/look_inside.py
"""

import tempfile
from pathlib import Path

import profundo


def main() -> None:
    """Train on handwritten digits, take the surest mistake, and look into the network at it."""
    with tempfile.TemporaryDirectory() as name:
        run = profundo.train("digits", out=Path(name) / "run", epochs=5, evaluate="holdout", baselines=False, threads=1)
        found = profundo.mistakes(run, count=1)
        print(f"{found['wrong']} of {found['n']} test examples are wrong; most confused: {found['confused'][:3]}")
        worst = found["examples"]["rows"][0]
        print(f"the surest mistake: row {worst['row']}, truly {worst['true']}, said {worst['said']}")
        print(profundo.explain(run, row=worst["row"]).sentence)
        for layer in profundo.inside(run, row=worst["row"]).layers:
            print(layer.name, layer.type, layer.values.shape)


if __name__ == "__main__":
    main()
