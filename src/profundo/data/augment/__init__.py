"""Random changes of training pictures, sounds and drawings that leave the answer the same, made on whole batches.

Every change is a pure function of drawn numbers, one row for each picture, so that a batch cut in pieces gives the same
pictures; masks and boxes follow the pictures. Those of sounds are in hearing.py,
those of drawings in hand.py.
"""

from ...errors import UsageError
from ...schema import Audio, Schema, Strokes, Video
from . import hand, hearing
from .policy import Policy, assembled
from .words import CHANGES, NAMES, SHORT, Change, entries

__all__ = ["CHANGES", "NAMES", "SHORT", "Change", "Policy", "auto", "build", "entries"]


def build(name: str, schema: Schema, task: str = "") -> Policy | None:
    """Build the policy of `--augment` for pictures, sounds or drawings; None for "none" and for other data.

    Words are joined by +, each with a strength if wanted, such as "flip+crop+colour:0.4+erase+mixup"; `CHANGES` lists
    them. The order of moves and of changes of colour among themselves is as written; moves come first, then colour,
    blur, noise, erasing, mixing. "auto" is what `auto` says. Raises UsageError for an unknown name, with the nearest,
    and for what does not fit the data.
    """
    image = schema.image
    if isinstance(schema.shaped, Video) and name not in ("auto", "none"):
        raise UsageError(f"clips are not changed at random. Leave out --augment {name}.")
    if isinstance(schema.shaped, Audio) and name != "none":
        return hearing.assembled(auto(schema, task) if name == "auto" else name, schema.shaped)
    if any(isinstance(k, Strokes) for k in (*schema.inputs.values(), *schema.targets.values())) and name != "none":
        return hand.assembled(auto(schema, task) if name == "auto" else name, schema)
    if image is None or name == "none":
        return None
    return assembled(auto(schema, task) if name == "auto" else name, image, schema.located)


def auto(schema: Schema, task: str = "") -> str:
    """Choose a policy for pictures with answers of this kind, for sounds or for drawings.

    Grey pictures may be digits or letters, where a mirror image is another sign, and a number may be an angle: neither
    is flipped.
    """
    image = schema.image
    if isinstance(schema.shaped, Audio):
        return hearing.USUAL
    if image is None:
        return hand.USUAL if task != "drawing" else hand.GENTLE
    colour = image is not None and image.channels == 3
    if schema.located is not None:
        return "flip+scale:0.2+shift+colour:0.3" if colour else "scale:0.2+shift+colour:0.3"
    return "shift+flip" if colour and task != "regression" else "shift"
