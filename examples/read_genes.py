"""From FASTA files to the place in a gene that matters, in Python: plant a motif, learn, score, see where it stands.

python examples/read_genes.py
"""

import json
import tempfile
from pathlib import Path

import numpy as np

import profundo

MOTIF, PLACE = "TATAAT", 20


def write(path: Path, count: int, planted: bool, seed: int) -> None:
    """Write genes of fifty letters, with the motif at its place where it is planted."""
    rng = np.random.default_rng(seed)
    genes = ["".join(rng.choice(list("ACGT"), 50)) for _ in range(count)]
    if planted:
        genes = [g[:PLACE] + MOTIF + g[PLACE + len(MOTIF) :] for g in genes]
    path.write_text("".join(f">gene{i}\n{gene}\n" for i, gene in enumerate(genes)))


def main() -> None:
    """Train on two FASTA files, whose names are the labels, and print the places that the answers hang on."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        (place / "genes").mkdir()
        write(place / "genes" / "promoters.fa", 200, planted=True, seed=0)
        write(place / "genes" / "others.fa", 200, planted=False, seed=1)
        profundo.train(place / "genes", out=place / "run", network="conv1d", evaluate="holdout")
        scores = json.loads((place / "run" / "scores.json").read_text())
        print(f"accuracy {scores['scores']['accuracy']['value']:.3f}: {scores['verdict']}")
        weights = np.array(json.loads((place / "run" / "words.json").read_text())["places"])
        print(
            "planted at", list(range(PLACE, PLACE + len(MOTIF))), "found at", sorted(np.argsort(-weights)[:6].tolist())
        )


if __name__ == "__main__":
    main()
