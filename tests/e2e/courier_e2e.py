"""What becomes of an alert when the other side fails: tried again, once by its id, passed on, given up."""
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from hotlined_test import Daemon, build_dir


class Moody:
    """Answers with the statuses it is told, then 204; remembers the webhook-id of every post."""

    def __init__(self, port=0, statuses=(), headers=None):
        self.statuses, self.headers, self.posts = list(statuses), headers or {}, []
        self.hang = threading.Event()
        self.hang.set()
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with outer.lock:
                    outer.posts.append((time.time(), self.headers.get("webhook-id")))
                    status = outer.statuses.pop(0) if outer.statuses else 204
                outer.hang.wait(30)
                self.send_response(status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # who posted may be gone by now

        self.server = Server(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count, seconds=15):
        end = time.time() + seconds
        while time.time() < end and len(self.posts) < count:
            time.sleep(0.02)
        return list(self.posts)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Courier(unittest.TestCase):
    def start(self, server, settings=""):
        d = Daemon(build_dir(), settings)
        self.addCleanup(d.close)
        d.edit("network/endpoints.conf", f"127.0.0.1:{d.receiver.port}", f"127.0.0.1:{server.port}")
        return d.start()

    def test_errors_are_tried_again_under_the_same_id(self):
        server = Moody(statuses=[500, 503, 429, 302])
        self.addCleanup(server.close)
        d = self.start(server)
        d.sms("+84000000601", "CUU Chieng Son", "k1")
        posts = server.wait(5)
        self.assertEqual(len(posts), 5)
        self.assertEqual(len({p[1] for p in posts}), 1)
        time.sleep(0.3)
        self.assertEqual(len(server.posts), 5, "delivered is delivered")
        self.assertEqual(len(d.rows(kind="send")), 1)

    def test_retry_after_is_minded(self):
        server = Moody(statuses=[503], headers={"Retry-After": "2"})
        self.addCleanup(server.close)
        self.start(server).sms("+84000000602", "CUU Chieng Son", "k2")
        posts = server.wait(2)
        self.assertGreater(posts[1][0] - posts[0][0], 1.5)

    def test_gone_passes_the_referral_on(self):
        """410: that system is no more; the next collaborator is alerted at once."""
        server = Moody(statuses=[410])
        self.addCleanup(server.close)
        d = self.start(server)
        d.sms("+84000000603", "CUU Chieng Son", "k3")
        posts = server.wait(2)
        self.assertEqual(len({p[1] for p in posts}), 2)
        events = [r["event"] for r in d.rows(kind="referral")]
        self.assertEqual(events, ["opened", "offered", "failed", "offered"])

    def test_nobody_there_then_there_even_after_a_restart(self):
        """Connections fail until the breaker opens; the daemon is killed; the alert still arrives, under its id."""
        server = Moody()
        port = server.port
        server.close()
        d = self.start(server)
        d.sms("+84000000604", "CUU Chieng Son", "k4")
        end = time.time() + 20
        while time.time() < end and d.metric("sends_retried_total") < 6:
            time.sleep(0.05)
        self.assertIn("failed just before", d.logged())
        d.kill()
        server = Moody(port)
        self.addCleanup(server.close)
        d.start()
        self.assertEqual(len(server.wait(1)), 1)
        time.sleep(0.5)
        self.assertEqual(len({p[1] for p in server.posts}), 1)

    def test_a_new_store_uses_no_id_again(self):
        """After a loss of the store, or a backup put back, an alert must not look like a repeat of an old one."""
        d = Daemon(build_dir())
        self.addCleanup(d.close)
        for n in (1, 2):
            d.start()
            d.sms(f"+8400000065{n}", "CUU Chieng Son", f"new{n}")
            self.assertEqual(len(d.receiver.wait(n)), n)
            d.stop()
            for file in d.dir.glob("hotlined.db*"):
                file.unlink()

    def test_a_stop_in_the_middle_of_a_send(self):
        """The other side does not answer: the daemon stops all the same, and sends again after its start."""
        server = Moody()
        self.addCleanup(server.close)
        self.addCleanup(server.hang.set)
        d = self.start(server)
        server.hang.clear()
        for n in range(40):
            d.sms(f"+840000006{n + 10}", "CUU Chieng Son", f"s{n}")
        server.wait(1)
        self.assertEqual(d.stop(), 0, d.log.read_text()[-2000:])
        server.hang.set()
        d.start()
        offers = len(d.rows(kind="referral", event="offered"))
        end = time.time() + 20
        while time.time() < end and len(d.rows(kind="send")) < offers:
            time.sleep(0.1)
        self.assertEqual(len({p[1] for p in server.posts}), offers)

    def test_given_up_in_the_end(self):
        """Past send_give_up it failed for good, is journaled, and the next in line is asked."""
        server = Moody(statuses=[500] * 1000)
        self.addCleanup(server.close)
        d = self.start(server, 'send_give_up = "1s";\n')
        d.sms("+84000000605", "CUU Chieng Son", "k5")
        end = time.time() + 15
        while time.time() < end and d.metric("sends_failed_total") < 1:
            time.sleep(0.05)
        events = [r["event"] for r in d.rows(kind="referral")]
        self.assertEqual(events[:4], ["opened", "offered", "failed", "offered"])


if __name__ == "__main__":
    unittest.main()
