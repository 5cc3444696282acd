"""Messages between page, server and workers: what is packed is unpacked, and what is damaged is refused."""

import io
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from profundo.errors import DataError
from profundo.frames import LONGEST, TYPES, header_of, pack, receive, send, unpack

planes = st.dictionaries(
    st.text(max_size=8),
    st.builds(
        lambda kind, shape: (np.arange(int(np.prod(shape)), dtype=np.int64) % 251).astype(kind).reshape(shape),
        st.sampled_from(TYPES),
        st.lists(st.integers(0, 5), max_size=3),
    ),
    max_size=4,
)
values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v, max_size=3))


@given(st.dictionaries(st.text(max_size=5).filter(lambda k: k != "planes"), values, max_size=4), planes)
@settings(max_examples=150, deadline=None)
def test_what_is_packed_is_unpacked(header: dict, arrays: dict) -> None:
    message = pack(header, arrays)
    assert len(message) % 4 == 0 and struct.unpack_from("<I", message)[0] % 4 == 0
    found, got = unpack(message)
    assert {k: v for k, v in found.items() if k != "planes"} == header and got.keys() == arrays.keys()
    for name, array in arrays.items():
        assert got[name].dtype == array.dtype and got[name].shape == array.shape
        assert np.array_equal(got[name], array)


def test_numbers_that_are_not_finite_become_null() -> None:
    assert unpack(pack({"loss": float("nan"), "all": [1.5, float("inf")]}))[0]["all"] == [1.5, None]


@given(st.binary(max_size=200))
@settings(max_examples=300, deadline=None)
def test_garbage_is_no_message(raw: bytes) -> None:
    for read in (header_of, unpack):
        try:
            read(raw)
        except DataError:
            continue
        assert raw[4:].lstrip().startswith(b"{")


WRONG = [
    {"planes": [{"name": "a", "type": "float64", "shape": [1], "at": 0}]},
    {"planes": [{"name": "a", "type": "object", "shape": [1], "at": 0}]},
    {"planes": [{"name": "a", "type": "uint8", "shape": [9], "at": 0}]},
    {"planes": [{"name": "a", "type": "uint8", "shape": [4], "at": 1}]},
    {"planes": [{"name": "a", "type": "uint8", "shape": [4], "at": -400}]},
    {"planes": [{"name": "a", "type": "uint8", "shape": [-1], "at": 0}]},
    {"planes": [{"name": "a", "type": "uint8", "shape": [2**40, 2**40], "at": 0}]},
    {"planes": [{"name": "a", "type": "uint8", "shape": [10**30], "at": 0}]},
    {"planes": [{"name": "a", "type": "uint8", "shape": ["x"], "at": 0}]},
    {"planes": [{"name": "a", "type": ["uint8"], "shape": [1], "at": 0}]},
    {"planes": [{"name": "a", "type": "uint8", "shape": 1, "at": 0}]},
    {"planes": [{"name": "a"}]},
    {"planes": [3]},
    {"planes": None},
    {"planes": {"a": 1}},
]


@pytest.mark.parametrize("header", WRONG, ids=str)
def test_planes_that_are_not_there_are_refused(header: dict) -> None:
    text = json.dumps(header).encode()
    with pytest.raises(DataError):
        unpack(struct.pack("<I", len(text)) + text + bytes(4))


@pytest.mark.parametrize("text", [b"", b"[]", b"3", b"{", b"\xff", b'{"a":' + b"[" * 100_000, b"nan"])
def test_a_header_that_is_no_object_is_refused(text: bytes) -> None:
    for length in (len(text), len(text) + 1, 2**32 - 1):
        with pytest.raises(DataError):
            header_of(struct.pack("<I", length) + text)


def test_a_pipe_gives_whole_messages_or_its_end() -> None:
    pipe = io.BytesIO()
    sent = [pack({"n": n}, {"a": np.full(n, n, np.int32)}) for n in range(3)]
    for message in sent:
        send(pipe, message)
    whole = pipe.getvalue()
    for cut in (len(whole), len(whole) - 1, len(whole) - len(sent[2]), 3, 0):
        stream, got = io.BytesIO(whole[:cut]), []
        while (message := receive(stream)) is not None:
            got.append(message)
        assert got == sent[: len(got)] and (len(got) == 3) == (cut == len(whole))


def test_a_message_of_any_length_is_not_read() -> None:
    with pytest.raises(DataError, match="longer"):
        receive(io.BytesIO(struct.pack("<I", LONGEST + 1)))
