"""Who may come in, and what every answer says to the browser."""

import pytest
from guests import Guest
from websockets.exceptions import InvalidStatus

GETS = [
    "/",
    "/play",
    "/runs",
    "/assets/page.js",
    "/api/about",
    "/api/sources",
    "/api/runs",
    "/api/runs/x/report",
    "/nix",
]
WRITES = [
    ("POST", "/api/ask"),
    ("POST", "/api/says"),
    ("POST", "/api/runs"),
    ("POST", "/api/runs/x/stop"),
    ("PUT", "/api/uploads/a/b.csv"),
    ("DELETE", "/api/uploads/a"),
    ("PUT", "/api/runs/x/tags"),
    ("DELETE", "/api/runs/x"),
    ("PATCH", "/api/runs/x"),
]
FOREIGN = ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}", "[::1]:{port}", ""]
ORIGINS = ["http://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "https://127.0.0.1:{port}", ""]


@pytest.mark.parametrize("path", GETS)
def test_nothing_is_told_without_the_cookie(studio: Guest, path: str) -> None:
    for cookie in ("", "profundo=x", f"profundo-{studio.port}=", f"profundo-{studio.port}=wrong", "\xe9"):
        assert studio.ask("GET", path, bare=True, Cookie=cookie)[0] == 403
    assert studio.ask("GET", f"{path}?token=wrong", bare=True)[0] == 403


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_write_of_another_page_is_refused(studio: Guest, method: str, path: str) -> None:
    for origin in ORIGINS:
        assert studio.ask(method, path, {}, Origin=origin.format(port=studio.port))[0] == 403
    for site in ("cross-site", "same-site"):
        assert studio.ask(method, path, {}, Sec_Fetch_Site=site)[0] == 403
    assert studio.ask(method, path, {}, Cookie="")[0] == 403


@pytest.mark.parametrize("host", FOREIGN)
def test_a_foreign_name_of_this_address_is_refused(studio: Guest, host: str) -> None:
    host = host.format(port=studio.port)
    for path in ("/play", "/play?token=the-token", "/api/about"):
        assert studio.ask("GET", path, Host=host or " ")[0] == 400
    with pytest.raises(InvalidStatus):
        studio.socket(additional_headers={"Cookie": studio.cookie, "Host": host or " "})


def test_localhost_is_this_address_too(studio: Guest) -> None:
    host = f"localhost:{studio.port}"
    assert studio.ask("GET", "/api/about", Host=host)[0] == 200
    assert studio.ask("POST", "/api/says", {"verb": "train"}, Host=host, Origin=f"http://{host}")[0] == 200
    assert studio.ask("POST", "/api/says", {"verb": "train"}, Host=host)[0] == 403, "a page of the other name"


@pytest.mark.parametrize("origin", ORIGINS)
def test_the_socket_opens_to_its_own_pages_alone(studio: Guest, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        studio.socket(origin=origin.format(port=studio.port) or None)
    assert refused.value.response.status_code == 403
    with pytest.raises(InvalidStatus):
        studio.socket(additional_headers={"Cookie": "profundo=x"})
    with pytest.raises(InvalidStatus):
        studio.socket(additional_headers={"Cookie": studio.cookie, "Sec-Fetch-Site": "same-site"})


def test_another_page_may_open_the_studio_but_not_read_from_it(studio: Guest) -> None:
    opened = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert studio.ask("GET", "/play", **opened)[0] == 200
    assert studio.ask("GET", "/play", **{**opened, "Sec_Fetch_Dest": "iframe"})[0] == 403
    assert studio.ask("GET", "/api/runs", Sec_Fetch_Site="same-site", Sec_Fetch_Mode="no-cors")[0] == 403
    assert studio.ask("GET", "/api/runs", Sec_Fetch_Site="same-origin")[0] == 200


def test_the_token_is_swapped_for_a_cookie_that_scripts_and_other_sites_never_see(studio: Guest) -> None:
    status, headers, _ = studio.ask("GET", "/play?source=my%20data.csv&token=the-token&x=", bare=True)
    assert (status, headers["location"]) == (303, "/play?source=my+data.csv&x=")
    assert "HttpOnly" in headers["set-cookie"] and "SameSite=strict" in headers["set-cookie"]
    assert "the-token" not in headers["set-cookie"]
    assert studio.ask("POST", "/play?token=the-token", bare=True, Origin=studio.origin)[0] == 403
    for path in ("//evil.example/", "/\\evil.example/", "/%5Cevil.example"):
        location = studio.ask("GET", f"{path}?token=the-token", bare=True)[1].get("location", "/")
        assert location.startswith("/") and location[1:2] not in ("/", "\\")


def test_the_address_for_the_browser_opens_once(studio: Guest, opened) -> None:
    own = opened()
    token = own.entrance.invite()
    assert [own.ask("GET", f"/play?token={token}", bare=True)[0] for _ in range(2)] == [303, 403]
    assert own.ask("GET", "/play?token=the-token", bare=True)[0] == 303


@pytest.mark.parametrize("path", GETS)
def test_every_answer_forbids_what_the_pages_do_not_need(studio: Guest, path: str) -> None:
    for cookie in (studio.cookie, ""):
        _, headers, _ = studio.ask("GET", path, Cookie=cookie)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
        assert "http" not in policy and "*" not in policy
        assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers and "access-control-allow-origin" not in headers


def test_a_person_without_the_token_is_told_in_words(studio: Guest) -> None:
    status, headers, text = studio.ask("GET", "/play", bare=True, Accept="text/html,*/*")
    assert status == 403 and headers["content-type"].startswith("text/plain") and b"profundo studio" in text
