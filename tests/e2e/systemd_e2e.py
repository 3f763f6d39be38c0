"""The units: clean, tight, and the daemon keeps its side of them. It is run here as systemd would run it."""
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from hotlined_test import ROOT, Daemon, build_dir

PHONE = "+84000000401"
MOST_EXPOSURE = 1.5


def render(to, sysconfdir="/etc"):
    """What `make install` makes of the units."""
    to.mkdir(exist_ok=True)
    text = (ROOT / "systemd" / "hotlined.service.in").read_text()
    text = text.replace("@BINDIR@", str(pathlib.Path(build_dir()).resolve())).replace("@SYSCONFDIR@", str(sysconfdir))
    (to / "hotlined.service").write_text(text)
    shutil.copy(ROOT / "systemd" / "hotlined.socket", to)
    return to / "hotlined.service"


def settings(unit, key):
    return [x.split("=", 1)[1] for x in unit.read_text().splitlines() if x.startswith(key + "=")]


class Service(Daemon):
    """The daemon started by the unit's own command, with what systemd gives it: a socket to tell its state to, a
    watchdog, sockets to listen on, credentials."""

    def __init__(self):
        super().__init__(build_dir())
        self.known = {p.name: p.read_text().strip() for p in (self.dir / "conf" / "secrets").iterdir()}
        (self.dir / "hotlined").symlink_to("conf")
        self.unit = render(self.dir / "unit", self.dir)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(self.dir / "notify"))
        self.notify.settimeout(20)
        self.env = {**os.environ, "NOTIFY_SOCKET": str(self.dir / "notify")}
        self.listener = None

    def secret(self, name):
        return getattr(self, "known", {}).get(name) or super().secret(name)

    def give_socket(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.own_port, self.port = self.port, self.listener.getsockname()[1]
        self.env["LISTEN_FDS"] = "1"

    def give_credentials(self):
        """As systemd lays out LoadCredential=: a file of a folder is called ID_NAME, the mode shows the ACL."""
        at = self.dir / "credentials"
        at.mkdir(mode=0o700)
        for value in settings(self.unit, "LoadCredential"):
            name, path = value.split(":")
            source = pathlib.Path(path)
            for file in source.iterdir() if source.is_dir() else [source]:
                copy = at / (f"{name}_{file.name}" if source.is_dir() else name)
                copy.write_bytes(file.read_bytes())
                copy.chmod(0o440)
        shutil.rmtree(self.dir / "conf" / "secrets")
        self.env["CREDENTIALS_DIRECTORY"] = str(at)
        return at

    def start(self):
        # the ids of the daemon's own process are known only to the process itself
        # (a shell may know descriptors of one digit only, so the socket comes as its input)
        given = " 3<&0 </dev/null" if self.listener else ""
        script = f'export LISTEN_PID=$$ WATCHDOG_PID=$$; exec "$@"{given}'
        command = ["sh", "-c", script, "sh", *shlex.split(settings(self.unit, "ExecStart")[0])]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stderr=log, stdout=log, env=self.env, stdin=self.listener or subprocess.DEVNULL
            )
        self.told("READY=1")
        return self

    def told(self, line):
        """Waits until the daemon tells this line; returns all that it told."""
        lines = []
        while line not in lines:
            try:
                lines += self.notify.recv(4096).decode().splitlines()
            except TimeoutError:
                raise AssertionError(f"no {line} after {lines}: {self.log.read_text()[-3000:]}") from None
        return lines

    def check_config(self):
        """The first command of ExecReload=."""
        command = shlex.split(settings(self.unit, "ExecReload")[0].lstrip("+"))
        return subprocess.run(command, env=self.env, capture_output=True, text=True, timeout=60)

    def end(self):
        code = self.stop()
        log = self.log.read_text()
        assert code == 0, f"hotlined ended with {code}: {log[-2000:]}"
        assert "ERROR: " not in log and "runtime error" not in log, log[-4000:]

    def close(self):
        self.notify.close()
        if self.listener:
            self.listener.close()
        super().close()


class Units(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hotlined-"))
        self.unit = render(self.dir)

    def tearDown(self):
        shutil.rmtree(self.dir)

    def analyze(self, *args):
        return subprocess.run(
            ["systemd-analyze", *args], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60
        )

    def test_verify_finds_nothing(self):
        """The manual pages it names are there only once installed."""
        p = self.analyze("verify", "--man=no", self.unit, self.dir / "hotlined.socket")
        self.assertEqual((p.returncode, p.stdout), (0, ""))

    def test_exposure_is_small(self):
        p = self.analyze("security", "--no-pager", "--offline=true", self.unit)
        found = re.search(r"Overall exposure level for hotlined\.service: ([0-9.]+)", p.stdout)
        self.assertTrue(found, p.stdout)
        self.assertLessEqual(float(found[1]), MOST_EXPOSURE, p.stdout)

    def test_nothing_is_left_to_fill_in(self):
        self.assertNotIn("@BINDIR@", self.unit.read_text())
        self.assertNotIn("@SYSCONFDIR@", self.unit.read_text())


class Running(unittest.TestCase):
    def setUp(self):
        self.d = Service()

    def tearDown(self):
        self.d.close()

    def test_it_tells_systemd_how_it_is(self):
        """Ready, alive as long as it moves, reloading and ready again, stopping."""
        d = self.d
        d.env["WATCHDOG_USEC"] = "600000"
        d.start()
        self.assertEqual(d.get("/readyz")[0], 200)
        began = time.time()
        for _ in range(4):
            d.told("WATCHDOG=1")
        self.assertLess(time.time() - began, 4 * 0.6)
        for old, new, event in (("= 8", "= 7", "stamp="), ("= 7", "= none", 'what="refused')):
            d.edit("network/policy.conf", "max_offers " + old, "max_offers " + new)
            d.process.send_signal(signal.SIGHUP)
            lines = d.told("RELOADING=1")
            self.assertNotIn("READY=1", lines)
            d.told("READY=1")
            self.assertIn("event=reload " + event, d.log.read_text())
        d.process.send_signal(signal.SIGTERM)
        d.told("STOPPING=1")
        d.end()

    def test_it_answers_on_a_socket_given_to_it(self):
        """Callbacks that come before it runs, and while it is down, wait in the socket and are answered."""
        d = self.d
        d.give_socket()
        for n in (1, 2):
            conn = d.connect()
            conn.request("GET", d.sms_path(PHONE, "xin chao", f"f{n}"))
            d.start()
            r = conn.getresponse()
            self.assertEqual(r.status, 200)
            self.assertTrue(r.read())
            conn.close()
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", d.own_port), timeout=5)
            self.assertEqual(d.get("/readyz")[0], 200)
            d.end()

    def test_secrets_come_as_credentials(self):
        """No folder of secrets: keys, tokens and the store's key are all read from what systemd loaded."""
        d = self.d
        d.give_credentials()
        d.start()
        status, reply = d.sms(PHONE, "CUU Chieng Son", "g1")
        self.assertEqual(status, 200)
        self.assertIn("113", reply)
        alert = next(iter(d.receiver.wait(1).values()))["data"]
        self.assertEqual(d.answer(alert["referral"], "accept", alert["collaborator"])[0], 200)

    def test_the_reload_command_tests_the_configuration(self):
        d = self.d
        at = d.give_credentials()
        self.assertEqual(d.check_config().returncode, 0)
        token = at / "secrets_kannel-token"
        token.rename(at / "kannel-token")  # loaded by a LoadCredential= of its own
        self.assertEqual(d.check_config().returncode, 0)
        (at / "kannel-token").chmod(0o444)
        p = d.check_config()
        self.assertEqual(p.returncode, 1)
        self.assertIn("others can read secret \"kannel-token\"", p.stderr)
        (at / "kannel-token").unlink()
        p = d.check_config()
        self.assertEqual(p.returncode, 1)
        self.assertRegex(p.stderr, "\"kannel-token\" cannot be read from .*/secrets: .* restart the service")


if __name__ == "__main__":
    unittest.main()
