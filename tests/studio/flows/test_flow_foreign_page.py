"""Another page in the browser of somebody who has the studio open: it holds the cookie's site, and gets nothing."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

ATTACK = """
<!doctype html><meta charset="utf-8"><title>foreign</title><body><script>
const base = new URLSearchParams(location.search).get("base");
const told = {};
const start = JSON.stringify({ source: "iris", wishes: { epochs: 1 } });
const asks = [
  ["GET", "/api/about"], ["GET", "/api/runs"], ["GET", "/api/sources"], ["GET", "/play"], ["POST", "/api/runs", start],
  ["POST", "/api/ask", JSON.stringify({ verb: "plan", source: "iris" })], ["POST", "/api/says", "{}"],
  ["PUT", "/api/uploads/taken/over.csv", "a,b"], ["DELETE", "/api/runs/kept"], ["PUT", "/api/runs/kept/tags", "{}"],
  ["POST", "/api/runs/kept/stop", ""],
];
async function ask(method, path, body, mode) {
  try {
    const answer = await fetch(base + path, { method, body, mode, credentials: "include" });
    return answer.type === "opaque" ? "opaque" : "read " + answer.status;
  } catch { return "refused"; }
}
const event = (make) => new Promise((done) => make(done));
async function attack() {
  for (const [method, path, body] of asks)
    for (const mode of ["cors", "no-cors"]) told[[mode, method, path]] = await ask(method, path, body, mode);
  told.socket = await event((done) => {
    const socket = new WebSocket(base.replace("http", "ws") + "/ws");
    socket.onopen = () => done("open");
    socket.onclose = () => done("refused");
  });
  for (const tag of ["script", "img", "link"])
    told[tag] = await event((done) => {
      const element = document.createElement(tag);
      element.onload = () => done("loaded");
      element.onerror = () => done("refused");
      element.rel = "stylesheet";
      element[tag === "link" ? "href" : "src"] = base + "/api/about";
      document.body.append(element);
    });
  told.form = await event((done) => {
    const frame = document.createElement("iframe");
    frame.name = "into";
    document.body.append(frame);
    const form = document.createElement("form");
    Object.assign(form, { method: "POST", action: base + "/api/runs", enctype: "text/plain", target: "into" });
    const field = document.createElement("input");
    [field.name, field.value] = ['{"source": "iris", "x": "', '"}'];
    form.append(field);
    document.body.append(form);
    frame.onload = () => done("sent");
    form.submit();
  });
  const frame = document.createElement("iframe");
  frame.name = "inner";
  document.body.append(frame);
  told.frame = await event((done) => { frame.onload = () => done("sent"); frame.src = base + "/play"; });
  window.opened = window.open(base + "/runs");
  await new Promise((done) => setTimeout(done, 300));
  try { told.opened = String(window.opened.document.title); } catch { told.opened = "refused"; }
  return told;
}
</script></body>
"""


@pytest.fixture
def foreign() -> Iterator[int]:
    """A server of another port: the same site to the browser, so that even a strict cookie is sent."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(ATTACK.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_a_page_of_another_port_reads_and_changes_nothing(studio, browser, cookies, foreign):
    (studio.runs / "kept").mkdir()
    (studio.runs / "kept" / "plan.toml").write_text("")
    context = browser.new_context(storage_state={"cookies": cookies, "origins": []})
    assert context.request.get(f"{studio.origin}/api/about").ok, "the cookie is there"
    before = {path: path.stat().st_mtime_ns for path in studio.runs.rglob("*")}
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{foreign}/?base={studio.origin}")
    told = page.evaluate("attack()")
    inner = next(frame for frame in page.frames if frame.name == "inner")
    assert inner.locator("main, nav").count() == 0, "no page of the studio stands in a foreign one"
    context.close()
    assert {path: path.stat().st_mtime_ns for path in studio.runs.rglob("*")} == before
    assert told.pop("form") == told.pop("frame") == "sent"
    assert len(told) > 25
    assert {key: said for key, said in told.items() if said not in ("refused", "opaque")} == {}
    (studio.runs / "kept" / "plan.toml").unlink()
    (studio.runs / "kept").rmdir()
