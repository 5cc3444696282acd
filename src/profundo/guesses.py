"""What suits a data set where nothing is asked for: how long, in which steps, with which options of the network."""

from typing import TYPE_CHECKING, Any

from .schema import Number

if TYPE_CHECKING:
    from .data.dataset import Data

FEW_GENES = 1_000  # genes from which where a motif stands can be learnt (benchmarks/genes.py)
MANY = 10_000  # photographs from which a wide network and a recipe for photographs pay
WORDS = 2_000  # different tokens from which their tables are most of a language model
FEW_TOKENS = 300_000  # of training text, for which a narrow network will do
TEXTS = ("language", "word_vectors", "translation", "captioning")
COLOUR_RECIPE: dict[str, Any] = {
    "optimizer": "muon",
    "lr": 0.012,
    "schedule": "linear",
    "batch_size": 512,
    "weight_decay": 0.1,
    "epochs": 16,
}


def guessed_recipe(data: "Data") -> dict[str, Any]:
    """Choose batch size and epochs from the number of training examples, and the penalties from the kind of data."""
    count = data.count("train")
    if data.task in TEXTS:
        return guessed_text_recipe(data)
    if data.task in ("anomalies", "clustering"):  # benchmarks/anomalies.py
        most = 60_000 if data.schema.takes == "series" else 200_000
        epochs = max(10, min(100, round(most / max(count, 1))))
        own = {"lr": 0.005, "weight_decay": 2.0} if data.task == "anomalies" and data.schema.takes == "table" else {}
        return {"batch_size": 64 if count < 20_000 else 128, "epochs": epochs, "average": 0.99, **own}
    if data.task == "recommendation":  # benchmarks/recommendation.py
        return {"batch_size": max(64, min(1024, count // 50)), "epochs": 20, "lr": 0.01, "weight_decay": 0.1}
    if data.task in ("segmentation", "detection", "instances", "localisation"):
        return guessed_places_recipe(data, count)
    if data.schema.takes == "video":  # benchmarks/video.py
        return {"batch_size": 32, "epochs": max(8, min(40, round(20_000 / max(count, 1)))), "weight_decay": 0.01}
    if data.task == "drawing":  # benchmarks/strokes.py
        epochs = max(4, min(60, round(120_000 / max(count, 1))))
        return {"batch_size": 64, "epochs": epochs, "lr": 4e-3, "weight_decay": 0.01, "clip": 1.0, "average": 0.99}
    batch_size = 32 if count < 2_000 else 64 if count < 10_000 else 128 if count < 100_000 else 512
    if data.task in ("music", "speech") or data.schema.takes == "audio":
        return guessed_sound_recipe(data, count)
    if (data.schema.takes, data.schema.gives) == ("tokens", "scores"):  # benchmarks/text.py, genes.py
        pieces = int((data.x[data.positions("train")] != 0).sum())
        epochs = max(4, min(40, round(60_000 / max(count, 1)), max(10, round(12_000_000 / max(pieces, 1)))))
        rate = {"lr": 5e-3} if of_genes(data) and count < FEW_GENES else {}
        return {"batch_size": min(batch_size, 64), "epochs": epochs, "weight_decay": 0.01, "average": 0.99, **rate}
    if data.schema.image is not None:
        epochs = max(5, min(25, round(400_000 / max(count, 1))))
        return {"batch_size": batch_size, "epochs": epochs, "weight_decay": 0.01}
    seen = 100_000 if data.task == "forecasting" else 600_000  # neighbouring windows are nearly the same
    epochs = max(10, min(100 if count < 1_000 else 50, round(seen / max(count, 1))))
    return {"batch_size": batch_size, "epochs": epochs, "weight_decay": 0.01, "average": 0.99}


def guessed_sound_recipe(data: "Data", count: int) -> dict[str, Any]:
    """Choose how `count` training sounds, or pieces of music, are learnt (benchmarks/sound.py)."""
    if data.task == "music":
        epochs = max(20, min(150, round(20_000 / max(count, 1))))
        return {"batch_size": 16, "epochs": epochs, "lr": 5e-3, "weight_decay": 0.01, "clip": 1.0}
    if data.task == "speech":
        return {"batch_size": 64, "epochs": max(15, min(40, round(36_000 / max(count, 1)))), "lr": 4e-3, "clip": 1.0}
    epochs = max(10, min(40, round(40_000 / max(count, 1))))
    return {"batch_size": 32 if count < 2_000 else 64, "epochs": epochs, "lr": 4e-3, "weight_decay": 0.05}


def guessed_places_recipe(data: "Data", count: int) -> dict[str, Any]:
    """Choose how places in `count` training pictures are learnt."""
    if data.task == "segmentation":  # each picture is thousands of answers: small batches (benchmarks/segmentation.py)
        epochs = max(5, min(40, round(15_000 / max(count, 1))))
        return {"batch_size": 8, "epochs": epochs, "lr": 5e-3, "weight_decay": 0.02, "average": 0.99}
    if data.task in ("detection", "instances"):  # the settings of benchmarks/detection.py and instances.py
        epochs, rate = max(10, min(60, round(24_000 / max(count, 1)))), 2e-3 if data.task == "detection" else 1e-3
        small = {"batch_size": 8 if count < 1_000 else 16, "epochs": epochs, "lr": rate}
        return small | {"weight_decay": 0.05, "clip": 10.0, "average": 0.99}
    epochs = max(10, min(60, round(32_000 / max(count, 1))))
    return {"batch_size": 32, "epochs": epochs, "lr": 3e-3, "weight_decay": 0.05, "clip": 10.0}


def guessed_text_recipe(data: "Data") -> dict[str, Any]:
    """Read some six million tokens in all, in small batches: many steps count (benchmarks/language.py).

    Muon's step is for layers, not for tables of many words: those, and word vectors, take AdamW.
    """
    if data.task in ("translation", "captioning"):
        return guessed_writing_recipe(data)
    if data.task == "word_vectors":
        epochs = max(3, min(40, round(1_000_000 / max(data.count("train"), 1))))
        return {"batch_size": 256, "epochs": epochs, "lr": 0.01, "schedule": "linear"}
    tokens = data.count("train") * data.schema.shape[0]
    recipe: dict[str, Any] = {"epochs": max(3, min(30, round(6_000_000 / max(tokens, 1))))}
    recipe |= {
        "batch_size": 8 if tokens < FEW_TOKENS else 32,
        "schedule": "linear",
        "weight_decay": 0.1,
        "clip": 1.0,
        "average": 0.995,
    }
    if data.schema.outputs > WORDS:
        return recipe | {"optimizer": "adamw", "lr": 4e-3, "weight_decay": 0.01}
    return recipe | {"optimizer": "muon", "lr": 6e-3, "options": {"bfloat16": 1.0}}


def guessed_writing_recipe(data: "Data") -> dict[str, Any]:
    """Show some 80,000 texts in all, or many ten times, in small batches: steps count (benchmarks/translation.py).

    About pictures, twice as many: what to look at is found late, after the words and their order (captions.py).
    """
    count, pictures = data.count("train"), data.task == "captioning"
    epochs = max(20, min(30, 160_000 // max(count, 1))) if pictures else max(10, min(40, 80_000 // max(count, 1)))
    recipe = {"batch_size": 32 if count < 10_000 else 64, "epochs": epochs, "lr": 2e-3}
    return recipe | {"weight_decay": 0.01, "clip": 1.0, "average": 0.99}


def guessed_head_recipe(data: "Data") -> dict[str, Any]:
    """Choose how a linear head is trained on features: steps cost next to nothing there, so there are many."""
    count = data.count("train")
    return {"epochs": max(20, min(100, round(600_000 / max(count, 1)))), "weight_decay": 0.1}


def guessed_network(data: "Data") -> str:
    """Name the network that suits a task better than the default of its schema; "" where none does."""
    if of_genes(data) and data.schema.gives == "scores" and data.count("train") < FEW_GENES:
        return "textcnn"  # a motif anywhere; where it stands takes more genes to learn
    return "matrix_factorisation" if data.task == "recommendation" else ""


def guessed_network_options(network: str, data: "Data") -> dict[str, Any]:
    """Give an MLP on a table learnt waves for its numbers and some dropout, and a convnet width for many photographs.

    Waves help on nearly every table tried.
    """
    if data.task == "language" and network in ("lstm", "gru", "rnn"):
        few = data.count("train") * data.schema.shape[0] < FEW_TOKENS
        return {"hidden": 128 if few else 256, "layers": 2, "dropout": 0.25, "embedding": 64}
    if network == "seq2seq":
        many = data.count("train") >= MANY
        return {"hidden": 256 if many else 128, "embedding": 256 if many else 64, "dropout": 0.3 if many else 0.1}
    if data.schema.takes == "strokes" and network in ("lstm", "gru", "rnn"):  # chosen on validation: strokes.py
        return {"bidirectional": True, "pool": "all", "dropout": 0.4}
    if network == "pen":
        return {"dropout": 0.3 if data.count("train") < MANY else 0.1}
    if network == "convnet" and many_in_colour(data, data.task):
        return {"width": 64, "depth": [2], "mirror": mirrors(data)}
    if network == "bag":
        return {"dropout": 0.5}
    if network == "textcnn" and data.schema.takes == "tokens":
        return {"channels": 64} | (
            {"widths": [9, 15], "embedding": 16} if of_genes(data) else {"widths": [1, 2, 3], "embedding": 64}
        )
    if network == "conv1d" and differ(data):
        return {"pool": "max"}
    if network != "mlp" or data.schema.image is not None:
        return {}
    numbers = any(isinstance(k, Number) for k in data.schema.inputs.values())
    dropout = 0.1 if data.task == "classification" else 0.0
    return {"dropout": dropout, **({"numbers": "periodic"} if numbers else {})}


def many_in_colour(data: "Data", task: str) -> bool:
    """Say whether there are many photographs with a label each: enough for a wide network and many steps."""
    image = data.schema.image
    return task == "classification" and image is not None and image.channels == 3 and data.count("train") >= MANY


def of_genes(data: "Data") -> bool:
    """Say whether genes or proteins are read."""
    return any(kind.unit == "bases" for kind in data.schema.tokens.values())


def differ(data: "Data") -> bool:
    """Say whether there are texts, and their lengths in the training part differ: then places say little."""
    kinds = list(data.schema.tokens.values())
    if not kinds:
        return False
    last = data.x[data.positions("train"), -1]
    return len(kinds) > 1 or bool((last == 0).float().mean() > 0.05)


def mirrors(data: "Data") -> bool:
    """Say whether the training pictures are mirrored: then a mirror image has the same answer."""
    return data.augment is not None and "flip" in [word.partition(":")[0] for word in data.augment.name.split("+")]
