"""The words for data: what kind each column is, which columns go in and which come out.

A kind is a frozen record. The fields that are statistics (labels, centre, words ...) are learnt from the training part
alone, by `profundo.data.encode.fit`; a schema with its statistics is stored in the run as `schema.json`, and the same
code applies it in training, predicting, exporting and serving.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from .errors import DataError, unknown


@dataclass(frozen=True)
class Number:
    """A quantity. Encoded as (value - center) / scale, then softly clipped when `clip`; missing values become 0.

    With `missing`, a second column is 1 where the value was missing. A `formula` computes it from other columns.
    """

    name: ClassVar[str] = "number"
    center: float = 0.0
    scale: float = 1.0
    missing: bool = False
    clip: bool = True
    formula: str = ""

    @property
    def width(self) -> int:
        """The number of columns of x that this column becomes."""
        return 2 if self.missing else 1


@dataclass(frozen=True)
class Category:
    """One of a few labels, kept as text. A missing value is the label "" where training saw one.

    Few labels are one-hot columns (an unseen label is all zeros). With `embed`, one column holds the code, and the
    network looks up a vector for it; code `len(labels)` means unseen. As a target, y is the code.
    """

    name: ClassVar[str] = "category"
    labels: tuple[str, ...] = ()
    embed: bool = False

    @property
    def width(self) -> int:
        """The number of columns of x that this column becomes."""
        return 1 if self.embed else len(self.labels)


@dataclass(frozen=True)
class Date:
    """A point in time: seconds since 1970 as a number, and the cycles of month, weekday and hour as sine and cosine.

    With `hours`, the times of day vary and their cycle is added. `format` is how texts are read (strptime), "" for
    ISO 8601: learnt in training, so that 03/04/2020 is the same day ever after.
    """

    name: ClassVar[str] = "date"
    center: float = 0.0
    scale: float = 1.0
    hours: bool = False
    missing: bool = False
    format: str = ""

    @property
    def width(self) -> int:
        """The number of columns of x that this column becomes."""
        return 1 + 4 + (2 if self.hours else 0) + (1 if self.missing else 0)


@dataclass(frozen=True)
class Text:
    """Free text as a bag of words: term frequency times inverse document frequency, each row of length 1."""

    name: ClassVar[str] = "text"
    words: tuple[str, ...] = ()
    idf: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """The number of columns of x that this column becomes."""
        return len(self.words)


@dataclass(frozen=True)
class Image:
    """Pixels, uint8 in memory, (channels, height, width). A batch is (pixel / 255 - mean) / std, per channel.

    `fit` is how a picture of another shape comes to this size: "crop" its middle, or "pad" it at the right and below,
    which keeps every pixel and is the way where something is to be found in it.
    """

    name: ClassVar[str] = "image"
    channels: int = 3
    height: int = 0
    width_pixels: int = 0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    fit: str = "crop"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one x: (channels, height, width)."""
        return (self.channels, self.height, self.width_pixels)

    @property
    def width(self) -> int:
        """The number of values that an image becomes."""
        return self.channels * self.height * self.width_pixels


@dataclass(frozen=True)
class Mask:
    """A label for every pixel. As a target, y is (N, height, width) uint8 codes, 255 where a pixel has no label."""

    name: ClassVar[str] = "mask"
    labels: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        """The number of columns of x that this column becomes: it is never an input."""
        return 0


@dataclass(frozen=True)
class Boxes:
    """Objects in a picture: a box and a label for each, at most `most` of them, with masks where `masks`.

    As a target, y is (N, most, 5) float32: x1, y1, x2, y2 in pixels of the picture that the network sees, and the code
    of the label; rows of -1 fill up. With masks, a batch's y is (B, most, 5 + 28 x 28): then comes the mask inside the
    box, 0 or 1, on a grid. With `single`, every picture has one object, and y is (N, 1, 5).
    """

    name: ClassVar[str] = "boxes"
    labels: tuple[str, ...] = ()
    most: int = 1
    masks: bool = False
    single: bool = False

    @property
    def width(self) -> int:
        """The number of columns of x that this column becomes: it is never an input."""
        return 0


@dataclass(frozen=True)
class Tokens:
    """Text as a sequence of codes: 0 fills up at the end, 1 was never seen in training, 2 begins and 3 ends a text.

    `unit` is "words", "characters", "bytes", "bpe" or "bases" (letters of a gene, or k-mers of `letters` of them).
    `vocabulary` are the texts of the codes 4, 5, ...; `merges` those of byte pair encoding, in order. As an input it is
    `length` columns of x that hold codes, after all other columns; as a target, y is (N, length) int64 codes. With
    `strands` 2, a gene is followed by the code 2 and by its other strand, read from its own beginning.
    """

    name: ClassVar[str] = "tokens"
    unit: str = "words"
    vocabulary: tuple[str, ...] = ()
    merges: tuple[str, ...] = ()
    length: int = 0
    lower: bool = False
    letters: int = 1
    strands: int = 1

    @property
    def width(self) -> int:
        """The number of columns of x that this column becomes."""
        return self.length

    @property
    def size(self) -> int:
        """The number of different codes."""
        return RESERVED + len(self.vocabulary)


@dataclass(frozen=True)
class Series:
    """Several quantities at equal steps of time, (steps, values) float32, each in standard units of its own.

    With `missing`, a second value of each channel is 1 where it was missing. With `ragged`, a last value of each step
    is 1 while the series lasts and 0 after its end. `frequency` is the step as pandas writes it ("h", "D", "MS").
    As a target of a forecast, y is (N, steps, channels).

    Of a forecast, the last `ahead` steps of x lie in the future: there only the last `known` channels have values. With
    `names` of several series, centers and scales hold those of all channels of the first series, then of the next.
    `season` is the steps of a cycle (24 hours). `time` and `series` are the columns that the rows are put in order by.
    `naive` is, for each of the scales, the mean distance of values a season apart in the training part, `spreads` the
    standard deviation, in the data's own units; `logs` says which targets are seen and forecast as logarithms. `until`
    is the first step that no weight and no interval was learnt from.
    """

    name: ClassVar[str] = "series"
    channels: tuple[str, ...] = ()
    steps: int = 0
    centers: tuple[float, ...] = ()
    scales: tuple[float, ...] = ()
    missing: bool = False
    ragged: bool = False
    frequency: str = ""
    ahead: int = 0
    known: int = 0
    names: tuple[str, ...] = ()
    season: int = 1
    naive: tuple[float, ...] = ()
    spreads: tuple[float, ...] = ()
    logs: tuple[bool, ...] = ()
    until: int = 0
    time: str = ""
    series: str = ""

    @property
    def values(self) -> int:
        """The number of values of one step."""
        return len(self.channels) * (2 if self.missing else 1) + (1 if self.ragged else 0)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one x: (steps, values)."""
        return (self.steps, self.values)

    @property
    def width(self) -> int:
        """The number of values that a series becomes."""
        return self.steps * self.values


@dataclass(frozen=True)
class Audio:
    """Sound: `samples` int16 in memory at `rate` samples a second; a batch is its log-mel spectrogram.

    x of a batch is (B, 1, mels, frames) float32, from windows of `window` seconds every `hop` seconds; `center` and
    `scale` are those of the training part. As a target, y is (N, steps) int64 codes of `units`, the spectra (units,
    mels) in decibels that sounds are made of: code 4 + i is unit i, and 0, 2, 3 fill up, begin and end as in Tokens.
    """

    name: ClassVar[str] = "audio"
    rate: int = 16_000
    samples: int = 0
    mels: int = 64
    window: float = 0.025
    hop: float = 0.01
    center: float = 0.0
    scale: float = 1.0
    units: tuple[tuple[float, ...], ...] = ()

    @property
    def frames(self) -> int:
        """The number of windows of the spectrogram."""
        return 1 + self.samples // max(1, round(self.hop * self.rate))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one x: (1, mels, frames)."""
        return (1, self.mels, self.frames)

    @property
    def width(self) -> int:
        """The number of values that a sound becomes."""
        return self.mels * self.frames


@dataclass(frozen=True)
class Video:
    """A clip, uint8 in memory, (frames, channels, height, width); a batch is (pixel / 255 - mean) / std, per channel.

    `rate` is how many frames a second are taken from the source.
    """

    name: ClassVar[str] = "video"
    frames: int = 0
    channels: int = 3
    height: int = 0
    width_pixels: int = 0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    rate: float = 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one x: (frames, channels, height, width)."""
        return (self.frames, self.channels, self.height, self.width_pixels)

    @property
    def width(self) -> int:
        """The number of values that a clip becomes."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Strokes:
    """A drawing as the path of a pen, (points, 5) float32: dx, dy, and which one of "draws", "lifted", "ended" holds.

    dx and dy are divided by `scale`, their standard deviation over the training part (Graves 2013, 1308.0850; Ha and
    Eck 2017, 1704.03477). Points after the end are (0, 0, 0, 0, 1). As a target, y is the same. `usual` is the mean
    number of points before the end in the training part; `grain` is the step of the grid that the source's points are
    on, 0 for none.
    """

    name: ClassVar[str] = "strokes"
    points: int = 0
    scale: float = 1.0
    usual: float = 1.0
    grain: float = 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one x: (points, 5)."""
        return (self.points, 5)

    @property
    def width(self) -> int:
        """The number of values that a drawing becomes."""
        return self.points * 5


RESERVED = 4  # codes of tokens that are no text: filling, never seen, beginning, end
FILLING, NEVER_SEEN, BEGINNING, END = range(RESERVED)
Shaped = Image | Series | Audio | Video | Strokes
Kind = Number | Category | Date | Text | Image | Mask | Boxes | Tokens | Series | Audio | Video | Strokes
KINDS: dict[str, type[Kind]] = {
    k.name: k for k in (Number, Category, Date, Text, Image, Mask, Boxes, Tokens, Series, Audio, Video, Strokes)
}


@dataclass(frozen=True)
class Schema:
    """The typed columns that go in (`inputs`) and come out (`targets`). Which they are decides the task.

    `truth` is what is known beside them and never learnt from: the label that anomalies or clusters are scored by.
    """

    inputs: Mapping[str, Kind] = field(default_factory=dict)
    targets: Mapping[str, Kind] = field(default_factory=dict)
    truth: Mapping[str, Kind] = field(default_factory=dict)

    @property
    def image(self) -> Image | None:
        """The image column, when the inputs are images."""
        return next((k for k in self.inputs.values() if isinstance(k, Image)), None)

    @property
    def shaped(self) -> Shaped | None:
        """The one input that is not columns of a table: an image, a series, a sound, a clip or a drawing."""
        return next((k for k in self.inputs.values() if isinstance(k, Shaped)), None)

    @property
    def tokens(self) -> dict[str, Tokens]:
        """The inputs that are sequences of codes: the last columns of x, in this order."""
        return {name: k for name, k in self.inputs.items() if isinstance(k, Tokens)}

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one x: that of the input that has one of its own, else (columns,)."""
        return (sum(k.width for k in self.inputs.values()),) if self.shaped is None else self.shaped.shape

    @property
    def takes(self) -> str:
        """What a network must take: "table", "tokens" (beside columns or not), or the name of the shaped input."""
        return self.shaped.name if self.shaped is not None else "tokens" if self.tokens else "table"

    @property
    def gives(self) -> str:
        """What a network must give for the targets.

        "scores" of labels, or numbers; "masks"; "boxes"; "vectors" of words; "next", scores of what comes next at each
        step; "text", "strokes" or "sound", made from the inputs; "forecast"; "reconstruction" where there is no target.
        """
        if not self.targets:
            return "reconstruction"
        name, kind = next(iter(self.targets.items()))
        match kind:
            case Mask():
                return "masks"
            case Boxes(single=False):
                return "boxes"
            case Tokens() if name in self.inputs:
                return "vectors" if kind.length == 1 else "next"
            case Series() if name in self.inputs and kind.steps == getattr(self.inputs[name], "steps", 0):
                return "next"
            case Tokens() | Series() | Strokes() | Audio():
                return {"tokens": "text", "series": "forecast", "audio": "sound"}.get(kind.name, kind.name)
        return "scores"

    @property
    def embedded(self) -> tuple[int, ...]:
        """The table sizes of the embedded categories (labels + 1 for unseen); codes follow the plain columns of x."""
        return tuple(len(k.labels) + 1 for k in self.inputs.values() if isinstance(k, Category) and k.embed)

    @property
    def features(self) -> list[str]:
        """A name for every column of x, in order: `age`, `age is missing`, `city=Reus`; embedded codes; tokens."""
        inputs = sorted(self.inputs.items(), key=lambda pair: place(pair[1]))  # stable
        return [f for name, k in inputs for f in feature_names(name, k)]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of the one category, mask or boxes target. Raises DataError where the target is none of these."""
        kinds = list(self.targets.values())
        if len(kinds) != 1 or not isinstance(kinds[0], Category | Mask | Boxes):
            raise DataError(f"the target is not one category but {self.targets}.")
        return kinds[0].labels

    @property
    def located(self) -> Mask | Boxes | None:
        """The target, where it says where something is in a picture."""
        return next((k for k in self.targets.values() if isinstance(k, Mask | Boxes)), None)

    @property
    def outputs(self) -> int:
        """How many numbers a network must give: a score for each label, or one for each target column.

        For one object, a score for each label and the four numbers of its box; for a mask, the scores of each pixel;
        for tokens, the scores of each code; for a series, the value of each channel.
        """
        kinds = list(self.targets.values())
        if len(kinds) == 1 and isinstance(kinds[0], Boxes) and kinds[0].single:
            return len(kinds[0].labels) + 4
        if len(kinds) == 1 and isinstance(kinds[0], Category | Mask | Boxes):
            return len(kinds[0].labels)
        if len(kinds) == 1 and isinstance(kinds[0], Tokens):
            return kinds[0].size
        if len(kinds) == 1 and isinstance(kinds[0], Audio):
            return RESERVED + len(kinds[0].units)
        if len(kinds) == 1 and isinstance(kinds[0], Series):
            return len(kinds[0].channels)
        return len(kinds)

    def to_dict(self) -> dict[str, Any]:
        """Return the schema as plain dicts and lists, for JSON."""
        sides = ("inputs", "targets", *(("truth",) if self.truth else ()))
        return {side: {n: kind_to_dict(k) for n, k in getattr(self, side).items()} for side in sides}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> "Schema":
        """Read what `to_dict` wrote. Raises DataError with the nearest name for an unknown kind or field."""
        known = {"truth": {}} | dict(value)
        sides = ({n: kind_from_dict(k) for n, k in known[side].items()} for side in ("inputs", "targets", "truth"))
        return cls(*sides)


def embeds(kind: Kind) -> bool:
    """Say whether the kind's column of x is a code for the network to look up."""
    return isinstance(kind, Category) and kind.embed


def place(kind: Kind) -> int:
    """Return where the columns of a kind stand in x: 0 plain, 1 embedded codes, 2 tokens, which are last."""
    return 2 if isinstance(kind, Tokens) else 1 if embeds(kind) else 0


def feature_names(name: str, kind: Kind) -> list[str]:
    """Name the columns of x that one column becomes."""
    missing = [f"{name} is missing"] if getattr(kind, "missing", False) else []
    match kind:
        case Number():
            return [name, *missing]
        case Category(labels, embed):
            return [name] if embed else [f"{name}={label}" if label else f"{name} is missing" for label in labels]
        case Date():
            cycles = ["month", "weekday", *(["hour"] if kind.hours else [])]
            return [name, *(f"{name} {c} {w}" for c in cycles for w in ("sin", "cos")), *missing]
        case Text(words):
            return [f"{name}: {w}" for w in words]
        case Image() | Series() | Audio() | Video() | Strokes() | Tokens():
            return [f"{name}[{i}]" for i in range(kind.width)]
        case Mask() | Boxes():
            return []


def kind_to_dict(kind: Kind) -> dict[str, Any]:
    """Return a kind as a plain dict with its name under `kind`."""
    return {"kind": kind.name} | {
        k: list(v) if isinstance(v, tuple) else v
        for k, v in dataclasses.asdict(kind).items()
        if k != "formula" or v  # most numbers have none, and older runs never heard of it
    }


def kind_from_dict(value: Mapping[str, Any]) -> Kind:
    """Read what `kind_to_dict` wrote."""
    fields = dict(value)
    name = str(fields.pop("kind", ""))
    if name not in KINDS:
        raise DataError("in schema.json " + unknown("kind", name, KINDS))
    known = {f.name for f in dataclasses.fields(KINDS[name])}
    for extra in fields.keys() - known:
        raise DataError(f"in schema.json, for the kind {name!r}, " + unknown("field", extra, known))
    if any(isinstance(v, float) and not math.isfinite(v) for v in fields.values()):
        raise DataError(f"in schema.json, the kind {name!r} holds a number that is not finite: {fields}.")
    made: Callable[..., Kind] = KINDS[name]
    return made(**{k: frozen(v) for k, v in fields.items()})


def frozen(value: Any) -> Any:
    """Return lists, and the lists in them, as tuples."""
    return tuple(map(frozen, value)) if isinstance(value, list) else value
