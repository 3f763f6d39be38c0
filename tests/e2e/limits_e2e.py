"""What the gateway does when there is too much: of a request, of requests, of connections; and how it stops."""
import http.client
import os
import signal
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
import unittest

from hotlined_test import Daemon, build_dir


def raw(port, data, seconds=5):
    """Everything the server says to these bytes until it closes or is silent for a while."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        s.sendall(data)
        s.settimeout(seconds)
        got = b""
        try:
            while chunk := s.recv(65536):
                got += chunk
        except (TimeoutError, ConnectionError):
            pass
        return got


class Limits(unittest.TestCase):
    def start(self, settings, edits=()):
        d = Daemon(build_dir(), settings)
        self.addCleanup(d.close)
        for edit in edits:
            d.edit(*edit)
        return d.start()

    def test_body(self):
        """Exactly the limit is read, one byte more is not, far more is cut off; one line each."""
        d = self.start("")
        at = "/in/africastalking/ussd?token=" + d.secret("africastalking-token")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        start = "sessionId=s1&phoneNumber=%2B84000000401&serviceCode=1&text=&pad="
        self.assertEqual(d.request("POST", at, start + "a" * (65536 - len(start)), form)[0], 200)
        status, body, _ = d.request("POST", at, start + "a" * (65537 - len(start)), form)
        self.assertEqual((status, body), (413, "413 body over 65536 bytes\n"))
        head = f"POST {at} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n".encode()
        self.assertIn(b" 413 ", raw(d.port, head)[:20])
        self.assertEqual(d.get("/healthz")[0], 200)

    def test_headers(self):
        d = self.start("")
        self.assertIn(b" 400 ", raw(d.port, b"GET /healthz HTTP/1.1\r\nA: " + b"a" * 9000 + b"\r\n\r\n")[:20])
        many = b"".join(b"H%d: x\r\n" % n for n in range(200))
        self.assertIn(b" 200 ", raw(d.port, b"GET /healthz HTTP/1.1\r\nConnection: close\r\n" + many + b"\r\n", 2)[:20])

    def test_what_is_no_http_gets_one_line_too(self):
        """Whatever refuses it: plain text, one line that begins with the status, counted, nothing of what was sent."""
        d = self.start("")
        cases = [
            (b"secret\r\n\r\n", 400),
            (b"GET /healthz HTTP/9.9\r\n\r\n", 400),
            (b"GET /secret" + b"a" * 70000 + b" HTTP/1.1\r\n\r\n", 400),
            (b"GET /healthz HTTP/1.1\r\nA: " + b"secret" * 2000 + b"\r\n\r\n", 400),
            (b"POST /healthz HTTP/1.1\r\nContent-Length: -5\r\n\r\n", 400),
            (b"POST /healthz HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", 413),
            (b"SECRET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 405),
            (b"TRACE /healthz HTTP/1.1\r\nConnection: close\r\n\r\n", 405),
        ]
        for n, (sent, want) in enumerate(cases):
            head, _, body = raw(d.port, sent).decode().partition("\r\n\r\n")
            self.assertTrue(head.startswith(f"HTTP/1.1 {want} "), (sent[:40], head))
            self.assertIn("Content-Type: text/plain", head)
            self.assertIn(f"Content-Length: {len(body)}\r\n", head + "\r\n")
            self.assertRegex(body, rf"\A{want} [^\n]+\n\Z")
            self.assertNotIn("secret", (head + body).lower())
            if want != 405:
                self.assertIn("Connection: close", head)
        two = raw(d.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n").decode()
        self.assertTrue(two.startswith("HTTP/1.1 200 OK"), two)
        self.assertRegex(two, r"ok\nHTTP/1.1 400 Bad Request\r\n(?s:.*)\r\n\r\n400 [^\n]+\n\Z")
        counted = [d.metric(f'http_answers_total{{status="{s}"}}') for s in (400, 405, 413)]
        self.assertEqual(counted, [6, 2, 1])

    def test_head_has_no_body(self):
        d = self.start("")
        got = raw(d.port, b"HEAD /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 2)
        self.assertIn(b" 200 ", got[:20])
        self.assertTrue(got.endswith(b"\r\n\r\n"), got)

    def test_a_slow_client_is_let_go(self):
        d = self.start('timeout_s = 1;\n')
        began = time.time()
        self.assertEqual(raw(d.port, b"GET /healthz HTTP/1.1\r\nHost: x\r\n", 10), b"")
        self.assertLess(time.time() - began, 6)

    def test_rate(self):
        d = self.start("rate = 20;\nthreads = 1;\n")
        conn = d.connect()
        seen = [d.get("/healthz", conn)[0] for _ in range(60)]
        self.assertIn(429, seen)
        self.assertEqual(seen[0], 200)
        time.sleep(0.5)
        self.assertEqual(d.get("/healthz", conn)[0], 200)

    def test_pending(self):
        """More waits for the commit than may: 503 with Retry-After, and all is well afterwards."""
        d = self.start("pending = 2;\n")
        lock = sqlite3.connect(d.dir / "hotlined.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        answers = []

        def send(n):
            status, body, headers = d.get(d.sms_path("+84000000402", "xin chao", f"p{n}"))
            answers.append((status, headers.get("Retry-After")))

        threads = [threading.Thread(target=send, args=(n,)) for n in range(6)]
        for t in threads:
            t.start()
        time.sleep(1)
        lock.execute("ROLLBACK")
        for t in threads:
            t.join()
        self.assertEqual(sorted(answers, key=str), [(200, None)] * 2 + [(503, "5")] * 4)

    def test_connections(self):
        """Beyond the limit a new connection waits in the kernel's queue until another ends."""
        d = self.start("connections = 8;\nthreads = 2;\n")
        time.sleep(0.2)
        held, waiting = [], 0
        while waiting < 3 and len(held) < 30:
            c = d.connect()
            c.timeout = 0.5
            try:
                c.request("GET", "/healthz")
                self.assertEqual(c.getresponse().read(), b"ok\n")
                held.append(c)
            except TimeoutError:
                c.close()
                waiting += 1
        self.assertGreaterEqual(len(held), 4)
        self.assertLessEqual(len(held), 12)
        for c in held:
            c.close()
        end = time.time() + 5
        while time.time() < end:
            try:
                c = http.client.HTTPConnection("127.0.0.1", d.port, timeout=1)
                c.request("GET", "/healthz")
                self.assertEqual(c.getresponse().status, 200)
                return
            except TimeoutError:
                pass
        self.fail("no connection was taken again")


class Stop(unittest.TestCase):
    def test_under_load_everything_taken_is_answered(self):
        """SIGTERM: no new connection, what is under way gets its answer, exit 0."""
        d = Daemon(build_dir()).start()
        self.addCleanup(d.close)
        answered, broken = [], []

        def send(n):
            conn, k = d.connect(), 0
            while True:
                k += 1
                try:
                    conn.request("GET", d.sms_path(f"+8400{n:02d}{k:05d}", "CUU Chieng Son", f"{n}-{k}"))
                    response = conn.getresponse()
                    response.read()
                    answered.append((response.status, f"{n}-{k}"))
                except (OSError, http.client.HTTPException):
                    broken.append(k)
                    return

        threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
        for t in threads:
            t.start()
        time.sleep(0.5)
        d.process.send_signal(signal.SIGTERM)
        self.assertEqual(d.process.wait(20), 0)
        for t in threads:
            t.join()
        good = [k for status, k in answered if status == 200]
        self.assertGreater(len(good), 8)
        self.assertEqual(len(broken), 8, "all were at it until the end")
        self.assertGreaterEqual(len(d.rows(kind="mo")), len(good))
        d.ctl("journal", "verify")


class StoreFails(unittest.TestCase):
    def test_locked_by_somebody_else(self):
        """Safety 24. No commit possible: 503, USSD shows the national numbers, not ready; then it recovers by itself."""
        d = Daemon(build_dir()).start()
        self.addCleanup(d.close)
        lock = sqlite3.connect(d.dir / "hotlined.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        status, body, headers = d.get(d.sms_path("+84000000501", "CUU Chieng Son", "l1"))
        self.assertEqual((status, headers.get("Retry-After")), (503, "5"))
        self.assertEqual(d.get("/readyz")[0], 503)
        self.assertEqual(d.get("/healthz")[0], 200)
        status, page = d.ussd("+84000000502", "l2", [])
        self.assertEqual(status, 200)
        self.assertTrue(page.startswith("END ") and "113" in page, page)
        lock.execute("ROLLBACK")
        end = time.time() + 20
        while time.time() < end and d.get("/readyz")[0] != 200:
            time.sleep(0.1)
        self.assertEqual(d.get("/readyz")[0], 200)
        self.assertEqual(d.sms("+84000000501", "CUU Chieng Son", "l1")[0], 200)
        self.assertEqual(len(d.rows(kind="mo")), 1)
        self.assertTrue(d.rows(kind="outage"))

    @unittest.skipUnless(os.geteuid() == 0, "needs root for a small file system")
    def test_disk_full(self):
        """The disk fills up: no answer claims what is not kept; space is made and it goes on."""
        d = Daemon(build_dir())
        self.addCleanup(d.close)
        small = tempfile.mkdtemp(prefix="hotlined-small-")
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", small], capture_output=True).returncode:
            os.rmdir(small)
            self.skipTest("no file system can be mounted here")
        self.addCleanup(os.rmdir, small)
        self.addCleanup(subprocess.run, ["umount", "-l", small])
        d.edit("hotlined.conf", f"sqlite:{d.dir}", f"sqlite:{small}")
        d.start()
        good, conn = 0, d.connect()
        for n in range(4000):
            status, _, _ = d.get(d.sms_path(f"+8400{n:07d}", "xin chao", f"f{n}"), conn)
            if status != 200:
                break
            good += 1
        self.assertEqual(status, 503)
        self.assertEqual(d.get("/readyz")[0], 503)
        subprocess.run(["mount", "-o", "remount,size=20m", small], check=True)
        end = time.time() + 20
        while time.time() < end and d.get("/readyz")[0] != 200:
            time.sleep(0.1)
        self.assertEqual(d.get(d.sms_path("+84000000503", "xin chao", "after"))[0], 200)
        self.assertEqual(len(d.rows(kind="mo")), good + 1)
        d.ctl("journal", "verify")


if __name__ == "__main__":
    unittest.main()
