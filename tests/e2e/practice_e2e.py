"""The page to practise on, in a real browser: a whole story, by mouse and by keyboard, in every width and language."""
import unittest

from browser import TOO_PALE, Browser, Keys
from hotlined_test import Daemon, build_dir

WIDTHS = (320, 390, 768, 1280)


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.d = Daemon(build_dir(), 'practice = "loopback";\n').start()
        cls.b = Browser()
        cls.origin = f"http://127.0.0.1:{cls.d.port}"

    @classmethod
    def tearDownClass(cls):
        try:
            cls.b.close()
            code = cls.d.stop()
            log = cls.d.log.read_text()
            assert code == 0, f"hotlined ended with {code}: {log[-2000:]}"
            assert "ERROR: " not in log and "runtime error" not in log, log[-4000:]
            assert "9990000001" not in log and "Chieng Son" not in log, "the log tells what it must not"
        finally:
            cls.d.close()

    def setUp(self):
        self.b.size(1280, 900)
        self.b.open(self.origin + "/practice")
        self.b.until(lambda: self.b.all("#lang option"), "the page has begun an exercise")
        self.b.choose("ui-lang", "en")

    def tearDown(self):
        """No complaint in the console, and nothing was asked of anybody else."""
        self.assertEqual(self.b.complaints(), [])
        elsewhere = [u for u in self.b.asked_for() if not u.startswith((self.origin + "/practice", "data:"))]
        self.assertEqual(elsewhere, [])

    # ---- words of the stories ----

    def answers(self):
        return [e.get_attribute("textContent") for e in self.b.all("#screen .theirs")]

    def messages(self):
        return [e.get_attribute("textContent") for e in self.b.all("#screen .sms")]

    def hears(self, before, what):
        self.b.until(lambda: len(self.answers()) > before, what)
        return self.answers()[-1]

    def say(self, text):
        before = len(self.answers())
        field = self.b.id("text")
        field.clear()
        field.send_keys(text + Keys.ENTER)
        return self.hears(before, f"an answer to {text}")

    def speak(self, language):
        self.b.choose("lang", language)
        self.b.until(lambda: self.b.id("lang").get_attribute("value") == language and not self.answers(), "begun anew")
        self.b.until(lambda: "begun" in self.b.text("status"), "said so")

    def asks_for_shelter(self):
        self.assertIn("A place to stay", self.say("*100#"))
        self.assertIn("Which commune", self.say("2"))
        self.assertIn("How many children", self.say("Chieng Son"))
        self.assertIn("Who is this for", self.say("2"))
        self.assertIn("How is it safe", self.say("1"))
        self.assertIn("May a helper", self.say("1"))
        return self.say("1")

    def clicks(self, name, until, what):
        self.b.js("arguments[0].scrollIntoView({block: 'center'})", self.b.id(name))
        self.b.id(name).click()
        self.b.until(until, what)

    # ---- the stories ----

    def test_a_whole_story(self):
        """Shelter by USSD, offered, accepted, told by SMS, arrived, closed; then danger; then erased."""
        self.assertIn("Nothing is stored", self.b.text("state"))
        self.speak("en")
        self.assertFalse(self.b.id("accept").is_enabled())
        self.assertIn("Noted", self.asks_for_shelter())
        self.assertIn("The session ended", self.b.text("screen"))
        self.assertIn("offered", self.b.text("referral"))
        self.assertIn("ctv-", self.b.text("asked"))
        self.assertIn("referral.offered", self.b.text("alerts"))
        self.assertNotIn("+999", self.b.text("alerts"))
        self.assertRegex(self.b.text("journal").splitlines()[0], r"send delivered|referral offered|ussd|access|mt")

        self.clicks("accept", self.messages, "an SMS that somebody took it")
        self.assertIn("Somebody took it", self.messages()[-1])
        self.assertIn("1 SMS", self.messages()[-1])
        self.assertIn("accepted", self.b.text("referral"))
        self.assertIn("+9990000001", self.b.text("status"))
        self.assertFalse(self.b.id("accept").is_enabled())
        self.clicks("arrived", lambda: "arrived" in self.b.text("referral"), "arrival is known")
        self.clicks("close", lambda: "closed" in self.b.text("referral"), "it is closed")
        self.assertIn("sheltered", self.b.text("referral"))

        self.b.js("arguments[0].click()", self.b.id("mode-sms"))
        self.assertIn("113", self.say("SOS"))
        self.assertIn("danger_place", self.b.text("state"))
        self.b.until(lambda: "urgent" in self.b.text("referral") and "yes" in self.b.text("referral"), "it is urgent")
        self.assertIn("danger", self.b.text("alerts"))
        self.say("XOA")
        self.assertIn("Nothing is stored", self.b.text("state"))

    def test_offers_pass_on_as_time_does(self):
        """Nobody answers, time passes: the next in line is asked; declined: the one after."""
        self.speak("en")
        self.asks_for_shelter()
        first = self.b.text("asked")
        self.b.all("[data-wait='900']")[0].click()
        self.b.until(lambda: self.b.text("asked") != first, "the next one is asked")
        self.assertIn("expired", self.b.text("referral"))
        second = self.b.text("asked")
        self.clicks("decline", lambda: self.b.text("asked") != second, "the one after is asked")
        self.assertIn("declined", self.b.text("referral"))

    def test_a_place_by_number(self):
        """Not a letter is typed: district and commune by their numbers, a page forth and one back."""
        self.speak("en")
        self.say("*100#")
        self.assertIn("1 Bac Yen", self.say("2"))
        self.assertIn("2 Song Ma", self.say("9"))
        self.assertIn("Which commune of Song Ma?", self.say("2"))
        self.assertIn("group", self.b.text("state"))
        self.assertIn("2 Song Ma", self.say("8"))
        self.say("2")
        self.assertIn("3 Song Ma", self.say("9"))
        self.assertIn("How many children", self.say("3"))
        self.assertIn("04168", self.b.text("state"))

    def test_the_keypad_types(self):
        self.speak("en")
        self.b.id("clear").click()
        self.assertEqual(self.b.id("text").get_attribute("value"), "")
        for key in "*100#":
            next(e for e in self.b.all("#keypad button") if e.get_attribute("aria-label") == key).click()
        self.assertEqual(self.b.id("text").get_attribute("value"), "*100#")
        self.b.id("call").click()
        self.assertIn("A place to stay", self.hears(0, "the menu"))
        self.b.id("end").click()
        self.b.until(lambda: "You ended the session" in self.b.text("screen"), "hung up")
        self.b.until(lambda: self.b.id("text").get_attribute("value") == "*100#", "ready to dial again")

    def test_a_number_is_not_sent_into_no_session(self):
        field = self.b.id("text")
        field.clear()
        field.send_keys("2" + Keys.ENTER)
        self.b.until(lambda: "dial" in self.b.text("status"), "told to dial")
        self.assertEqual(self.answers(), [])

    def test_by_keyboard_alone(self):
        """From the top by Tab: everything is reached, the focus is seen, Enter sends, Escape clears."""
        self.speak("en")
        self.b.js("const top = document.body; top.tabIndex = -1; top.focus(); top.removeAttribute('tabindex')")
        reached = []
        for _ in range(60):
            self.b.press(Keys.TAB)
            here = self.b.js(
                "const e = document.activeElement, r = e.type === 'radio' ? e.nextElementSibling : e, s = getComputedStyle(r);"
                "return [e.id || e.getAttribute('aria-label') || e.dataset.wait || e.className, s.outlineStyle, parseFloat(s.outlineWidth)]"
            )
            if not here[0] or here[0] in reached:
                break
            self.assertNotEqual(here[1], "none", f"{here[0]} has no visible focus")
            self.assertGreaterEqual(here[2], 2, here[0])
            reached.append(here[0])
        want = {"ui-lang", "mode-ussd", "screen", "text", "call", "clear", "end", *"0123456789*#", "900", "21600", "86400",
                "lang", "cols", "restart", "outcome", "alerts", "scroll"}
        self.assertEqual(want - set(reached), set())

        self.b.js("document.getElementById('text').focus()")
        before = len(self.answers())
        self.b.press(Keys.ENTER)  # the code is there already
        self.assertIn("A place to stay", self.hears(before, "the menu"))
        for n, keys in enumerate(("2", "chieng son", "1", "1", "1", "1")):
            self.b.press(keys + Keys.ENTER)
            self.hears(before + n + 1, f"an answer to {keys}")
        self.b.press("abc" + Keys.ESCAPE)
        self.assertEqual(self.b.id("text").get_attribute("value"), "")
        self.b.js("document.getElementById('accept').focus()")
        self.b.press(Keys.SPACE)
        self.b.until(self.messages, "accepted by the space bar")

    def test_languages(self):
        """The phone's and the page's are two; both can be changed, and what is typed is counted in either."""
        self.speak("vi-accented")
        self.assertIn("Chào", self.say("*100#"))
        self.assertIn("UCS-2", self.b.text("screen"))
        self.assertEqual(self.b.all("#screen .theirs [lang]")[0].get_attribute("lang"), "vi")
        self.b.choose("ui-lang", "vi")
        self.assertEqual(self.b.js("return document.documentElement.lang"), "vi")
        self.assertIn("Đây là bài tập", self.b.text("banner"))
        self.assertEqual(self.b.id("accept").get_attribute("textContent"), "Nhận")
        self.b.choose("ui-lang", "en")
        self.assertIn("This is an exercise", self.b.text("banner"))
        self.speak("vi")
        self.assertIn("septets", self.b.text("counter"))
        self.assertEqual(self.b.id("lang").get_attribute("value"), "vi")

    def test_what_is_typed_is_counted_as_networks_do(self):
        """3GPP TS 23.038: escapes count twice, one letter outside the alphabet makes it UCS-2."""
        self.b.js("arguments[0].click()", self.b.id("mode-sms"))
        for text, want in (
            ("cuu toi", "7 septets · 1 SMS"),
            ("[€]", "6 septets · 1 SMS"),
            ("a" * 160, "160 septets · 1 SMS"),
            ("a" * 161, "161 septets · 2 SMS"),
            ("cứu tôi", "7 units (UCS-2) · 1 SMS"),
            ("ứ" * 71, "71 units (UCS-2) · 2 SMS"),
            ("😀", "2 units (UCS-2) · 1 SMS"),
        ):
            self.b.js("const t = document.getElementById('text'); t.value = arguments[0]; t.dispatchEvent(new Event('input'))", text)
            self.assertEqual(self.b.text("counter"), want)

    def test_widths(self):
        """No width scrolls sideways, with the widest screen of the phone, in both colour schemes."""
        self.speak("en")
        self.asks_for_shelter()
        self.b.choose("cols", "30")
        for scheme in ("light", "dark"):
            self.b.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            for width in WIDTHS:
                self.b.size(width, 800)
                wide = self.b.js("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
                self.assertLessEqual(wide[0], wide[1], f"{width} px, {scheme}")
                self.assertEqual(self.b.js(TOO_PALE), [], f"{width} px, {scheme}")
        self.b.cdp("Emulation.setEmulatedMedia", features=[])

    def test_the_width_of_the_phones_screen(self):
        self.speak("en")
        empty = self.b.id("screen").size
        self.say("*100#")
        self.assertAlmostEqual(self.b.id("screen").size["height"], empty["height"], delta=1)
        self.assertAlmostEqual(self.b.id("screen").size["width"], empty["width"], delta=20)  # the scroll bar
        for columns in ("16", "20", "24", "30"):
            self.b.choose("cols", columns)
            fits = self.b.js(
                "const line = document.querySelector('#screen .theirs'), probe = line.cloneNode();"
                "probe.textContent = 'm'.repeat(arguments[0]); line.after(probe); const one = probe.clientHeight;"
                "probe.textContent += 'm'; const two = probe.clientHeight; probe.remove(); return two > one", int(columns))
            self.assertTrue(fits, f"{columns} characters fill a line and no more fit")

    def test_what_a_screen_reader_is_told(self):
        """Everything that can be used has a name, there are landmarks, the screen is a log, the status a status."""
        self.speak("en")
        self.asks_for_shelter()
        usable, roles = self.b.names()
        self.assertGreater(len(usable), 25)
        self.assertEqual([r for r, name in usable if not name.strip()], [])
        names = {r for r, _ in roles}
        self.assertLessEqual({"main", "banner", "log", "status", "region", "heading"}, names)
        self.assertEqual(self.b.id("screen").get_attribute("aria-live"), "polite")

    def test_a_new_exercise_when_the_old_one_is_over(self):
        """The gateway restarts under the open page: the page says so and begins anew."""
        self.speak("en")
        self.say("*100#")
        self.d.stop()
        self.d.start()
        field = self.b.id("text")
        field.send_keys("2" + Keys.ENTER)
        self.b.until(lambda: "was over" in self.b.text("status"), "a new exercise")
        self.assertIn("A place to stay", self.say("*100#"))
        # the browser notes the 404 that told it
        self.assertEqual([m for m in self.b.complaints() if "404" not in m], [])

