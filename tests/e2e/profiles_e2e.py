"""Every recorded case of every aggregator goes through the profiles that are shipped: hotlinectl profile test."""
import json
import pathlib
import subprocess
import unittest

from hotlined_test import ROOT, Daemon, build_dir

CASES = ROOT / "tests" / "vectors" / "aggregators.jsonl"
PROFILES = sorted((ROOT / "conf" / "aggregators").glob("*.conf"))


def profile_test(*args):
    return subprocess.run(
        [pathlib.Path(build_dir()).resolve() / "hotlinectl", *args], capture_output=True, text=True, timeout=300, cwd=ROOT
    )


class Corpus(unittest.TestCase):
    def test_every_case_passes_through_exactly_one_profile(self):
        p = profile_test("--json", "profile", "test", *PROFILES, CASES)
        played = [json.loads(x) for x in p.stdout.split("\n") if x]
        cases = [json.loads(x) for x in CASES.read_text(encoding="utf-8").split("\n") if x]
        failed = [x for x in played if x["result"] == "FAILED"]
        self.assertEqual(failed, [], p.stderr)
        self.assertEqual(p.returncode, 0, p.stderr)
        key = lambda x: (x["aggregator"], x["kind"], x["case"])  # noqa: E731
        self.assertEqual(sorted(map(key, played)), sorted(map(key, cases)))
        differ = [x for x in played if x["result"] == "differs"]
        self.assertLessEqual(len(differ), len(cases) * 2 // 100, [key(x) for x in differ])
        self.assertTrue(all(x["why"] for x in differ))

    def test_a_profile_that_does_otherwise_is_found(self):
        """The table is no formality: break a profile in several ways, and each time cases fail."""
        d = Daemon(build_dir())
        self.addCleanup(d.close)
        path = d.dir / "conf" / "aggregators" / "africastalking.conf"
        whole = path.read_text()
        for old, new in (
            ('sender = [ "phoneNumber" ]', 'sender = [ "networkCode" ]'),
            ('message = "{text}"', 'message = "{from}"'),
            ('"Success" ]; means = "delivered"', '"Success" ]; means = "sent"'),
            ('"!text" ]; means = "begin"', '"!text" ]; means = "end"'),
            ("SMSMessageData.Recipients.0.messageId", "SMSMessageData.Recipients.0.id"),
        ):
            self.assertIn(old, whole)
            path.write_text(whole.replace(old, new))
            p = profile_test("profile", "test", path, CASES)
            self.assertEqual(p.returncode, 1, old)
            self.assertIn("FAILED", p.stdout, old)
        path.write_text(whole.replace("corpus = {", 'corpus = { differs = ( { if = [ "case=Throttled" ]; why = "x"; } );'))
        p = profile_test("profile", "test", path, CASES)
        self.assertEqual(p.returncode, 1)
        self.assertIn("take it off the list", p.stdout)

    def test_wrong_use_is_told(self):
        self.assertEqual(profile_test("profile").returncode, 2)
        self.assertEqual(profile_test("profile", "test", PROFILES[0]).returncode, 2)
        self.assertEqual(profile_test("profile", "test", PROFILES[0], "/nonexistent").returncode, 1)
        p = profile_test("profile", "test", CASES, CASES)
        self.assertEqual(p.returncode, 1)
        self.assertIn("aggregators.jsonl:1: error:", p.stderr)


class Decode(unittest.TestCase):
    def test_a_request_on_standard_input(self):
        d = Daemon(build_dir())
        self.addCleanup(d.close)
        form = "sessionId=s1&serviceCode=*384%23&phoneNumber=%2B84000000001&networkCode=1&text=1*2"
        head = "POST /in/africastalking/ussd{} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"
        args = ("decode", "--aggregator", "africastalking", "--kind", "ussd")
        p = d.ctl(*args, stdin=head.format("?token=" + d.secret("africastalking-token")) + form)
        self.assertEqual(
            json.loads(p.stdout),
            {"kind": "ussd", "accepted": True, "session_id": "s1", "event": "continue", "sender": "+84000000001",
             "service_code": "*384#", "input": "2"},
        )  # fmt: skip
        p = d.ctl(*args, stdin=head.format("") + form, check=False)
        self.assertEqual((p.returncode, json.loads(p.stdout)["status"]), (1, 401))
        p = d.ctl(*args, "--unsigned", stdin=head.format("") + form)
        self.assertEqual(json.loads(p.stdout)["input"], "2")

    def test_requests_that_would_go_out(self):
        d = Daemon(build_dir())
        self.addCleanup(d.close)
        p = d.ctl("send", "--aggregator", "kannel", "--to", "+84000000001", "--from", "8099", "--text", "Chào bạn", "--dry-run")
        out = [json.loads(x) for x in p.stdout.splitlines()]
        self.assertEqual(len(out), 1)
        self.assertEqual(set(out[0]), {"method", "url", "headers", "body"})
        self.assertIn("coding=2", out[0]["url"])
        self.assertIn("text=Ch%C3%A0o%20b%E1%BA%A1n", out[0]["url"])


if __name__ == "__main__":
    unittest.main()
