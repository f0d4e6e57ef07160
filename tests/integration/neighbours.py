"""What lies around an installation: a server of pictures, and a receiver of webhooks, both on the loopback."""

import io
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from PIL import Image, ImageDraw


def picture() -> bytes:
    """A small bright disc on a dark ground."""
    image = Image.new("RGB", (32, 24), (20, 30, 60))
    ImageDraw.Draw(image).ellipse((8, 4, 24, 20), fill=(250, 220, 40))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


class Pictures(ThreadingHTTPServer):
    """The same picture under every path."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.picture = picture()
        self.url = f"http://127.0.0.1:{self.server_port}"
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """A worker that is killed hangs up."""


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(self.server.picture)))
        self.end_headers()
        self.wfile.write(self.server.picture)

    def log_message(self, *_):
        pass
