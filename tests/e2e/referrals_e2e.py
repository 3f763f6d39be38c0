"""Why each referral went where it went: the officers' page /referrals in a real browser and over plain HTTP, and
`hotlinectl journal why`."""
import base64
import concurrent.futures
import json
import re
import time
import unittest
import urllib.parse

from browser import TOO_PALE, Browser
from hotlined_test import Daemon, build_dir

PASSWORD = "mot mat khau dai"
ANNA, BINH, CHI = "+84000000701", "+84000000702", "+84000000703"
SAID = "cam on nhieu lam"
WIDTHS = (320, 390, 768, 1280)


def basic(name="lan", password=PASSWORD):
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


def ends_well(d):
    try:
        code = d.stop()
        log = d.log.read_text()
        assert code == 0, log[-3000:]
        for word in ("runtime error", "ERROR: ", PASSWORD, ANNA[1:], "Chieng Son", SAID):
            assert word not in log, f"the log has {word}"
    finally:
        d.close()


def line_of_officers(settings=""):
    d = Daemon(build_dir(), 'referrals = "login";\n' + settings)
    d.ctl("passwd", "lan", stdin=PASSWORD + "\n")
    return d.start()


def asks_for_shelter(d, number, place="Chieng Son"):
    """A conversation by USSD up to the referral; its id."""
    answers = []
    status, _ = d.ussd(number, number, answers)
    for text in ("2", place, "2", "1", "1", "1"):
        assert status == 200
        answers.append(text)
        status, page = d.ussd(number, number, answers)
    assert page.startswith("END "), page
    return d.rows(kind="referral", event="opened")[-1]["referral"]


def asked(d, referral):
    return d.rows(kind="referral", event="offered", referral=referral)[-1]["collaborator"]


class Access(unittest.TestCase):
    def start(self, *settings):
        d = line_of_officers(*settings)
        self.addCleanup(ends_well, d)
        return d

    def test_off_is_like_any_path_that_is_not_there(self):
        d = Daemon(build_dir(), 'practice = "loopback";\n').start()
        self.addCleanup(ends_well, d)
        for path in ("/referrals", "/referrals/referrals.css", "/referrals/0000000000001"):
            gone, other = d.get(path), d.get("/nothing")
            for answer in (gone, other):
                answer[2].pop("Date")
            self.assertEqual(gone, other)

    def test_on_needs_a_password_file(self):
        d = Daemon(build_dir(), 'referrals = "login";\n')
        self.addCleanup(d.close)
        test = d.ctl("check", check=False)
        self.assertEqual(test.returncode, 1)
        self.assertRegex(test.stdout + test.stderr, r'hotlined.conf:\d+: error: referrals is "login".*hotlinectl passwd NAME')

    def test_login(self):
        d = self.start()
        ref = asks_for_shelter(d, ANNA)
        for path in ("/referrals", f"/referrals/{ref}", "/referrals/referrals.css"):
            for headers in ({}, basic(password="sai roi sai roi"), basic("an"), {"Authorization": "Bearer x"}):
                status, body, got = d.request("GET", path, headers=headers)
                while status == 429:  # only so many passwords a second
                    time.sleep(0.1)
                    status, body, got = d.request("GET", path, headers=headers)
                self.assertEqual(status, 401)
                self.assertIn('realm="referrals"', got["WWW-Authenticate"])
                self.assertNotIn(ref, body)
        self.assertEqual(d.rows(kind="access"), [])
        self.assertEqual(self.settled(d, "/referrals")[0], 200)

    def settled(self, d, path, method="GET"):
        answer = d.request(method, path, headers=basic())
        end = time.time() + 10
        while answer[0] == 429 and time.time() < end:
            time.sleep(0.05)
            answer = d.request(method, path, headers=basic())
        return answer

    def test_what_a_browser_is_told(self):
        d = self.start()
        ref = asks_for_shelter(d, ANNA)
        for path in ("/referrals", f"/referrals/{ref}", "/referrals/referrals.css", "/referrals/nothing"):
            headers = self.settled(d, path)[2]
            self.assertEqual(headers["Content-Security-Policy"], "default-src 'none'; style-src 'self'; form-action 'self'; "
                             "frame-ancestors 'none'; base-uri 'none'")
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")
            self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertEqual(self.settled(d, "/referrals/zzzzzzzzzzzzz")[0], 404)
        self.assertEqual(self.settled(d, "/referrals/0000000000000")[0], 404)
        status, _, headers = self.settled(d, "/referrals", "POST")
        self.assertEqual((status, headers["Allow"]), (405, "GET"))

    def test_a_look_is_a_row_before_anything_is_shown(self):
        d = self.start()
        ref = asks_for_shelter(d, ANNA)
        self.settled(d, "/referrals")
        self.assertEqual(d.rows(kind="access"), [])  # the list tells no reasons
        self.assertEqual(self.settled(d, f"/referrals/{ref}")[0], 200)
        looks = d.rows(kind="access")
        self.assertEqual([(r["referral"], r["note"]) for r in looks], [(ref, "officer lan")])
        day = [time.strftime("%Y-%m-%d", time.gmtime(time.time() + n * 86400)) for n in (-1, 2)]
        report = json.loads(d.ctl("report", "--from", day[0], "--to", day[1]).stdout)
        self.assertEqual(report["data_quality"]["staff_accesses"], 1)

    def test_it_follows_a_reload(self):
        d = self.start()
        self.assertEqual(self.settled(d, "/referrals")[0], 200)
        d.edit("hotlined.conf", 'referrals = "login"', 'referrals = "off"')
        d.reload()
        self.assertEqual(d.request("GET", "/referrals", headers=basic())[0], 404)

    def test_a_commune_that_bears_the_name_of_its_district(self):
        """Bac Yen was a district, too: on the line that is asked back, in the field for communes it is the commune."""
        d = self.start()
        ref = asks_for_shelter(d, ANNA, "xa Bac Yen")
        other = asks_for_shelter(d, BINH)
        for typed in ("bac yen", "Bắc Yên", "Xã Bắc Yên", "03856"):
            _, page, _ = self.settled(d, "/referrals?lang=en&place=" + urllib.parse.quote(typed))
            self.assertNotIn("no such commune", page, typed)
            self.assertIn(ref, page, typed)
            self.assertNotIn(other, page, typed)
        for typed in ("huyen Bac Yen", "Chieng"):
            _, page, _ = self.settled(d, "/referrals?lang=en&place=" + urllib.parse.quote(typed))
            self.assertIn("no such commune", page, typed)

    def test_the_line_goes_on_beside_it(self):
        """Pages and messages at the same time, each gets its answer."""
        d = self.start()
        ref = asks_for_shelter(d, ANNA)
        self.settled(d, "/referrals")
        for n in range(20):
            self.assertEqual(d.request("GET", f"/referrals/{ref}", headers=basic())[0], 200)
            self.assertEqual(d.sms(BINH, "2", f"b{n}")[0], 200)
        self.assertEqual(len(d.rows(kind="access")), 20)

    def test_many_officers_at_once(self):
        """Looks, lists and what is refused stand in one line, and each gets one answer."""
        d = self.start()
        ref = asks_for_shelter(d, ANNA)
        self.settled(d, "/referrals")
        paths = [f"/referrals/{ref}", f"/referrals/{ref}", "/referrals", "/referrals/zzzzzzzzzzzzz"] * 10
        for _ in range(3):
            with concurrent.futures.ThreadPoolExecutor(len(paths)) as officers:
                got = list(officers.map(lambda p: d.request("GET", p, headers=basic())[0], paths))
            self.assertEqual(got, [404 if p.endswith("zzz") else 200 for p in paths])
            self.assertEqual(d.sms(BINH, "2", f"o{len(d.rows())}")[0], 200)
        self.assertEqual(len(d.rows(kind="access")), 60)


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.d = line_of_officers()
        cls.b = Browser()
        cls.origin = f"http://127.0.0.1:{cls.d.port}"
        cls.ref = asks_for_shelter(cls.d, ANNA)
        cls.first = asked(cls.d, cls.ref)
        cls.d.answer(cls.ref, "decline", cls.first)
        cls.second = asked(cls.d, cls.ref)
        cls.d.answer(cls.ref, "accept", cls.second)
        cls.d.sms(ANNA, SAID, "thanks")
        cls.d.sms(BINH, "SOS Chieng Khuong", "cry")
        cls.d.sms(CHI, "SOS", "cry-nowhere")

    @classmethod
    def tearDownClass(cls):
        cls.b.close()
        ends_well(cls.d)

    def tearDown(self):
        self.assertEqual(self.b.complaints(), [])
        # data: is the browser's own sign of a calendar
        self.assertEqual([u for u in self.b.asked_for() if not u.startswith((self.origin + "/referrals", "data:"))], [])

    def open(self, path):
        self.b.cdp("Network.enable")
        self.b.cdp("Network.setExtraHTTPHeaders", headers=basic())
        self.b.open(self.origin + path)
        self.b.until(lambda: self.b.all("main"), "the page is there")

    def body(self):
        return self.b.js("return document.body.innerText")

    def tells_nobody(self):
        source = self.b.js("return document.documentElement.outerHTML")
        for secret in (ANNA[1:], BINH[1:], CHI[1:], "0000007", SAID):
            self.assertNotIn(secret, source)

    def test_the_list(self):
        self.open("/referrals?lang=en")
        rows = [r.text for r in self.b.all("tbody tr")]
        self.assertEqual(len(rows), 3)
        mine = next(r for r in rows if self.ref in r)
        for word in ("accepted", "shelter", "Chiềng Sơn", self.second):
            self.assertIn(word, mine)
        self.assertEqual(sum("urgent" in r for r in rows), 2)
        self.assertEqual(sum("not known" in r for r in rows), 1)
        self.tells_nobody()

    def test_the_filter(self):
        self.open("/referrals?lang=en")
        self.b.js("document.querySelector('[name=state]').value = 'accepted'; document.querySelector('[name=place]').value = 'chieng son'")
        self.b.js("document.querySelector('form button').click()")
        self.b.until(lambda: "state=accepted" in self.b.driver.current_url, "the form was sent")
        self.assertEqual(len(self.b.all("tbody tr")), 1)
        self.open("/referrals?lang=en&place=" + urllib.parse.quote("Nơi nào đó xyz"))
        self.assertIn("no such commune", self.body())

    def test_a_referral_with_its_reasons(self):
        self.open("/referrals?lang=en")
        self.b.js("document.querySelector(`a[href*='${arguments[0]}']`).click()", self.ref)
        self.b.until(lambda: self.b.all(".events"), "its page")
        events = [e.text for e in self.b.all(".events li")]
        self.assertEqual([e.split()[2] for e in events], ["opened", "offered", "declined", "offered", "accepted"])
        text = self.body()
        for word in (self.first, self.second, "serves the commune", "places taken", "the nearest first", "Hosts that cannot"):
            self.assertIn(word, text)
        self.assertEqual(len(self.b.all("details")), 2)
        self.b.js("document.querySelectorAll('details')[1].open = true")
        self.assertIn("in the order they would be asked", self.b.all("details")[1].text)
        self.tells_nobody()

    def test_in_vietnamese(self):
        self.open(f"/referrals/{self.ref}")
        self.assertEqual(self.b.js("return document.documentElement.lang"), "vi")
        text = self.body()
        for word in ("Diễn biến", "từ chối", "đã nhận", "phụ trách xã, phường này", "gần nhất trước"):
            self.assertIn(word, text)
        for word in ("nearest", "serves", "declined", "places taken"):
            self.assertNotIn(word, text)
        self.assertEqual(self.b.js("return document.querySelector('nav a[lang=en]').getAttribute('href')"),
                         f"/referrals/{self.ref}?lang=en")

    def test_every_width_and_both_schemes(self):
        """Nothing to be moved sideways, nothing too pale to read, on a telephone and on a desk."""
        for scheme in ("light", "dark"):
            self.b.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
            for path in ("/referrals?place=xyz", "/referrals", f"/referrals/{self.ref}", "/referrals?lang=en"):
                self.open(path)
                self.b.js("document.querySelectorAll('details').forEach(d => d.open = true)")
                for width in WIDTHS:
                    self.b.size(width, 800)
                    wide = self.b.js("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
                    self.assertLessEqual(wide[0], wide[1], f"{path} {width} px, {scheme}")
                    self.assertEqual(self.b.js(TOO_PALE), [], f"{path} {width} px, {scheme}")
        self.b.cdp("Emulation.setEmulatedMedia", features=[])

    def test_everything_that_can_be_used_has_a_name(self):
        self.open("/referrals")
        usable, roles = self.b.names()
        self.assertGreater(len(usable), 8)
        self.assertEqual([r for r, name in usable if not name.strip()], [])
        self.assertIn("main", [r for r, _ in roles])


class Why(unittest.TestCase):
    """hotlinectl journal why, as it is typed."""

    @classmethod
    def setUpClass(cls):
        cls.d = Daemon(build_dir()).start()
        cls.ref = asks_for_shelter(cls.d, ANNA)
        cls.first = asked(cls.d, cls.ref)
        cls.d.answer(cls.ref, "decline", cls.first)
        cls.second = asked(cls.d, cls.ref)

    @classmethod
    def tearDownClass(cls):
        ends_well(cls.d)

    def test_in_words(self):
        text = self.d.ctl("journal", "why", self.ref).stdout
        heads = re.findall(r"^\S+ shelter, place 03985 by \w{16}$", text, re.M)
        self.assertEqual(len(heads), 2)
        newest, oldest = text.split(heads[1]) if heads[0] != heads[1] else text.rsplit(heads[1], 1)
        self.assertIn(f"offered {self.second} for", newest)
        self.assertIn("opened", oldest)
        self.assertIn(f"declined {self.first}", oldest)
        for part in (newest, oldest):
            self.assertRegex(part, r"(?m)^   1\. " + self.first + r" +for \S+; speaks vi; serves the commune$")
            self.assertRegex(part, r"(?m)^   - +\S+ +(closed at this hour|does not take this need)$")
            self.assertIn("hosts, the nearest first", part)
        self.assertNotIn(ANNA[1:], text)

    def test_as_json(self):
        both = json.loads(self.d.ctl("--json", "journal", "why", self.ref).stdout)
        self.assertEqual([[e["event"] for e in r["events"]] for r in both], [["offered"], ["opened", "offered", "declined"]])
        choice = both[0]["choice"]
        routed = json.loads(self.d.ctl("--json", "route", "--code", "03985", "--need", "shelter", "--children", "1", "--lang", "vi").stdout)
        self.assertEqual([h["id"] for h in choice["hosts"]], [h["id"] for h in routed["hosts"]][:8])
        self.assertEqual(set(routed), set(choice) - {"more"} | {"fallbacks"})  # one shape
        self.assertEqual(choice["hosts"][0].keys(), routed["hosts"][0].keys())
        self.assertEqual(choice["more"]["hosts"], len(routed["hosts"]) - len(choice["hosts"]))

    def test_nothing_of_it_is_in_what_everybody_may_read(self):
        for what in ("tail", "export"):
            text = self.d.ctl("journal", what).stdout
            self.assertIn("routed", text)
            self.assertNotIn("serves the commune", text)

    def test_when_it_was_erased(self):
        ref = asks_for_shelter(self.d, BINH)
        self.d.sms(BINH, "XOA", "erase")
        text = self.d.ctl("journal", "why", ref).stdout
        self.assertIn("the reasons were erased with the contact", text)
        self.assertIn("closed: erased", text)
        self.assertNotIn("ctv-", text.split("what became of it")[0])
        self.assertEqual(self.d.ctl("journal", "verify").returncode, 0)
        self.assertTrue(json.loads(self.d.ctl("--json", "journal", "why", ref).stdout)[0]["erased"])

    def test_what_is_not_there(self):
        p = self.d.ctl("journal", "why", "0000000000001", check=False)
        self.assertEqual(p.returncode, 1)
        self.assertIn("there is no referral", p.stderr)
        self.assertEqual(self.d.ctl("journal", "why", check=False).returncode, 2)


if __name__ == "__main__":
    unittest.main()
