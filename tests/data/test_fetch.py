"""Fetching, against a server on this machine."""

import dataclasses
import hashlib
import http.server
import threading

import pytest

from profundo.data import builtin
from profundo.data.fetch import Remote, local, obtain
from profundo.errors import DataError, ResourceError

CONTENT = bytes(range(256)) * 12000  # 3 MB: several pieces


class Server(http.server.BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self):
        self.asked.append(self.path)
        if self.path == "/absent":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[: len(CONTENT) // 2] if self.path == "/cut" else CONTENT)

    def log_message(self, *args):
        pass


@pytest.fixture
def url(tmp_path, monkeypatch):
    monkeypatch.setenv("PROFUNDO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("PROFUNDO_DATA", raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    Server.asked.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def remote(address, digest=None):
    return Remote("data.bin", address, digest or hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))


def left(folder):
    return [p.name for p in folder.rglob("*") if p.is_file()]


def test_fetched_once_with_progress(url, tmp_path):
    told = []
    wanted = (remote(f"{url}/data"),)
    (path,) = obtain("demo", wanted, lambda *seen: told.append(seen))
    assert path == tmp_path / "cache" / "datasets" / "demo" / "data.bin"
    assert path.read_bytes() == CONTENT
    assert told[-1] == ("data.bin", len(CONTENT), len(CONTENT))
    assert [n for _, n, _ in told] == sorted({n for _, n, _ in told})
    assert obtain("demo", wanted) == [path]
    assert Server.asked == ["/data"]
    path.write_bytes(b"damaged")
    obtain("demo", wanted)
    assert path.read_bytes() == CONTENT
    assert left(tmp_path) == ["data.bin"]


def test_another_file_is_thrown_away(url, tmp_path):
    with pytest.raises(DataError, match=r"another file than expected.*thrown away"):
        obtain("demo", (remote(f"{url}/data", "0" * 64),))
    assert left(tmp_path) == []


def test_an_endless_answer_is_not_followed(url, tmp_path):
    small = Remote("data.bin", f"{url}/data", "0" * 64, 1000)
    with pytest.raises(DataError, match="another file"):
        obtain("demo", (small,))
    assert left(tmp_path) == []


def test_a_broken_connection(url, tmp_path):
    with pytest.raises(ResourceError, match=r"cut off after 1,536,000 of 3,072,000 bytes"):
        obtain("demo", (remote(f"{url}/cut"),))
    assert left(tmp_path) == []


@pytest.mark.parametrize("address", ["/absent", None])
def test_no_network_says_where_to_put_the_file(url, tmp_path, address):
    target = f"{url}{address}" if address else "http://127.0.0.1:9/data.bin"
    with pytest.raises(ResourceError, match=r"PROFUNDO_DATA.*datasets/demo/data\.bin.*3\.1 MB") as caught:
        obtain("demo", (remote(target),))
    assert target in str(caught.value)
    assert left(tmp_path) == []


def test_an_interruption_leaves_nothing(url, tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        obtain("demo", (remote(f"{url}/data"),), stop)
    assert left(tmp_path) == []


def test_a_full_disk(url, tmp_path, monkeypatch):
    def refuse(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("profundo.data.cache.os.fsync", refuse)
    with pytest.raises(ResourceError, match=r"no space left.*3 MB"):
        obtain("demo", (remote(f"{url}/data"),))
    assert left(tmp_path) == []


def test_the_folder_of_the_user_comes_first(url, tmp_path, monkeypatch):
    own = tmp_path / "own" / "tabular"
    own.mkdir(parents=True)
    (own / "data.bin").write_bytes(CONTENT)
    monkeypatch.setenv("PROFUNDO_DATA", str(tmp_path / "own"))
    assert obtain("demo", (remote(f"{url}/data"),)) == [own / "data.bin"]
    assert Server.asked == []
    assert local(("other.bin", "data.bin")) == own / "data.bin"
    assert local(("other.bin",)) is None
    (own / "data.bin").write_bytes(b"another file of that name")
    assert obtain("demo", (remote(f"{url}/data"),))[0].read_bytes() == CONTENT
    monkeypatch.setenv("PROFUNDO_DATA", str(tmp_path / "absent"))
    with pytest.raises(DataError, match="PROFUNDO_DATA"):
        local(("data.bin",))


def test_a_built_in_set_is_fetched_and_read(url, tmp_path, monkeypatch):
    table = "longitude,median_house_value\n-122.2,452600.0\n-121.9,358500.0\n"
    monkeypatch.setitem(globals(), "CONTENT", table.encode())
    known = builtin.BUILTIN["california_housing"]
    file = Remote("housing.csv", f"{url}/data", hashlib.sha256(table.encode()).hexdigest(), len(table))
    monkeypatch.setitem(builtin.BUILTIN, "california_housing", dataclasses.replace(known, files=(file,)))
    raw = builtin.read("california_housing")
    assert raw.frame["median_house_value"].tolist() == [452600.0, 358500.0]
    assert raw.task == "regression"
    assert "licence" in raw.notes[-1].text
