"""The frames of one clip: of a video file (read by PyAV), an animated GIF, or a folder of numbered pictures.

A clip is sampled in time: at `rate` frames a second, whatever rate it was recorded at, each the frame that is shown at
that moment. So the same motion looks the same from 25 and from 60 frames a second.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import DataError, ProfundoError, missing_extra
from .decode import FITS, LIMIT, SUFFIXES, array, eight_bits, header, is_grey, open_image, reason, upright
from .folder import ends, listed
from .pictures import printable

if TYPE_CHECKING:
    from PIL import Image

VIDEOS = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv", ".3gp", ".m2ts"),
        *(".mjpeg", ".mjpg", ".y4m"),
    }
)
FOLDER_RATE = 25.0  # frames a second of a folder of pictures, which does not say
GIF_PAUSE = 0.1  # seconds that a browser shows a frame of a GIF that says less than 20 ms
NUMBER = re.compile(r"(\d+)\D*$")


@dataclass(frozen=True)
class Seen:
    """What a clip says of itself: size in pixels, frames a second, seconds; or why it cannot be used."""

    height: int = 0
    width: int = 0
    grey: bool = False
    rate: float = 0.0
    seconds: float = 0.0
    problem: str = ""


def look_at(path: Path, label: str) -> Seen:
    """Look at a clip and decode its first frame. Raises DataError where that fails."""
    with decoding(label):
        if path.is_dir():
            files = frame_files(path)
            height, width, _, channels = header(files[0], f"{label}/{files[0].name}")
            return Seen(height, width, channels == 1, FOLDER_RATE, len(files) / FOLDER_RATE)
        if path.suffix.lower() == ".gif":
            return look_at_gif(path, label)
        return look_at_video(path, label)


def look_at_gif(path: Path, label: str) -> Seen:
    """Look at an animated GIF: its pauses are in the frames, so all of them are passed."""
    with open_image(path, label) as image:
        grey = is_grey(image)  # later frames are put together in colour
        pauses = [pause(image.info) for _ in every(image)]
        return Seen(image.height, image.width, grey, len(pauses) / sum(pauses), sum(pauses))


def look_at_video(path: Path, label: str) -> Seen:
    """Look at a video file; where it does not say how long it is, its frames are counted."""
    with opened(path, label) as (container, stream):
        frame = next(container.decode(stream), None)
        if frame is None:
            raise DataError(f"{label} has no frame that can be decoded. Copy it again or remove it.")
        if frame.width * frame.height > LIMIT:
            raise DataError(f"{label} has frames of {frame.width} x {frame.height} pixels. Make it smaller.")
        height, width = (frame.height, frame.width) if frame.rotation % 180 == 0 else (frame.width, frame.height)
        rate = float(stream.average_rate or stream.guessed_rate or FOLDER_RATE)
        seconds = duration(container, stream) or (1 + sum(1 for _ in container.decode(stream))) / rate
        return Seen(height, width, frame.format.name.startswith(("gray", "mono")), rate, seconds)


def duration(container: Any, stream: Any) -> float:
    """Return the seconds that a file says its video lasts, 0 where it does not."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / 1e6


def sampled(
    path: Path, label: str, size: Sequence[int], *, rate: float, begin: float = 0.0, count: int | None = None
) -> Iterator[np.ndarray]:
    """Yield the frames shown at the seconds begin + (k + 1/2) / rate, each `size` (channels, height, width) uint8.

    `count` of them; after the clip's end its last frame is held. Without `count`, as many as the clip lasts. Raises
    DataError where the clip cannot be decoded.
    """
    channels, height, width = size
    made, number = None, 0
    with decoding(label):
        for end, image in moments(path, label):
            fitted = None
            while (count is None or number < count) and begin + (number + 0.5) / rate < end:
                if fitted is None:
                    fitted = made = array(FITS["crop"](eight_bits(image()), height, width), channels)
                yield fitted
                number += 1
            if number == count:
                return
        if made is None and begin:  # shorter than it says of itself
            yield from sampled(path, label, size, rate=rate, count=count)
        elif made is not None and count is not None:
            yield from (made for _ in range(count - number))


def moments(path: Path, label: str) -> Iterator[tuple[float, Any]]:
    """Yield for each frame the second at which the next one is shown, and a function that gives it as a picture."""
    if path.is_dir():
        for number, file in enumerate(frame_files(path), 1):
            yield number / FOLDER_RATE, lambda file=file: picture(file, label)
    elif path.suffix.lower() == ".gif":
        with open_image(path, label) as image:
            shown = 0.0
            for _ in every(image):
                shown += pause(image.info)
                yield shown, lambda: image.copy()
    else:
        yield from frames_of_video(path, label)


def frames_of_video(path: Path, label: str) -> Iterator[tuple[float, Any]]:
    """Yield the frames of a video file, each when the next one is known, which says how long it was shown."""
    with opened(path, label) as (container, stream):
        step = 1 / float(stream.average_rate or stream.guessed_rate or FOLDER_RATE)
        first, time, held = None, 0.0, None
        for number, frame in enumerate(container.decode(stream)):
            found = number * step if frame.time is None else float(frame.time)
            first = found if first is None else first
            time = found - first
            if held is not None:
                yield time, lambda held=held: turned(held)
            held = frame
        if held is None:
            raise DataError(f"{label} has no frame that can be decoded. Copy it again or remove it.")
        yield time + step, lambda: turned(held)


def turned(frame: Any) -> "Image.Image":
    """Return a frame of a video as a picture, turned as the recorder says."""
    found: Image.Image = frame.to_image()
    return found.rotate(frame.rotation, expand=True) if frame.rotation else found


@contextmanager
def opened(path: Path, label: str) -> Iterator[tuple[Any, Any]]:
    """Open a video file and its first stream of pictures."""
    av = pyav()
    with av.open(str(path)) as container:
        if not container.streams.video:
            raise DataError(f"{label} holds no video, only: {', '.join(s.type for s in container.streams)}.")
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        yield container, stream


def every(image: "Image.Image") -> Iterator[None]:
    """Go through the frames of an animation, all in the mode that the first one has."""
    for number in range(getattr(image, "n_frames", 1)):
        image.seek(number)
        image.load()
        yield None


def pause(info: dict[Any, Any]) -> float:
    """Return the seconds that a frame of a GIF is shown."""
    seconds = float(info.get("duration") or 0) / 1000
    return seconds if seconds >= 0.02 else GIF_PAUSE


def picture(file: Path, label: str) -> "Image.Image":
    """Decode one picture of a folder of frames."""
    with open_image(file, f"{label}/{file.name}") as image:
        return upright(image)


def frame_files(folder: Path) -> list[Path]:
    """Return the pictures in a folder in the order of the numbers in their names. Raises DataError for an empty one."""
    files = [f for f in listed(folder)[1] if ends(f, SUFFIXES)]
    if not files:
        raise DataError(f"{printable(str(folder))} holds no pictures: there are no frames.")
    return sorted(files, key=lambda f: (number_of(f), f.name))


def number_of(file: Path) -> int:
    """Return the last number in a file's name, -1 where there is none."""
    found = NUMBER.search(file.stem)
    return int(found[1]) if found else -1


@contextmanager
def decoding(label: str) -> Iterator[None]:
    """Turn whatever a decoder raises about a damaged clip into a DataError that names it."""
    try:
        yield
    except (ProfundoError, MemoryError):
        raise
    except Exception as error:  # a damaged file makes decoders raise nearly anything
        why = getattr(error, "strerror", None) or reason(error)
        raise DataError(f"{label} cannot be decoded ({why}). Copy it again or remove it.") from error


def pyav() -> Any:
    """Return PyAV. Raises MissingExtra where it is not installed."""
    try:
        import av
    except ImportError as error:
        raise missing_extra("av", "video", "reading video files") from error
    return av
