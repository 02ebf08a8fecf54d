"""The client in a browser: a real one, which asks whether its page may call before it calls."""

import queue
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from server import ROOT, Server
from tcp_proxy import TcpProxy
from test_clients import CONSUMED, ERRORS, MARKER, READS, REPLAYED, lost, without_attempts

BROWSER = (
    "chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
# Sends the page's output to its own server when it is complete.
REPORT = """
<script>
const output = document.getElementById("output");
const report = () => fetch("/report", { method: "POST", body: output.dataset.done + "\\n" + output.textContent });
new MutationObserver(report).observe(output, { attributes: true });
</script>
"""


class Pages(ThreadingHTTPServer):
    """Serves the directory of the client, and takes what its page reports."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server_port}"
        self.reports = queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(SimpleHTTPRequestHandler):
    def __init__(self, *arguments):
        super().__init__(*arguments, directory=ROOT / "clients/typescript")

    def do_GET(self):
        if not self.path.startswith("/browser.html"):
            return super().do_GET()
        page = (ROOT / "clients/typescript/browser.html").read_text().replace("<script", REPORT + "<script", 1)
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def do_POST(self):
        self.server.reports.put(self.rfile.read(int(self.headers["content-length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def pages():
    pages = Pages()
    yield pages
    pages.shutdown()
    pages.server_close()


@pytest.fixture
def server(tmp_path, pages):
    server = Server(tmp_path, settings={"ENTITLED_CORS_ORIGINS": pages.origin})
    yield server
    server.stop()


def lines_of(pages, address, folder):
    """What the page prints, and whether it says that everything was answered."""
    page = f"{pages.origin}/browser.html?address={address}"
    command = [*BROWSER.split(), f"--user-data-dir={folder}/browser", page]
    # Without a log of its own, and with nothing to do but this page, until it has reported.
    browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        is_answered, *lines = pages.reports.get(timeout=60).splitlines()
    finally:
        browser.terminate()
        browser.wait(timeout=60)
    return lines, is_answered == "true"


def test_a_page_of_a_known_origin(pages, server, tmp_path):
    assert lines_of(pages, server.address, tmp_path) == ([*READS, CONSUMED, *ERRORS], True)
    assert server.used_minutes() == 90


def test_a_page_of_another_origin_gets_no_answer(pages, clear, tmp_path):
    lines, is_answered = lines_of(pages, clear.address, tmp_path)
    assert (len(lines), is_answered) == (1, False) and lines[0].endswith(" -"), lines


def test_an_answer_that_does_not_arrive(pages, server, tmp_path):
    proxy = TcpProxy(server.port, MARKER, lost)
    lines, is_answered = lines_of(pages, proxy.address, tmp_path)
    proxy.close()
    assert (without_attempts(lines), is_answered) == ([*READS, REPLAYED, *ERRORS], True)
    assert server.used_minutes() == 90, "consumed once"
