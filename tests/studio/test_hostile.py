"""What no browser sends: refused or cut, never a crash, never a line in the log, and the next request is answered."""

import contextlib
import json
import socket
import struct
import time

import pytest
from guests import Guest, hear

from profundo.frames import pack
from profundo.studio import reading, serving

CRLF = b"\r\n"


def raw(studio: Guest, request: bytes, *, timeout: float = 10.0, finish: bool = True) -> bytes:
    """Send bytes and return everything that comes back until the connection ends or is silent."""
    with socket.create_connection(("127.0.0.1", studio.port), timeout=timeout) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(request)
            if finish:
                connection.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(OSError):
            while piece := connection.recv(65536):
                answer += piece
        return answer


def head(studio: Guest, line: str, *more: str) -> bytes:
    own = (f"Host: 127.0.0.1:{studio.port}", f"Cookie: {studio.cookie}", f"Origin: {studio.origin}")
    return CRLF.join(text.encode("latin-1") for text in (line, *own, *more, "", ""))


HEADS = [
    ("GET / HTTP/1.1", "Host: evil.example"),
    ("GET /../../etc/passwd HTTP/1.1",),
    ("GET http://evil.example/ HTTP/1.1",),
    ("GET //evil.example/%2e%2e HTTP/1.1",),
    ("GET /%00%ff%c0%ae HTTP/1.1",),
    ("GET /assets/..%5c..%5cpyproject.toml HTTP/1.1",),
    ("GET /api/runs/%2e%2e HTTP/1.1",),
    ("GET /api/runs/%2e%2e%2f%2e%2e/report HTTP/1.1",),
    ("GET /api/runs/.studio HTTP/1.1",),
    ("GET / HTTP/9.9",),
    ("GET /",),
    ("BREW /play HTTP/1.1",),
    ("CONNECT evil.example:443 HTTP/1.1",),
    ("TRACE / HTTP/1.1",),
    ("OPTIONS * HTTP/1.1",),
    ("POST /api/ask HTTP/1.1", "Content-Length: -1"),
    ("POST /api/ask HTTP/1.1", "Content-Length: 1e3"),
    ("POST /api/ask HTTP/1.1", "Content-Length: 5", "Content-Length: 6"),
    ("POST /api/ask HTTP/1.1", "Content-Length: 99999999999999999999999"),
    ("POST /api/ask HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked"),
    ("POST /api/ask HTTP/1.1", "Transfer-Encoding: gzip"),
    ("PUT /api/uploads/a/b HTTP/1.1", "Content-Length: 9999999999999", "Expect: 100-continue"),
    ("POST /play HTTP/1.1", "Content-Length: 0"),
    ("DELETE / HTTP/1.1",),
    ("GET /ws HTTP/1.1",),
    ("GET /ws HTTP/1.1", "Upgrade: websocket", "Connection: Upgrade"),
    (
        "GET /ws HTTP/1.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 99",
        "Sec-WebSocket-Key: x",
    ),
    ("GET /play HTTP/1.1", "Upgrade: h2c", "Connection: Upgrade"),
    ("GET /play HTTP/1.1", "X: " + "a" * 100_000),
    ("GET /" + "a" * 100_000 + " HTTP/1.1",),
    ("GET /play HTTP/1.1", *(f"X{n}: 1" for n in range(5000))),
    ("GET /play HTTP/1.1", "Bad Header: x"),
    ("GET /play HTTP/1.1", "X:\x00"),
    ("GET /play?token=" + "%ff" * 1000 + " HTTP/1.1", "Cookie: profundo=\xff"),
    ("GET /play?" + "&".join(f"a{n}=1" for n in range(3000)) + "&token=x HTTP/1.1",),
]


@pytest.mark.parametrize("lines", HEADS, ids=lambda lines: " ".join(lines)[:60])
def test_a_head_that_no_browser_sends(studio: Guest, lines: tuple[str, ...], capfd: pytest.CaptureFixture) -> None:
    began = time.monotonic()
    answer = raw(studio, head(studio, *lines))
    status = int(answer.split()[1]) if answer.startswith(b"HTTP/") else 400
    assert 200 <= status < 500 and time.monotonic() - began < 9
    assert b"Traceback" not in answer and b"root:" not in answer
    if lines[0].startswith("GET /play HTTP/1.1") and len(lines) == 1:
        assert status == 200
    assert capfd.readouterr() == ("", "")
    assert studio.ask("GET", "/api/about")[0] == 200


GARBAGE = [b"", b"\0", b"\x16\x03\x01" + bytes(200), b"GET", b"\r\n" * 1000, bytes(range(256)) * 40, b"A" * 10 * 2**20]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda raw: f"{len(raw)} bytes")
def test_garbage_is_cut(studio: Guest, garbage: bytes, capfd: pytest.CaptureFixture) -> None:
    answer = raw(studio, garbage)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")
    assert capfd.readouterr() == ("", "")
    assert studio.ask("GET", "/api/about")[0] == 200


BODIES = [
    b"",
    b"x",
    b"[]",
    b"null",
    b"{",
    b'{"verb":' * 50_000,
    b"[" * 10**6,
    b"\xff\xfe",
    b'{"a": NaN}',
    b'{"a": 1e999}',
]
BODIES += [b'{"a": "\\ud800"}', b'{"a": ' + b"9" * 5000 + b"}", b'{"a": Infinity}', bytes(3 * 2**19)]


@pytest.mark.parametrize("body", BODIES, ids=lambda raw: repr(raw[:12]))
@pytest.mark.parametrize("path", ["/api/ask", "/api/says", "/api/runs"])
def test_a_body_that_is_no_object(studio: Guest, path: str, body: bytes) -> None:
    status, _, text = studio.ask("POST", path, body)
    assert status in (400, 413) and set(json.loads(text)["error"]) == {"kind", "message", "exit_code"}


WRONG = [
    {"verb": "who", "run": "../x"},
    {"verb": "who", "run": 3},
    {"verb": "who", "runs": "x"},
    {"verb": "who", "runs": ["../x"]},
    {"verb": "who", "runs": [["x"]]},
]


@pytest.mark.parametrize("question", WRONG, ids=str)
def test_a_question_about_what_is_no_run(studio: Guest, question: dict) -> None:
    assert studio.ask("POST", "/api/ask", question)[0] in (400, 404)


STARTS = [
    {},
    {"source": 3},
    {"source": " "},
    {"source": "iris", "wishes": []},
    {"source": "iris", "wishes": {"--out": "/etc"}},
    {"source": "iris", "wishes": {"out; rm": 1}},
    {"source": "iris", "wishes": {"epochs": {"a": 1}}},
    {"source": "iris", "flags": {"out": "/tmp/x"}},
    {"source": "iris", "flags": {"epochs": "many"}},
    {"source": "iris", "seeds": 10**9},
    {"source": "iris", "seeds": True},
    {"source": "a\0b"},
]


@pytest.mark.parametrize("start", STARTS, ids=str)
def test_a_training_that_cannot_be_asked_for(studio: Guest, start: dict) -> None:
    status, _, text = studio.ask("POST", "/api/runs", start)
    assert status == 400, text
    assert [p.name for p in studio.house.runs.glob("*") if p.name.startswith(("iris", "a", "run"))] == []


def test_packed_questions_that_are_damaged(studio: Guest) -> None:
    whole = pack({"verb": "who", "n": 1})
    packed = {"Content_Type": "application/octet-stream"}
    assert studio.ask("POST", "/api/ask", whole, **packed)[0] == 200
    for body in (b"", whole[:-1], whole[:3], struct.pack("<I", 2**31) + b"{}", b"\xff" * 1000):
        status, _, text = studio.ask("POST", "/api/ask", body, **packed)
        assert status in (400, 422), text


def test_a_head_that_comes_too_slowly_is_cut(opened, monkeypatch) -> None:
    monkeypatch.setattr(serving, "HEAD", 0.4)
    studio = opened()
    with studio.socket() as open_socket:
        began = time.monotonic()
        assert raw(studio, b"GET /play HTTP/1.1\r\nHost: ", finish=False) == b""
        assert raw(studio, b"", finish=False) == b""
        assert time.monotonic() - began < 5
        time.sleep(0.5)
        open_socket.send('{"to": "play", "do": "who"}')
        assert hear(open_socket, "answer"), "a socket that is open has no such deadline"
    slow = [socket.create_connection(("127.0.0.1", studio.port)) for _ in range(40)]
    for number, connection in enumerate(slow):
        connection.sendall(b"POST /api/ask HTTP/1.1\r\n" * (number % 2))
    assert studio.ask("GET", "/api/about")[0] == 200
    for connection in slow:
        connection.settimeout(5)
        assert connection.recv(1) == b""
        connection.close()


def test_a_body_that_comes_too_slowly_is_refused(opened, monkeypatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0.4)
    studio = opened()
    start = head(studio, "POST /api/ask HTTP/1.1", "Content-Length: 1000")
    assert raw(studio, start + b"{", finish=False).startswith(b"HTTP/1.1 408")
    with socket.create_connection(("127.0.0.1", studio.port), timeout=10) as connection:
        connection.sendall(start)
        answer = b""
        with contextlib.suppress(OSError):
            for _ in range(200):  # a byte now and then: always in time, never fast enough
                connection.sendall(b" ")
                time.sleep(0.05)
                connection.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    answer += connection.recv(4096)
                    break
                connection.setblocking(True)
        assert answer.startswith(b"HTTP/1.1 408")


def test_too_many_connections_are_told_to_wait(opened, monkeypatch) -> None:
    monkeypatch.setattr(serving, "CONNECTIONS", 4)
    studio = opened()
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(socket.create_connection(("127.0.0.1", studio.port)))
        time.sleep(0.2)
        assert studio.ask("GET", "/api/about")[0] == 503
    until = time.monotonic() + 10
    while studio.ask("GET", "/api/about")[0] == 503 and time.monotonic() < until:
        time.sleep(0.05)
    assert studio.ask("GET", "/api/about")[0] == 200


def test_a_bug_is_told_as_one_and_the_server_goes_on(opened, monkeypatch, capfd: pytest.CaptureFixture) -> None:
    studio = opened()
    monkeypatch.setattr(studio.house, "understood", lambda error: RuntimeError("x"))
    monkeypatch.setattr("profundo.studio.runs.said", lambda question: 1 / 0)
    assert studio.ask("POST", "/api/says", {})[0] == 500
    monkeypatch.undo()
    assert studio.ask("POST", "/api/says", {"verb": "train"})[0] == 200
    assert capfd.readouterr() == ("", "")
