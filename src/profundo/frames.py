"""Messages between the studio's page, its server and its workers: a JSON header and arrays, in one piece of bytes.

A message is the length of the header (4 bytes, little-endian), the header (UTF-8 JSON, padded with spaces to a multiple
of 4), and the planes one after the other, each padded with zeros to a multiple of 4. The header's `planes` says of each
array its name, type, shape and where it begins after the header. In a pipe every message stands behind its own length.
"""

import json
import struct
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Any

from .errors import DataError

if TYPE_CHECKING:
    import numpy as np

TYPES = ("uint8", "int32", "float32")
LONGEST = 256 * 2**20  # bytes of a message


def pack(header: Mapping[str, Any], planes: Mapping[str, "np.ndarray"] | None = None) -> bytes:
    """Put a header and arrays of uint8, int32 or float32 into one message; numbers that are not finite become null."""
    from .files import finite

    described, parts, at = [], [], 0
    for name, plane in (planes or {}).items():
        raw = plane.tobytes()
        assert plane.dtype.name in TYPES, plane.dtype
        described.append({"name": name, "type": plane.dtype.name, "shape": list(plane.shape), "at": at})
        parts.append(raw + bytes(-len(raw) % 4))
        at += len(parts[-1])
    text = json.dumps(finite({**header, "planes": described}), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 4)
    return b"".join([struct.pack("<I", len(text)), text, *parts])


def header_of(message: bytes) -> dict[str, Any]:
    """Read the header alone. Raises DataError where the message is not one."""
    try:
        (length,) = struct.unpack_from("<I", message)
        header = json.loads(message[4 : 4 + length])
    except (struct.error, ValueError, RecursionError) as error:
        raise DataError("this is not a message of the studio: its header cannot be read.") from error
    if not isinstance(header, dict) or 4 + length > len(message):
        raise DataError("this is not a message of the studio: its header is not an object.")
    return header


def unpack(message: bytes) -> tuple[dict[str, Any], dict[str, "np.ndarray"]]:
    """Read a message: the header and the arrays by name. Raises DataError where it is damaged."""
    import numpy as np

    header = header_of(message)
    start = 4 + struct.unpack_from("<I", message)[0]
    planes = {}
    try:
        for plane in header.get("planes", []):
            kind, shape = plane["type"], [int(side) for side in plane["shape"]]
            if kind not in TYPES or min([0, *shape]) < 0:
                raise ValueError(kind)
            count = int(np.prod(shape, dtype=np.int64))
            planes[str(plane["name"])] = np.frombuffer(message, kind, count, start + int(plane["at"])).reshape(shape)
    except (TypeError, KeyError, ValueError, OverflowError) as error:
        raise DataError("this is not a message of the studio: its arrays are not what the header says.") from error
    return header, planes


def send(stream: IO[bytes], message: bytes) -> None:
    """Write a message into a pipe."""
    stream.write(struct.pack("<I", len(message)) + message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Read a message from a pipe; None where it has ended."""
    head = stream.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack("<I", head)
    if length > LONGEST:
        raise DataError(f"a message of {length} bytes is longer than any of the studio's.")
    message = stream.read(length)
    return message if len(message) == length else None
