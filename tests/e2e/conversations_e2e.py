"""Scripted conversations: those of tests/conversations hold, and what does not hold is found."""
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from hotlined_test import ROOT, build_dir

FOLDER = ROOT / "tests" / "conversations"


def rehearse(*args):
    """On the example as it is, which has no secrets."""
    return subprocess.run(
        [pathlib.Path(build_dir()).resolve() / "hotlinectl", "-c", "conf/hotlined.conf", *args],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )


class Conversations(unittest.TestCase):
    """One case a file, all played in one go."""

    @classmethod
    def setUpClass(cls):
        said = rehearse("--json", "rehearse", "tests/conversations").stdout
        cls.results = {x["file"]: x for x in map(json.loads, said.splitlines())}


def case(path):
    def test(self):
        result = self.results.get(f"tests/conversations/{path.name}")
        self.assertIsNotNone(result, "was not played")
        self.assertTrue(result["passed"], result.get("failure"))

    test.__doc__ = path.read_text().splitlines()[0].lstrip("# ")
    return test


for path in sorted(FOLDER.glob("*.talk")):
    setattr(Conversations, "test_" + re.sub(r"\W", "_", path.stem), case(path))


class Rehearse(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="talk-")
        self.addCleanup(self.dir.cleanup)

    def play(self, text, *options):
        self.path = pathlib.Path(self.dir.name) / "x.talk"
        self.path.write_text(text) if isinstance(text, str) else self.path.write_bytes(text)
        return rehearse("rehearse", *options, str(self.path))

    def fails(self, text, line, *told):
        p = self.play(text)
        self.assertEqual(p.returncode, 1, p.stdout)
        self.assertIn("0 conversations passed, 1 failed", p.stdout)
        where = f"{self.path}:{line}: "
        self.assertTrue(p.stdout.startswith(where), p.stdout)
        for x in told:
            self.assertIn(x, p.stdout)

    # Each begins with what must hold, so that the last line alone is wrong.
    SHELTER = "> 2\n> Chieng Son\n> 1\n> 1\n> 1\n> 1\n"
    WRONG = [
        ("> 2\n< xa\n< no such words\n", 'expected the answer to hold "no such words", got "Ban dang o xa'),
        ("> 2\n<! nothing\n<! xa\n", 'expected the answer not to hold "xa", got "'),
        ("> thoat\n<= Cam on ban. Tam biet.\n<= Cam on\n", 'to be "Cam on", got "Cam on ban. Tam biet."'),
        ("> 2\nsilence\n", 'to be "", got "Ban dang'),
        ("> 2\nsegments 1\nsegments 0\n", "at most 0 SMS, got 1"),
        ("> *100#\ngoes on\nends\n", "expected the session to end, got one that goes on"),
        ("> *100#\n> 0\nends\ngoes on\n", "expected the session to go on, got one that ended"),
        ("> 2\nends\n", "by USSD, got one by SMS"),
        (SHELTER + "accept\nsms 84\nsms 84\n", 'an SMS that holds "84", got none'),
        (SHELTER + "accept\nno sms\n", "expected no SMS, got"),
        ("> 2\nstate place\nstate children\n", "to have state=children, got state=place"),
        ("> 2\nplace -\nplace 03985\n", "to have place=03985, got place=-"),
        ("> 2\nneed shelter\nneed -\n", "to have need=-, got need=shelter"),
        ("> 2\nlanguage vi\nlanguage en\n", "to have lang=en, got lang=vi"),
        ("> SOS\nsession urgent=yes\nsession urgent=yes consent=yes\n", "to have consent=yes, got consent=-"),
        (SHELTER + "referral none\n", "expected no referral, got one that is offered"),
        ("> 2\nreferral state=offered\n", "expected a referral, got none"),
        (SHELTER + "referral need=shelter urgent=no\nreferral need=shelter urgent=yes\n", "got urgent=no"),
        (SHELTER + "offered ctv-thi-xa-moc-chau-1\noffered truc-1\n", "got offers to ctv-thi-xa-moc-chau-1"),
        (SHELTER + "offered none\n", "expected offers to none, got offers to ctv-thi-xa-moc-chau-1"),
        (SHELTER + "accept\nrefused\n", "to be refused, got none that was"),
        (SHELTER + 'alert "urgency":"normal"\nalert "urgency":"urgent"\n', 'got "{"type":"referral.offered"'),
        (SHELTER + "alert! +999\nalert! shelter\n", "expected no alert that holds"),
        (SHELTER + "alerts 1\nalerts 2\n", "expected 2 alerts, got 1"),
        (SHELTER + "journal referral offered\njournal referral accepted\n", "expected a row"),
        (SHELTER + "journal! referral accepted\njournal! referral offered\n", "expected no row"),
        ("> 2\nerased\n", 'got a session in state "place"'),
        ("< Chao\n", "this phone has not said anything yet"),
        ("> 2\nstate place\n>> again\nstate children\n", "got state=place"),
    ]

    def test_a_wrong_expectation_is_found_with_its_line(self):
        for text, told in self.WRONG:
            with self.subTest(text):
                self.fails(text, text.count("\n"), told)

    def test_the_line_before_the_wrong_one_holds(self):
        for text, _ in self.WRONG:
            right = "".join(text.splitlines(True)[:-1]) + "alert! this is never in it\n"
            with self.subTest(right):
                self.assertEqual(self.play(right).returncode, 0)

    def test_what_must_never_come_is_found_where_it_comes(self):
        self.fails("never CÔNG  AN\n> 2\nstate place\n> sos\nstate danger_place\n", 4, "line 1", "the answer", "113")
        self.fails("> 2\nnever noi nao\n> sos\nphone B\n> 1\nstate danger_place\nphone A\nnever 84000000013\n"
                   "> Chieng Son\n> 1\n> 1\naccept\nno sms\n", 12, "line 8", "the SMS")

    def test_a_refused_answer_must_be_expected(self):
        self.fails(self.SHELTER + "accept truc-1\nalerts 1\nwait 1m\n", 7, "got refused: ")
        self.fails(self.SHELTER + "no sms\nclose helped\n", 8, "got refused: ")
        self.assertEqual(self.play(self.SHELTER + "accept truc-1\nrefused\nwait 1m\n").returncode, 0)

    def test_a_step_that_cannot_be_is_found(self):
        self.fails("channel ussd\n> 2\nstate place\n", 2, "open one with > *100#")
        self.fails("> 2\ncut\nsilence\n", 2, "an open USSD session to cut")
        self.fails(">> again\nsilence\n", 1, "got none yet")
        self.fails("> 2\naccept\nrefused\n", 2, "got none")
        self.fails("lang xx\n> 2\nstate place\n", 1, 'language "xx" is not switched on')
        self.fails("> 2\nlang en\nstate place\n", 2, "has come already")

    BROKEN = [
        ("> 2\nwaits 5m\n", 2, 'did you mean "wait"?'),
        ("> 2\n\n# so\nwait soon\n", 4, 'after "wait" comes a duration such as'),
        ("channel fax\n", 1, 'after "channel" comes sms or ussd'),
        ("phone 7\n", 1, "a letter from A to Z"),
        ("> 2\nat 2026-11-25 02:00\n", 2, "must stand before the first thing that happens"),
        ("at noon\n", 1, "a time such as 2026-11-25 20:00"),
        ("at 2026-13-25 02:00\n", 1, "a time such as"),
        ("> 2\n<\n", 2, "comes a text"),
        ("> 2\nstate\n", 2, "comes one word"),
        (">> later 10m x\n", 1, "no line begins so"),
        (">> late x\n", 1, "comes a duration such as"),
        ("> 2\nalerts some\n", 2, "comes a number"),
        ("> 2\nreferral colour=red\n", 2, "with the keys state need"),
        ("> 2\nsession urgent\n", 2, "with the keys state lang"),
        ("> 2\nsilence please\n", 2, "comes nothing more"),
        (b"> 2\n< caf\xe9\n", 2, "UTF-8"),
    ]

    def test_a_broken_file_is_refused_with_its_line(self):
        for text, line, told in self.BROKEN:
            with self.subTest(text):
                self.fails(text, line, told)

    def test_a_file_that_expects_nothing_or_is_not_there_is_refused(self):
        p = self.play("> 2\n")
        self.assertEqual((p.returncode, p.stdout.count("expects nothing")), (1, 1), p.stdout)
        p = rehearse("rehearse", self.dir.name + "/none.talk")
        self.assertEqual(p.returncode, 1)
        self.assertIn("No such file", p.stdout)
        p = rehearse("rehearse", str(ROOT / "docs"))
        self.assertEqual((p.returncode, p.stdout), (1, "0 conversations passed, 0 failed\n"))

    def test_every_kind_of_line_is_used_in_the_examples(self):
        words = re.search(r"one of: (.*)", self.play("nonsense\n").stdout)[1].split(", ")
        self.assertGreater(len(words), 35)
        lines = [x for path in FOLDER.glob("*.talk") for x in path.read_text().splitlines()]
        for word in words:
            self.assertTrue(any(x == word or x.startswith(word + " ") for x in lines), word)
        reference = (ROOT / "docs" / "conversations.md").read_text()
        for word in words:
            self.assertIn(f"`{word}", reference)

    def test_it_can_be_read_along(self):
        p = self.play(self.SHELTER + "accept\nsms Moc Son\n", "--verbose")
        self.assertEqual(p.returncode, 0, p.stdout)
        for x in ('2026-11-25 20:00:20 A sms "2"', "< Ban dang o xa", "alert to ctv-thi-xa-moc-chau-1",
                  "collaborator ctv-thi-xa-moc-chau-1: accepted", "sms Da co nguoi nhan"):
            self.assertIn(x, p.stdout)

    def test_the_same_bytes_every_time(self):
        text = self.SHELTER + "accept\nwait 1d\n> SOS\nsms Moc Son\n"
        self.assertEqual(self.play(text, "--verbose").stdout, self.play(text, "--verbose").stdout)

    def test_many_are_played_in_well_under_a_second(self):
        """Sixty of the longest, also in a build with sanitizers."""
        longest = max(FOLDER.glob("*.talk"), key=lambda x: x.stat().st_size)
        for i in range(60):
            (pathlib.Path(self.dir.name) / f"{i}.talk").write_text(longest.read_text())
        p = rehearse("rehearse", self.dir.name)
        self.assertIn("60 conversations passed, 0 failed", p.stdout)


class Chat(unittest.TestCase):
    def chat(self, lines, *options):
        return subprocess.run(
            [pathlib.Path(build_dir()).resolve() / "hotlinectl", "-c", "conf/hotlined.conf", "chat", *options],
            cwd=ROOT, capture_output=True, text=True, timeout=60, input="\n".join(lines) + "\n",
        ).stdout

    def test_what_comes_later_is_shown(self):
        said = self.chat(["2", "Chieng Son", "1", "1", "1", "1", "/accept", "/close helped", "/wait 1h", "/bla"])
        self.assertIn("[place, ", said)
        self.assertIn("  [referred, end, 86 septets, 1 segment; refer ended]", said)
        self.assertIn("ctv-thi-xa-moc-chau-1: accepted\nsms Da co nguoi nhan, so +84000000013.", said)
        self.assertIn("ctv-thi-xa-moc-chau-1: closed", said)
        self.assertIn("no command /bla", said)
        self.assertNotIn("journal:", said)

    def test_inside(self):
        said = self.chat(["SOS Chieng Son", "/decline", "/inside", "xoa"], "--inside")
        self.assertIn("  session: state=danger_safe lang=vi need=danger place=03985 urgent=yes", said)
        self.assertIn("    offer to ctv-thi-xa-moc-chau-1 for ta-thi-xa-moc-chau: declined", said)
        self.assertIn('  alert to ctv-thi-xa-moc-chau-1: {"type":"referral.offered"', said)
        self.assertIn("  journal: mo state=danger_safe", said)
        self.assertNotIn("nothing is stored", said)

    def test_ussd_is_dialled_cut_and_dialled_again(self):
        said = self.chat(["2", "/cut", "2", "/begin", "0", "2", "/quit", "never read"], "--channel", "ussd")
        self.assertEqual(said.count("the USSD session is over"), 2, said)
        self.assertIn("Ban muon lam tiep khong?", said)
        self.assertNotIn("never read", said)


if __name__ == "__main__":
    unittest.main()
