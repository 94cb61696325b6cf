"""A web server on the loopback that serves one folder, well or badly; what it does is the first part of the path.

Writes to a file: its port, then a line for each answer with path, status and Range.
"""

import hashlib
import http.server
import os
import socketserver
import sys
import threading
import time

ROOT = sys.argv[1]
LOG = open(sys.argv[2], "w", buffering=1)  # noqa: SIM115 - as long as the server runs
PARENT = os.getppid()
# Longer than any test waits for a server that says nothing.
STALL = 60
drops = {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        behaviour, _, path = self.path.lstrip("/").partition("/")
        getattr(self, "do_" + behaviour.replace("-", "_"), self.unknown)(path)

    def do_HEAD(self):
        self.do_GET()

    def unknown(self, _):
        self.send_error(404)

    def log_message(self, *_):
        pass

    def log_request(self, code="-", _=None):
        print(self.path, int(code), self.headers.get("Range", "-"), file=LOG)

    def content(self, path):
        with open(os.path.join(ROOT, path), "rb") as file:
            return file.read()

    def begin(self, status, body, total=None, tag=None, start=0, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        if tag:
            self.send_header("ETag", tag)
        if status == 206:
            self.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        self.end_headers()

    def hang_up(self):
        self.close_connection = True
        self.wfile.flush()
        self.connection.close()

    def start(self):
        """Where the client wants to go on."""
        wanted = self.headers.get("Range")
        return int(wanted.removeprefix("bytes=").rstrip("-")) if wanted else 0

    def tag(self, body):
        return '"' + hashlib.sha256(body).hexdigest()[:16] + '"'

    def serve(self, path, until=None, knows_if_range=True, knows_range=True):
        """The file, or its rest; breaks off after `until` bytes of the whole file."""
        body = self.content(path)
        start, tag = self.start(), self.tag(body)
        if not knows_range or (knows_if_range and self.headers.get("If-Range", tag) != tag):
            start = 0
        rest = body[start:]
        self.begin(206 if start else 200, rest, total=len(body), tag=tag, start=start)
        self.wfile.write(rest if until is None else rest[: max(0, until - start)])
        if until is not None:
            self.hang_up()

    def do_good(self, path):
        self.serve(path)

    def do_v2(self, path):
        """A registry: of the protocol's reads, those that a copy needs."""
        try:
            body = self.content(path) if path else b"{}"
        except OSError:
            return self.send_error(404)
        kind = "application/vnd.oci.image.manifest.v1+json" if "/manifests/" in path else "application/octet-stream"
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_nowhere(self, _):
        self.send_error(404)

    def do_busy(self, _):
        self.send_error(503)

    def do_silent(self, _):
        time.sleep(STALL)

    def do_stall(self, path):
        """Sends half of the file, then nothing."""
        body = self.content(path)
        start = self.start()
        self.begin(206 if start else 200, body[start:], total=len(body), tag=self.tag(body), start=start)
        self.wfile.write(body[start : len(body) // 2])
        self.wfile.flush()
        time.sleep(STALL)

    def once(self, path):
        """Whether this is the first request for this path."""
        drops[self.path] = drops.get(self.path, 0) + 1
        return drops[self.path] == 1

    def do_drop_once(self, path):
        self.serve(path, until=len(self.content(path)) // 2 if self.once(path) else None)

    def do_drop_packages_once(self, path):
        """An apt archive."""
        if not os.path.exists(os.path.join(ROOT, path)):
            return self.send_error(404)
        breaks = path.endswith(".deb") and self.once(path)
        self.serve(path, until=len(self.content(path)) // 2 if breaks else None)

    def do_spoil_packages(self, path):
        """An apt archive whose packages are not those of its signed lists."""
        if not os.path.exists(os.path.join(ROOT, path)):
            return self.send_error(404)
        body = self.content(path)
        if path.endswith(".deb"):
            body = body[:-1] + bytes([body[-1] ^ 1])
        self.begin(200, body)
        self.wfile.write(body)

    def do_drop_always(self, path):
        self.serve(path, until=len(self.content(path)) // 2)

    def do_drop_no_range(self, path):
        self.serve(path, until=len(self.content(path)) // 2 if self.once(path) else None, knows_range=False)

    def do_changes(self, path, **how):
        """Another file of the same length from the second request on."""
        first = self.once(path)
        other = os.path.join(os.path.dirname(path), "other")
        self.serve(path if first else other, until=len(self.content(path)) // 2 if first else None, **how)

    def do_changes_silently(self, path):
        self.do_changes(path, knows_if_range=False)

    def do_promises_more(self, path):
        body = self.content(path)
        self.begin(200, body, length=len(body) + 1000)
        self.wfile.write(body)
        self.hang_up()

    def do_promises_less(self, path):
        body = self.content(path)
        self.begin(200, body, length=len(body) // 2)
        self.wfile.write(body)
        self.hang_up()

    def do_claims_huge(self, _):
        self.begin(200, b"", length=1 << 50)
        self.hang_up()

    def do_endless(self, _):
        """No length, and 64 MiB, which is more than any test lets come."""
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for _ in range(64):
                self.wfile.write(bytes(1 << 20))
        except OSError:
            pass
        self.hang_up()

    def do_to_file(self, path):
        self.redirect("file://" + os.path.join(ROOT, path))

    def do_to_good(self, path):
        self.redirect("/good/" + path)

    def do_round(self, path):
        self.redirect("/round/" + path)

    def redirect(self, target):
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], file=LOG)
threading.Thread(target=server.serve_forever, daemon=True).start()
# The test that started it ends it. It ends itself only once that process is gone, however long a busy machine takes.
while os.getppid() == PARENT:
    time.sleep(1)
