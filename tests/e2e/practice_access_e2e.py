"""The page to practise on over plain HTTP: who is let in, what is refused, and that nothing of it reaches the real line."""
import base64
import json
import os
import pty
import select
import signal
import sqlite3
import stat
import termios
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from hotlined_test import Daemon, build_dir

JSON = {"Content-Type": "application/json"}
PASSWORD = "mot mat khau dai"


def basic(name, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


class Access(unittest.TestCase):
    def prepare(self, settings):
        d = Daemon(build_dir(), settings)
        self.addCleanup(self.ends_well, d)
        return d

    def start(self, settings):
        return self.prepare(settings).start()

    def ends_well(self, d):
        try:
            if d.process:
                self.assertEqual(d.stop(), 0, d.log.read_text()[-3000:])
                self.assertNotIn("runtime error", d.log.read_text())
                self.assertNotIn(PASSWORD, d.log.read_text())
                self.assertNotIn("9990000001", d.log.read_text())
        finally:
            d.close()

    def ask(self, d, what, headers=None, **body):
        status, text, _ = d.request("POST", f"/practice/api/{what}", json.dumps(body), {**JSON, **(headers or {})})
        return status, json.loads(text)

    def asks_for_shelter(self, d, **how):
        id_ = self.ask(d, "begin", lang="en", **how)[1]["id"]
        for text in ("2", "Chieng Son", "1", "1", "1", "1"):
            status, said = self.ask(d, "say", id=id_, channel="sms", text=text)
            self.assertEqual(status, 200, said)
        return id_, said

    # ---- off ----

    def test_off_is_like_any_path_that_is_not_there(self):
        for settings in ("", 'practice = "off";\n'):
            d = self.start(settings)
            for method, path in (("GET", "/practice"), ("GET", "/practice/practice.js"), ("POST", "/practice/api/begin")):
                with self.subTest(settings=settings, path=path):
                    gone, other = (d.request(method, p, "{}" if method == "POST" else None, JSON) for p in (path, "/nothing"))
                    self.assertEqual(gone[0], 404)
                    for answer in (gone, other):
                        answer[2].pop("Date")
                    self.assertEqual(gone, other)

    # ---- loopback ----

    def test_a_browser_on_this_machine(self):
        d = self.start('practice = "loopback";\n')
        for path, type_ in (("/practice", "text/html"), ("/practice/", "text/html"), ("/practice/practice.css", "text/css"),
                            ("/practice/practice.js", "text/javascript")):
            status, body, headers = d.get(path)
            self.assertEqual((status, headers["Content-Type"]), (200, type_ + "; charset=utf-8"))
            self.assertGreater(len(body), 1000)
        self.assertEqual(d.request("HEAD", "/practice")[0], 200)
        for host in ("localhost", "localhost:1", "[::1]:8080"):
            self.assertEqual(d.request("GET", "/practice", headers={"Host": host})[0], 200)

    def test_not_through_a_proxy_and_under_no_other_name(self):
        d = self.start('practice = "loopback";\ntrusted_proxies = [ "127.0.0.1" ];\n')
        for headers in ({"X-Forwarded-For": "127.0.0.1"}, {"x-forwarded-for": ""}, {"X-Forwarded-Host": "localhost"},
                        {"Forwarded": "for=127.0.0.1"}, {"X-Real-IP": "127.0.0.1"}, {"Via": "1.1 proxy"},
                        {"Host": "hotline.example"}, {"Host": "127.0.0.1.hotline.example:8080"}, {"Host": ""}):
            for method, path in (("GET", "/practice"), ("POST", "/practice/api/begin")):
                with self.subTest(headers=headers, path=path):
                    status, body, got = d.request(method, path, "{}" if method == "POST" else None, {**JSON, **headers})
                    self.assertEqual(status, 403)
                    self.assertRegex(body, r"\A403 [^\n]+\n\Z")
                    self.assertIn("frame-ancestors 'none'", got["Content-Security-Policy"])
        self.assertEqual(d.get("/practice")[0], 200)

    def test_what_a_browser_is_told(self):
        d = self.start('practice = "loopback";\n')
        for path in ("/practice", "/practice/practice.js", "/practice/nothing"):
            headers = d.get(path)[2]
            self.assertEqual(
                headers["Content-Security-Policy"],
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
                "form-action 'none'; frame-ancestors 'none'; base-uri 'none'")
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(headers["Cache-Control"], "no-store")

    def test_what_is_wrong(self):
        d = self.start('practice = "loopback";\n')
        for type_ in (None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"):
            headers = {"Content-Type": type_} if type_ else {}
            self.assertEqual(d.request("POST", "/practice/api/begin", "{}", headers)[0], 415, type_)
        self.assertEqual(d.request("POST", "/practice/api/begin", "{}", {"Content-Type": "application/json; charset=utf-8"})[0], 200)
        status, _, headers = d.get("/practice/api/begin")
        self.assertEqual((status, headers["Allow"]), (405, "POST"))
        self.assertEqual(d.request("POST", "/practice", "{}", JSON)[0], 405)
        self.assertEqual(d.get("/practice/practice.html")[0], 404)
        self.assertEqual(d.get("/practices")[0], 404)
        self.assertEqual(self.ask(d, "inside", id="0" * 32), (404, {"error": "this exercise is over; begin a new one"}))
        self.assertEqual(self.ask(d, "begin", lang="xx")[0], 400)
        self.assertEqual(d.request("POST", "/practice/api/begin", "x" * 70000, JSON)[0], 413)

    # ---- apart from the real line ----

    def test_nothing_of_it_reaches_the_real_line(self):
        """A whole exercise: no row, no contact, no send in the store, no request to a receiver, no count of real traffic."""
        d = self.start('practice = "loopback";\n')
        rows, inputs = d.ctl("journal", "export").stdout, self.inputs(d)
        id_, said = self.asks_for_shelter(d)
        self.assertEqual(said["inside"]["referral"]["state"], "offered")
        accepted = self.ask(d, "answer", id=id_, verb="accept")[1]
        self.assertEqual(accepted["state"], "accepted")
        self.assertIn("Somebody took it", accepted["messages"][0]["text"])
        self.ask(d, "wait", id=id_, seconds=86400)
        self.ask(d, "say", id=id_, channel="sms", text="SOS")
        # a real message is worked after all that: what would have gone out has had its turn
        self.assertEqual(d.sms("+84000000601", "2", "p1")[0], 200)
        later = [r for r in d.rows() if r not in [json.loads(x) for x in rows.splitlines()] and r["kind"] == "mo"]
        self.assertEqual(len(later), 1)
        self.assertNotIn("9990000001", d.ctl("journal", "tail", "-n", "50").stdout)
        with sqlite3.connect(f"file:{d.dir}/hotlined.db?mode=ro", uri=True) as db:
            counts = {t: db.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("contact", "referral", "send", "mt")}
        self.assertEqual(counts, {"contact": 1, "referral": 0, "send": 0, "mt": 0})
        self.assertEqual(d.receiver.posts, 0)
        self.assertEqual(self.inputs(d), inputs + 1)
        self.assertEqual(d.metric("referrals_total"), 0)
        self.assertEqual(d.metric("practice_exercises"), 1)
        self.assertEqual(d.metric("practice_begun_total"), 1)
        self.assertEqual(d.metric("practice_steps_total"), 10)

    def inputs(self, d):
        return sum(float(x.split()[1]) for x in d.get("/metrics")[1].splitlines() if x.startswith("hotlined_inputs_total"))

    def test_a_running_exercise_keeps_its_configuration(self):
        d = self.start('practice = "loopback";\n')
        old = self.ask(d, "begin", lang="en")[1]["id"]
        d.edit("lang/en.conf", "Hello. Answer", "Hi. Answer")
        d.reload()
        new = self.ask(d, "begin", lang="en")[1]["id"]
        for id_, want in ((old, "Hello."), (new, "Hi.")):
            said = self.ask(d, "say", id=id_, channel="ussd", event="begin", text="")[1]
            self.assertTrue(said["text"].startswith(want), said["text"])
            self.assertEqual(said["end"], False)
            self.assertEqual(said["size"]["coding"], "gsm7")
        d.edit("hotlined.conf", 'practice = "loopback"', 'practice = "off"')
        d.reload()
        self.assertEqual(d.get("/practice")[0], 404)

    def test_at_most_so_many_at_once(self):
        d = self.start('practice = "loopback";\n')
        first = self.ask(d, "begin")[1]["id"]
        with ThreadPoolExecutor(4) as pool:
            ids = set(pool.map(lambda _: self.ask(d, "begin")[1]["id"], range(40)))
        self.assertEqual(len(ids), 40)
        self.assertEqual(d.metric("practice_exercises"), 32)
        self.assertEqual(self.ask(d, "inside", id=first)[0], 404)

    # ---- login ----

    def test_login_needs_a_password_file(self):
        d = self.prepare('practice = "login";\n')
        test = d.ctl("check", check=False)
        self.assertEqual(test.returncode, 1)
        self.assertRegex(test.stdout + test.stderr, r"hotlined.conf:\d+: error: practice is \"login\".*hotlinectl passwd NAME")
        d.ctl("passwd", "lan", stdin=PASSWORD + "\n")
        path = d.dir / "conf" / "secrets" / "officers"
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        self.assertEqual(d.ctl("check").returncode, 0)
        path.chmod(0o640)
        self.assertIn("chmod 600", d.ctl("check", check=False).stdout + d.ctl("check", check=False).stderr)
        path.chmod(0o600)
        path.write_text(path.read_text() + "minh:secret\n")
        test = d.ctl("check", check=False)
        self.assertIn("officers:2: error: must be NAME:$argon2id$", test.stdout + test.stderr)
        self.assertNotIn("minh", test.stdout + test.stderr)

    def test_login(self):
        d = self.prepare('practice = "login";\nofficers = "trainers";\n')
        d.ctl("passwd", "lan", stdin=PASSWORD + "\n")
        d.ctl("passwd", "minh", stdin="mot mat khau khac\n")
        d.start()
        for headers in ({}, basic("lan", "sai roi sai roi"), basic("an", PASSWORD), basic("lan", ""), {"Authorization": "Basic x"}):
            status, _, got = d.request("GET", "/practice", headers=headers)
            self.assertEqual(status, 401)
            self.assertIn("Basic", got["WWW-Authenticate"])
        self.until_checked(d, basic("lan", PASSWORD))
        self.assertEqual(self.ask(d, "begin", headers=basic("lan", PASSWORD))[0], 200)
        self.assertEqual(self.ask_plain(d), 401)
        # from elsewhere, behind a proxy
        away = {**basic("lan", PASSWORD), "Host": "hotline.example", "X-Forwarded-For": "192.0.2.7"}
        self.assertEqual(d.request("GET", "/practice", headers=away)[0], 200)

        d.ctl("passwd", "lan", stdin="mot mat khau moi\n")
        d.reload()
        self.assertEqual(self.settled(d, basic("lan", PASSWORD)), 401)
        self.until_checked(d, basic("lan", "mot mat khau moi"))
        self.until_checked(d, basic("minh", "mot mat khau khac"))
        lines = (d.dir / "conf" / "secrets" / "trainers").read_text().splitlines()
        self.assertEqual(sorted(x.split(":")[0] for x in lines), ["lan", "minh"])

    def ask_plain(self, d):
        return d.request("POST", "/practice/api/begin", "{}", JSON)[0]

    def settled(self, d, headers):
        """The status once it is checked at all."""
        end = time.time() + 10
        while (status := d.request("GET", "/practice", headers=headers)[0]) == 429 and time.time() < end:
            time.sleep(0.05)
        return status

    def until_checked(self, d, headers):
        self.assertEqual(self.settled(d, headers), 200)

    def test_a_flood_of_guesses(self):
        """Most are not even checked; who was let in goes on; the line of the phones is as quick as ever."""
        d = self.prepare('practice = "login";\n')
        d.ctl("passwd", "lan", stdin=PASSWORD + "\n")
        d.start()
        self.until_checked(d, basic("lan", PASSWORD))
        began = time.time()
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda n: d.request("GET", "/practice", headers=basic("lan", f"doan lan thu {n}"))[0], range(200)))
        seconds = time.time() - began
        self.assertLessEqual(set(statuses), {401, 429, 503})
        self.assertIn(429, statuses)
        self.assertLessEqual(statuses.count(401), 4 + 4 * (seconds + 1))
        self.assertEqual(d.request("GET", "/practice", headers=basic("lan", PASSWORD))[0], 200)
        self.assertEqual(d.sms("+84000000602", "2", "f1")[0], 200)

    # ---- hotlinectl passwd ----

    def test_passwd_refuses(self):
        d = self.prepare("")
        for name, typed, want in (("lan", "ngan qua\n", "shorter than 12"), ("lan", "", "no password"), ("la:n", PASSWORD, "a name has"),
                                  ("lan", "x" * 300 + "\n", "longer than 256")):
            p = d.ctl("passwd", name, stdin=typed, check=False)
            self.assertEqual(p.returncode, 1)
            self.assertIn(want, p.stderr)
        self.assertFalse((d.dir / "conf" / "secrets" / "officers").exists())
        self.assertEqual(d.ctl("passwd", check=False).returncode, 2)
        self.assertEqual(d.ctl("passwd", "a", "b", check=False).returncode, 2)

    def test_passwd_at_a_terminal(self):
        """Asked twice, shown never."""
        d = self.prepare("")
        seen, code = self.at_a_terminal(d, PASSWORD, PASSWORD)
        self.assertEqual(code, 0, seen)
        self.assertNotIn("khau", seen)
        self.assertIn("Once more", seen)
        before = (d.dir / "conf" / "secrets" / "officers").read_text()
        self.assertRegex(before, r"\Alan:\$argon2id\$v=19\$m=16384,t=3,p=1\$[^\n]+\n\Z")
        seen, code = self.at_a_terminal(d, "another long one", "another long two")
        self.assertEqual(code, 1)
        self.assertIn("differ", seen)
        seen, code = self.at_a_terminal(d, PASSWORD, "\x03")
        self.assertEqual(code, 1)
        self.assertIn("broken off", seen)
        self.assertEqual((d.dir / "conf" / "secrets" / "officers").read_text(), before)

    def at_a_terminal(self, d, *typed):
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(d.build / "hotlinectl", ["hotlinectl", "-c", str(d.conf), "passwd", "lan"])
        seen, waiting = "", list(typed)
        end = time.time() + 30
        prompts = ["at least 12 characters: ", "Once more: "]
        while True:
            if not select.select([terminal], [], [], max(0, end - time.time()))[0]:
                os.kill(pid, signal.SIGKILL)
                self.fail(f"it waits for ever: {seen}")
            try:
                chunk = os.read(terminal, 4096)
            except OSError:  # the other end is closed
                break
            if not chunk:
                break
            seen += chunk.decode()
            if waiting and seen.endswith(prompts[-len(waiting)]):
                os.write(terminal, (waiting.pop(0) + "\n").encode())
        self.assertTrue(termios.tcgetattr(terminal)[3] & termios.ECHO, "the terminal shows what is typed again")
        os.close(terminal)
        return seen, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
