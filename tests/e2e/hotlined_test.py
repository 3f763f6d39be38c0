"""Starts the real daemon on a copy of the example configuration, for the end-to-end tests."""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

from receiver import Receiver

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Daemon:
    def __init__(self, build, settings=None):
        self.build = pathlib.Path(build).resolve()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hotlined-"))
        self.port, self.sendsms_port = free_port(), free_port()
        self.conf = self.dir / "conf" / "hotlined.conf"
        shutil.copytree(ROOT / "conf", self.dir / "conf", ignore=shutil.ignore_patterns("secrets"))
        self.edit("hotlined.conf", "/var/lib/hotlined", str(self.dir))
        self.edit("hotlined.conf", "127.0.0.1:8080", f"127.0.0.1:{self.port}")
        self.edit("aggregators/kannel.conf", "127.0.0.1:13013", f"127.0.0.1:{self.sendsms_port}")
        self.edit("aggregators/kannel.conf", "127.0.0.1:8080", f"127.0.0.1:{self.port}")
        with self.conf.open("a") as f:
            f.write('send_backoff = "100ms";\nsend_backoff_cap = "1s";\n' + (settings or ""))
        self.ctl("keygen")
        self.receiver = Receiver(self.secret("webhook-example"))
        self.edit("network/endpoints.conf", "127.0.0.1:8099", f"127.0.0.1:{self.receiver.port}")
        self.process = None
        self.log = self.dir / "log"

    def secret(self, name):
        return (self.dir / "conf" / "secrets" / name).read_text().strip()

    def edit(self, name, old, new):
        path = self.dir / "conf" / name
        text = path.read_text()
        assert old in text, f"{name} does not hold {old}"
        path.write_text(text.replace(old, new))

    def ctl(self, *args, check=True, stdin=None):
        p = subprocess.run(
            [self.build / "hotlinectl", "-c", self.conf, *args], capture_output=True, text=True, input=stdin, timeout=120
        )
        if check and p.returncode != 0:
            raise AssertionError(f"hotlinectl {args}: {p.returncode}\n{p.stdout}\n{p.stderr}")
        return p

    def start(self):
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([self.build / "hotlined", "-c", self.conf], stderr=log, stdout=log)
        end = time.time() + 30
        while time.time() < end:
            if self.process.poll() is not None:
                raise AssertionError(f"hotlined ended: {self.log.read_text()[-3000:]}")
            try:
                if self.get("/readyz")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.02)
        raise AssertionError(f"hotlined is not ready: {self.log.read_text()[-3000:]}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=30)
        return self.process.returncode if self.process else None

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()
        self.receiver.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def reload(self):
        before = self.log.read_text().count("event=reload")
        self.process.send_signal(signal.SIGHUP)
        end = time.time() + 10
        while time.time() < end and self.log.read_text().count("event=reload") == before:
            time.sleep(0.02)
        return self.log.read_text()

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)

    def request(self, method, path, body=None, headers=None, conn=None):
        c = conn or self.connect()
        try:
            c.request(method, path, body, headers or {})
        except (BrokenPipeError, ConnectionResetError):
            if not body or c.sock is None:  # never connected
                raise
            # refused and closed before all of the body was sent: the answer is there to be read
        r = c.getresponse()
        data = r.read()
        if conn is None:
            c.close()
        return r.status, data.decode("utf-8", "replace"), dict(r.getheaders())

    def get(self, path, conn=None):
        return self.request("GET", path, conn=conn)

    def sms_path(self, sender, text, message_id, charset="UTF-8", token=None):
        raw = text.encode("utf-16-be") if charset == "UTF-16BE" else text.encode()
        q = {"token": token or self.secret("kannel-token"), "from": sender, "to": "8099", "id": message_id}
        q.update({"coding": "2" if charset == "UTF-16BE" else "0", "charset": charset, "ts": str(int(time.time()))})
        return "/in/kannel/sms?" + urllib.parse.urlencode(q) + "&text=" + urllib.parse.quote(raw)

    def sms(self, sender, text, message_id, charset="UTF-8", conn=None):
        status, body, _ = self.get(self.sms_path(sender, text, message_id, charset), conn)
        return status, body

    def ussd(self, sender, session, answers, extra=None):
        form = {"sessionId": session, "serviceCode": "*384*1800#", "phoneNumber": sender, "networkCode": "1"}
        if answers is not None:
            form["text"] = "*".join(answers)
        form.update(extra or {})
        status, body, _ = self.request(
            "POST",
            "/in/africastalking/ussd?token=" + self.secret("africastalking-token"),
            urllib.parse.urlencode(form),
            {"Content-Type": "application/x-www-form-urlencoded"},
        )
        return status, body

    def answer(self, referral, verb, collaborator, **more):
        return self.request(
            "POST",
            f"/api/v1/referrals/{referral}/{verb}",
            json.dumps({"collaborator": collaborator, **more}),
            {"Content-Type": "application/json", "Authorization": "Bearer " + self.secret("answers-example")},
        )

    def rows(self, **want):
        rows = [json.loads(x) for x in self.ctl("journal", "export").stdout.splitlines()]
        return [r for r in rows if all(r.get(k) == v for k, v in want.items())]

    def metric(self, name):
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(f"hotlined_{name} "):
                return float(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def logged(self):
        return re.sub(r"\s+", " ", self.log.read_text())


def build_dir():
    return os.environ.get("HOTLINED_BUILD", str(ROOT / "build" / "check"))
