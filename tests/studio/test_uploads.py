"""Files that a page sends: stored as they are, within limits, and never anywhere else."""

import http.client
import os
import random
import string
import threading
from pathlib import Path

import pytest
from guests import Guest

from profundo.studio import sources, uploads
from profundo.studio.house import plain
from profundo.studio.telling import Refused
from profundo.studio.uploads import LENGTH, Uploads, cleaned

HOSTILE = [
    *(
        "..",
        ".",
        "",
        "/",
        "//",
        "\\",
        "..\\..",
        "a/../../b",
        "/etc/passwd",
        "~",
        "~root",
        "-rf",
        "--help",
        ".ssh",
        "a\0b",
    ),
    *(
        "CON",
        "a:b",
        "C:\\x",
        "a\nb",
        "\u202egpj.exe",
        "\x1b[2J",
        "a" * 300,
        "é" * 200,
        "名" * 100 + ".jpg",
        " a ",
        "a.",
        "%2e%2e",
    ),
    *("<img src=x onerror=alert(1)>", "$(reboot)", "`id`", "'; drop", "\ud800", "\ufeff", "..%2f", "....//", ".part-0"),
]
PIECES = [*HOSTILE, "/", "..", "../", "\\", "\0", ".", "%", "*", "?", "|", "\r", "\u2028", "\u200b"]


def names(count: int) -> list[str]:
    """Make hostile names, always the same."""
    chance = random.Random(0)
    letters = string.printable + "äß名🙂\u202e\x7f\x00"
    return [
        "".join(chance.choice([*PIECES, chance.choice(letters)]) for _ in range(chance.randint(1, 6)))
        for _ in range(count)
    ]


def test_ten_thousand_names_lead_nowhere_else(tmp_path: Path, studio: Guest) -> None:
    root = tmp_path / "uploads"
    own, refused = Uploads(root), 0
    for name in [*HOSTILE, *names(10_000)]:
        for path in (name, f"a/{name}", f"{name}/b.csv"):
            try:
                place = own.place(name, path)
            except Refused:
                refused += 1
                continue
            assert os.path.normpath(place) == str(place) and place.is_relative_to(root) and place != own.folder(name)
            for part in place.relative_to(root).parts:
                assert part.isprintable() and part[0] not in ".~-" and not set(part) & set("/\\:\0")
                assert len(part.encode("utf-8", "surrogatepass")) <= LENGTH
        with pytest.raises(Refused, match="there is no run"):
            studio.house.run(name)
        if plain(name):
            assert os.path.normpath(root / name) == str(root / name) and (root / name).parent == root
    assert 0 < refused < 20_000


def test_names_that_differ_stay_different() -> None:
    found: dict[str, str] = {}
    for name in [*HOSTILE, *names(3000), "a:b", "a_b", "a/b", ".a", "_a"]:
        assert found.setdefault(cleaned(name), name) == name
        assert cleaned(cleaned(name)) == cleaned(name)
    for usual in ("cat 3.jpg", "Mäuse & Katzen (1).png", "<b>lima<b>", "mi gato.tar.gz", "名前.csv", "a=b,c;d'e\"f"):
        assert cleaned(usual) == usual


def test_what_is_written_stays_inside(tmp_path: Path, opened) -> None:
    studio = opened()
    from urllib.parse import quote

    before = {p for p in tmp_path.rglob("*") if ".studio" not in p.parts}
    stored = 0
    for number, name in enumerate([*HOSTILE, *names(250)]):
        raw = quote(name.encode("utf-8", "replace").decode(), safe="/\\.%" if number % 2 else "")
        try:
            status, _, _ = studio.ask("PUT", f"/api/uploads/{raw}/{raw}", "x")
        except (http.client.InvalidURL, UnicodeEncodeError):
            continue
        assert status in (201, 400, 404, 405, 409)
        stored += status == 201
    root = studio.house.uploads.root
    written = {p for p in tmp_path.rglob("*") if p.is_file() and p not in before}
    assert stored > 50 and all(p.is_relative_to(root) for p in written)
    listed = studio.json("GET", "/api/sources")["uploads"]
    assert sum(u["files"] for u in listed) == len(written)
    for upload in listed:
        assert studio.ask("DELETE", f"/api/uploads/{quote(upload['name'], safe='')}")[0] == 200
    assert list(root.iterdir()) == []


def test_a_file_is_stored_as_it_is_and_can_be_learnt_from(opened) -> None:
    studio = opened()
    raw = os.urandom(3 * 2**20)
    told = studio.json("PUT", "/api/uploads/flowers/flowers.csv", raw, status=201)
    assert told["name"] == "flowers" and Path(told["path"]).read_bytes() == raw
    (upload,) = studio.json("GET", "/api/sources")["uploads"]
    assert upload == {"name": "flowers", "path": told["path"], "files": 1, "bytes": len(raw), "kind": "file"}
    studio.json("PUT", "/api/uploads/flowers/flowers.csv", b"a,b\n", status=201)
    assert Path(told["path"]).read_bytes() == b"a,b\n"
    assert studio.json("GET", "/api/sources")["uploads"][0]["bytes"] == 4


def test_a_folder_of_pictures_keeps_its_shape(opened) -> None:
    studio = opened()
    for label in ("cat", "<img src=x onerror=alert(1)>"):
        for number in range(3):
            path = f"/api/uploads/pets/{label.replace(' ', '%20')}/{number}.png"
            studio.json("PUT", path, b"x" * number, status=201)
    (upload,) = studio.json("GET", "/api/sources")["uploads"]
    assert (upload["kind"], upload["files"], upload["bytes"]) == ("folder", 6, 6)
    assert {p.name for p in Path(upload["path"]).iterdir()} == {"cat", "<img src=x onerror=alert(1)>"}
    assert studio.ask("DELETE", "/api/uploads/pets")[0] == 200
    assert studio.ask("DELETE", "/api/uploads/pets")[0] == 404
    assert studio.json("GET", "/api/sources")["uploads"] == []


def test_a_file_is_no_folder_and_a_link_is_nothing(opened, tmp_path: Path) -> None:
    studio = opened()
    studio.json("PUT", "/api/uploads/a/b", b"1", status=201)
    studio.json("PUT", "/api/uploads/a/b/c", b"1", status=409)
    studio.json("PUT", "/api/uploads/a/d/e", b"1", status=201)
    studio.json("PUT", "/api/uploads/a/d", b"1", status=409)
    root, outside = studio.house.uploads.root, tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("me")
    (root / "link").symlink_to(outside)
    (root / "a" / "in").symlink_to(outside)
    for path in ("link/x", "a/in/x"):
        studio.json("PUT", f"/api/uploads/{path}", b"1", status=409)
    assert studio.ask("DELETE", "/api/uploads/link")[0] == 404
    assert studio.ask("DELETE", "/api/uploads/a")[0] == 200
    assert [p.name for p in outside.iterdir()] == ["keep"]


def test_what_is_too_large_is_refused_before_it_is_read(opened, monkeypatch) -> None:
    monkeypatch.setattr(sources, "FILE", 2**20)
    monkeypatch.setattr(uploads, "UPLOAD", 3 * 2**19)
    studio = opened()
    told = studio.json("PUT", "/api/uploads/a/b", bytes(2**20 + 1), status=413)
    assert "1 MiB" in told["error"]["message"]
    studio.json("PUT", "/api/uploads/a/one", bytes(2**20), status=201)
    studio.json("PUT", "/api/uploads/a/two", bytes(2**20), status=413)
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=20)
    connection.putrequest("PUT", "/api/uploads/a/endless")
    for name, value in {"Cookie": studio.cookie, "Origin": studio.origin, "Transfer-Encoding": "chunked"}.items():
        connection.putheader(name, value)
    connection.endheaders()
    sent = 0
    with pytest.raises(OSError):
        while sent < 64 * 2**20:
            connection.send(b"10000\r\n" + bytes(2**16) + b"\r\n")
            sent += 2**16
    connection.close()
    assert sent < 16 * 2**20
    stored = [p for p in studio.house.uploads.root.rglob("*") if p.is_file()]
    assert [p.name for p in stored] == ["one"], "nothing is left of the others"


def test_the_number_of_files_is_limited(opened, monkeypatch) -> None:
    monkeypatch.setattr(uploads, "FILES", 2)
    studio = opened()
    assert [studio.ask("PUT", f"/api/uploads/a/{n}", b"")[0] for n in range(4)] == [201, 201, 413, 413]


def test_an_upload_that_is_cut_short_leaves_nothing(opened) -> None:
    studio = opened()
    connection = http.client.HTTPConnection("127.0.0.1", studio.port)
    connection.putrequest("PUT", "/api/uploads/a/half")
    for name, value in {"Cookie": studio.cookie, "Origin": studio.origin, "Content-Length": "1000"}.items():
        connection.putheader(name, value)
    connection.endheaders(b"x" * 500)
    root, seen = studio.house.uploads.root, threading.Event()
    while not any(p.is_file() for p in root.rglob("*")):
        seen.wait(0.01)
    connection.close()
    while any(p.is_file() for p in root.rglob("*")):
        seen.wait(0.01)
    assert studio.json("GET", "/api/sources")["uploads"][0]["files"] == 0
