"""Through a real Kannel: a phone's SMS goes in at fakesmsc, the answer comes back there, the alert goes out.

Debian's packages kannel and kannel-extras. bearerbox is started first, its admin port waited for, then smsbox (without
an smsbox-id, or it would get nothing; its port is never probed, or it would stay deaf).
"""
import contextlib
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time
import unittest
import urllib.parse
import urllib.request

from hotlined_test import Daemon, build_dir, free_port

CONF = """
group = core
admin-port = {admin}
admin-deny-ip = "*.*.*.*"
admin-allow-ip = "127.0.0.1"
smsbox-port = {box}
admin-password = test
log-level = 1
log-file = "{dir}/bearerbox.log"
store-type = file
store-location = "{dir}/store"

group = smsc
smsc = fake
smsc-id = fake
host = 127.0.0.1
port = {fake}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {sendsms}
log-level = 1
log-file = "{dir}/smsbox.log"

group = sendsms-user
username = hotlined
password = "{password}"
default-smsc = fake
max-messages = 3
concatenation = true

group = sms-service
keyword = default
catch-all = true
max-messages = 3
concatenation = true
omit-empty = true
accept-x-kannel-headers = true
get-url = "http://127.0.0.1:{port}/in/kannel/sms?token={token}&from=%p&to=%P&text=%b&id=%I&coding=%c&charset=%C&ts=%T"
"""


def fakesmsc_path():
    return shutil.which("fakesmsc") or next(
        (str(p) for p in pathlib.Path("/usr/lib/kannel").rglob("fakesmsc")), None
    )


DELIVERED = 2  # of enum dlr_status


class Kannel:
    def __init__(self, daemon):
        self.d, self.dir, self.procs, self.phone = daemon, daemon.dir, [], None
        self.admin, self.box, self.fake = free_port(), free_port(), free_port()
        conf = CONF.format(
            admin=self.admin, box=self.box, fake=self.fake, dir=self.dir, sendsms=daemon.sendsms_port, port=daemon.port,
            token=daemon.secret("kannel-token"), password=daemon.secret("kannel-password"),
        )
        (self.dir / "kannel.conf").write_text(conf)
        self.run("/usr/sbin/bearerbox", "-v", "4", str(self.dir / "kannel.conf"))
        self.wait_admin("")
        self.run("/usr/sbin/smsbox", "-v", "4", str(self.dir / "kannel.conf"))
        self.wait_admin("Box connections")

    def run(self, *args, out=None):
        p = subprocess.Popen(args, stdout=out or subprocess.DEVNULL, stderr=subprocess.STDOUT)
        self.procs.append(p)
        return p

    def wait_admin(self, want):
        end = time.time() + 20
        url = f"http://127.0.0.1:{self.admin}/status.txt?password=test"
        while time.time() < end:
            try:
                text = urllib.request.urlopen(url, timeout=2).read().decode()
                if "" == want or ("smsbox" in text and "IP" in text):
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise AssertionError("Kannel does not start: " + (self.dir / "bearerbox.log").read_text()[-2000:])

    def say(self, message, name):
        """One message from a phone; returns where what the phone receives is written."""
        log = self.dir / f"{name}.log"
        if self.phone:  # the fake SMSC takes one connection at a time
            self.phone.terminate()
            self.phone.wait()
        with log.open("wb") as out:
            self.phone = self.run(fakesmsc_path(), "-H", "127.0.0.1", "-r", str(self.fake), "-i", "1", "-m", "1", message, out=out)
        return log

    def close(self):
        for p in reversed(self.procs):
            if p.poll() is None:
                p.send_signal(signal.SIGTERM)
        for p in self.procs:
            try:
                p.wait(timeout=8)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()


@unittest.skipUnless(fakesmsc_path(), "kannel-extras is not installed")
class ThroughKannel(unittest.TestCase):
    def setUp(self):
        self.d = Daemon(build_dir()).start()
        self.k = Kannel(self.d)

    def tearDown(self):
        self.k.close()
        self.d.close()

    def wait_text(self, log, want, seconds=15):
        end = time.time() + seconds
        while time.time() < end:
            text = urllib.parse.unquote(log.read_bytes().decode("latin-1").replace("+", " ")).replace("\0", "")
            if want in text:
                return text
            time.sleep(0.1)
        self.fail(f"{want!r} did not come back: {log.read_bytes()[-1500:]!r}")

    def test_plain_and_ucs2(self):
        """CUU Chieng Son plain, and Cứu Chiềng Sơn in UCS-2: answers, alerts, acceptance by SMS, one journal."""
        plain = self.k.say("+84000000401 8099 text CUU Chieng Son", "plain")
        self.wait_text(plain, "113")
        ucs2 = "".join(f"%{b:02x}" for b in "Cứu Chiềng Sơn".encode("utf-16-be"))
        accents = self.k.say(f"+84000000402 8099 ucs2 {ucs2}", "ucs2")
        self.wait_text(accents, "113")
        alerts = self.d.receiver.wait(2)
        self.assertEqual(len(alerts), 2)
        self.assertEqual(self.d.receiver.bad, 0)
        for a in alerts.values():
            self.assertEqual(a["data"]["place"]["code"], "03985")
        self.d.ctl("journal", "verify")
        self.assertIn('"referrals":\t2', self.d.ctl("report", "--from", "2026-01-01", "--to", "2100-01-01").stdout)

    def test_acceptance_comes_back_as_sms(self):
        """Who chose an answer by SMS gets the code word through sendsms once somebody accepted."""
        self.k.say("+84000000403 8099 text CUU Chieng Son", "one")
        alert = next(iter(self.d.receiver.wait(1).values()))["data"]
        self.k.say("+84000000403 8099 text 1", "two")
        end = time.time() + 10
        while time.time() < end and not self.d.rows(kind="mo", state="danger_consent"):
            time.sleep(0.1)
        phone = self.k.say("+84000000499 8099 text xin chao", "phone")  # a phone that stays connected
        status, body, _ = self.d.answer(alert["referral"], "accept", alert["collaborator"])
        self.assertEqual(status, 200, body)
        end = time.time() + 15
        while time.time() < end and not self.d.rows(kind="send", note="mt", event="delivered"):
            time.sleep(0.1)
        self.assertTrue(self.d.rows(kind="send", note="mt", event="delivered"), self.d.logged()[-800:])
        self.wait_text(phone, "Tu nhan ra nhau")

    def test_receipts_tell_that_it_was_delivered(self):
        """Answers go out by sendsms, and Kannel's receipts move them from sent to delivered, by our own id."""
        self.d.edit("aggregators/kannel.conf", 'reply = {\n        text = "{text}";', "reply = {")
        self.assertIn("event=reload", self.d.reload())
        phone = self.k.say("+84000000405 8099 text CUU Chieng Son", "receipts")
        self.wait_text(phone, "113")
        end = time.time() + 15
        while time.time() < end and not self.d.rows(kind="dlr", event="delivered"):
            time.sleep(0.1)
        while time.time() < end and not self.d.rows(kind="dlr", event="sent"):
            time.sleep(0.1)
        events = {r["event"] for r in self.d.rows(kind="dlr")}
        self.assertEqual(events, {"sent", "delivered"})  # Kannel may tell the second before the first
        with contextlib.closing(sqlite3.connect(self.d.dir / "hotlined.db")) as db:
            self.assertEqual(db.execute("SELECT status FROM mt").fetchall(), [(DELIVERED,)])
        self.assertEqual(len(self.d.rows(kind="mt")), 1)
        self.assertEqual(self.d.metric("receipts_unknown_total"), 0)
        self.d.ctl("journal", "verify")


if __name__ == "__main__":
    unittest.main()
