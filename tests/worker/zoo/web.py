"""A web server on this machine that plays the hub, the release pages and a mirror."""

import hashlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

REVISION = "0123456789abcdef0123456789abcdef01234567"


class Web:
    """Files by path; `asked` remembers what was fetched."""

    def __init__(self, url):
        self.url = url
        self.files = {}
        self.asked = []

    def release(self, name, data):
        """Publish a file on a release page; return its URL."""
        self.files[f"/releases/{name}"] = data
        return f"{self.url}/releases/{name}"

    def hub(self, repository, member, data, revision=REVISION):
        """Publish a file in a repository of the hub; return the location of a source."""
        self.files[f"/{repository}/resolve/{revision}/{member}"] = data
        return f"{repository}@{revision}"

    def mirror(self, name, data):
        """Put a file into the mirror; return the mirror's prefix."""
        self.files[f"/mirror/{name}"] = data
        return f"{self.url}/mirror"


@contextmanager
def serving():
    """A `Web` that answers until the end of the block."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.web = Web(f"http://127.0.0.1:{server.server_port}")
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self._answer(body=False)

    def do_GET(self):
        self._answer(body=True)

    def _answer(self, *, body):
        web, path = self.server.web, self.path.partition("?")[0]
        data = web.files.get(path)
        if body:
            web.asked.append(path)
        self.send_response(200 if data is not None else 404)
        content = data or b""
        self.send_header("Content-Length", str(len(content)))
        if "/resolve/" in path:  # what the hub's client reads
            self.send_header("X-Repo-Commit", REVISION)
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            if data is None:
                self.send_header("X-Error-Code", "EntryNotFound")
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_args):
        pass
