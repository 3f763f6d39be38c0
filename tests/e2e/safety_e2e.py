"""The safety of the person, statement by statement: docs/safety.md says what each number means and what tests it."""
import json
import pathlib
import re
import unittest

from hotlined_test import ROOT, Daemon, build_dir

NUMBERS = range(1, 26)
PERIOD = ("report", "--from", "2026-01-01", "--to", "2100-01-01")


class EveryStatement(unittest.TestCase):
    def test_each_has_a_test_that_names_it(self):
        """Each number stands in docs/safety.md, and in the name of a conversation or the first words of a test."""
        said = (ROOT / "docs" / "safety.md").read_text()
        tests = [*(ROOT / "tests" / "unit").glob("*.c"), *(ROOT / "tests" / "e2e").glob("*.py")]
        conversations = (ROOT / "tests" / "conversations").glob("safety-*.talk")
        named = "\n".join([p.read_text() for p in tests] + [p.name for p in conversations])
        for n in NUMBERS:
            self.assertRegex(said, rf"(?m)^\| {n} \|", f"docs/safety.md lacks {n}")
            self.assertRegex(named, rf"[Ss]afety[ -]0?{n}\b", f"no test names {n}")


class Texts(unittest.TestCase):
    """What an administrator could write that would hurt somebody is refused with its place."""

    def setUp(self):
        self.d = Daemon(build_dir())
        self.addCleanup(self.d.close)

    def refused(self, *says):
        p = self.d.ctl("check", check=False)
        self.assertEqual(p.returncode, 1, p.stdout + p.stderr)
        for word in says:
            self.assertIn(word, p.stdout)

    def test_a_telling_word_before_a_need_was_named(self):
        """Safety 1: in any language, in any state, on any channel."""
        self.d.edit("lang/vi-accented.conf", "Chào bạn. Trả lời số:", "Chào bạn, công an đây. Trả lời số:")
        self.refused("vi-accented.conf:", "opening", "cong an")

    def test_a_telling_sender(self):
        """Safety 2: who messages are from is neutral, and so is the opening line; both are settings."""
        with self.d.conf.open("a") as f:
            f.write('mt_sender = "Hotline";\n')
        self.refused("mt_sender")
        self.d.edit("hotlined.conf", '"Hotline"', '"Ban be"')
        self.d.edit("lang/vi.conf", "Chao ban. Tra loi so:", "A lo. Tra loi so:")
        self.d.start()
        self.assertTrue(self.d.sms("+84000000901", "xin", "a1")[1].startswith("A lo."))

    def test_a_sentence_too_long_to_be_read_aloud(self):
        """Safety 18: at most twenty words."""
        self.d.edit("lang/vi.conf", "Chua co viec nao.", " ".join(f"mot{n}" for n in range(21)) + ".")
        self.refused("vi.conf:", "nothing_open", "20 words")

    def test_a_text_that_is_missing(self):
        """Safety 19: every text in every language that is switched on."""
        english = self.d.dir / "conf" / "lang" / "en.conf"
        english.write_text(re.sub(r"(?m)^ *self_help = .*$", "", english.read_text()))
        self.refused("en.conf:", "self_help")


class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.d = Daemon(build_dir(), 'link_base = "https://staff.example/r/";\n').start()

    @classmethod
    def tearDownClass(cls):
        cls.d.close()

    def offered(self, number, key):
        self.d.sms(number, "CUU Chieng Son", key)
        ref = self.d.rows(kind="referral", event="opened")[-1]["referral"]
        return ref, self.d.rows(kind="referral", event="offered", referral=ref)[-1]["collaborator"]

    def test_a_link_opens_nothing_by_itself(self):
        """Safety 15: it names one referral and no more; who finds it gets nothing, and a decline is for good."""
        ref, who = self.offered("+84000000902", "l1")
        alerts = self.d.receiver.wait(len(self.d.rows(kind="referral", event="offered")))
        alert = next(a for a in alerts.values() if a["data"]["referral"] == ref)
        self.assertEqual(alert["data"]["link"], "https://staff.example/r/" + ref)
        self.assertEqual(self.d.get("/r/" + ref)[0], 404)
        body = json.dumps({"collaborator": who})
        for headers in ({}, {"Authorization": "Bearer " + ref}, {"Authorization": "Bearer "}):
            status, said, _ = self.d.request(
                "POST", f"/api/v1/referrals/{ref}/accept", body, {"Content-Type": "application/json", **headers}
            )
            self.assertEqual(status, 401)
            self.assertNotIn("84000000902", said)
        self.assertEqual(self.d.answer(ref, "decline", who)[0], 200)
        status, said, _ = self.d.answer(ref, "accept", who)
        self.assertEqual(status, 409)
        self.assertNotIn("84000000902", said)

    def test_nothing_she_sends_is_written_in_clear(self):
        """Safety 22: no log, metric, error page, export, core dump or store holds her number or her words."""
        number, words = "+84000000903", "toi bi danh tim bam o san sau"
        self.assertEqual(self.d.sms(number, words, "s1")[0], 200)
        good = self.d.sms_path(number, words, "s2")
        said = [self.d.get(good)[1]]
        for broken in (
            self.d.sms_path(number, words, "s3", token="wrong"),
            good.replace("from=", "form="),
            good.replace("charset=UTF-8", "charset=KLINGON"),
            good.replace("/sms?", "/nothing?"),
            good + "%",
        ):
            said.append(self.d.get(broken)[1])
        said += [self.d.get("/metrics")[1], self.d.log.read_text()]
        said += [self.d.ctl("journal", *args).stdout for args in (("tail", "-n", "50"), ("export",))]
        for text in said:
            self.assertNotIn("84000000903", text)
            self.assertNotIn("tim bam", text)
        limits = pathlib.Path(f"/proc/{self.d.process.pid}/limits").read_text()
        self.assertRegex(limits, r"Max core file size\s+0\s+0")
        stored = b"".join(p.read_bytes() for p in self.d.dir.glob("hotlined.db*"))
        self.assertGreater(len(stored), 0)
        self.assertNotIn(b"84000000903", stored)
        self.assertNotIn(b"tim bam", stored)

    def test_nobody_marks_a_drill_from_outside(self):
        """Safety 23: whatever a request says of itself, it counts and alerts."""
        path = self.d.sms_path("+84000000904", "CUU Chieng Son", "d1") + "&drill=1"
        self.assertEqual(self.d.request("GET", path, headers={"X-Drill": "1"})[0], 200)
        ref = self.d.rows(kind="referral", event="opened")[-1]["referral"]
        alerts = self.d.receiver.wait(len(self.d.rows(kind="referral", event="offered")))
        self.assertIn(ref, [a["data"]["referral"] for a in alerts.values()])
        self.assertFalse([r for r in self.d.rows() if r.get("drill")])

    def test_a_look_at_her_number_is_counted(self):
        """Safety 25: a row of the journal for each, and the sum in the report."""
        ref, who = self.offered("+84000000905", "c1")
        self.d.sms("+84000000905", "3", "c2")
        self.d.sms("+84000000905", "1", "c3")
        before = json.loads(self.d.ctl(*PERIOD).stdout)
        status, said, _ = self.d.answer(ref, "accept", who)
        self.assertEqual(status, 200)
        self.assertIn("84000000905", said)
        (row,) = self.d.rows(kind="access", referral=ref)
        self.assertEqual(row["collaborator"], who)
        after = json.loads(self.d.ctl(*PERIOD).stdout)
        self.assertEqual(after["data_quality"]["staff_accesses"], before["data_quality"]["staff_accesses"] + 1)


if __name__ == "__main__":
    unittest.main()
