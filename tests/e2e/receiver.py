"""A collaborator's system: takes alerts, checks their Standard Webhooks signature, keeps each once by webhook-id."""
import base64
import hashlib
import hmac
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver:
    def __init__(self, secret, port=0):
        self.key = base64.b64decode(secret.removeprefix("whsec_"))
        self.alerts, self.bad, self.posts = {}, 0, 0
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                good = outer.take(self.headers, body)
                self.send_response(204 if good else 401)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # a daemon that is killed in the middle of a post is part of the tests

        self.server = Server(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def take(self, headers, body):
        msg_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
        want = base64.b64encode(
            hmac.new(self.key, f"{msg_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
        ).decode()
        good = f"v1,{want}" in headers.get("webhook-signature", "").split() and abs(time.time() - int(stamp)) < 300
        with self.lock:
            self.posts += 1
            if good:
                self.alerts.setdefault(msg_id, json.loads(body))
            else:
                self.bad += 1
        return good

    def wait(self, count, seconds=10):
        end = time.time() + seconds
        while time.time() < end and len(self.alerts) < count:
            time.sleep(0.02)
        with self.lock:
            return dict(self.alerts)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
