"""The daemon as an aggregator and a collaborator meet it: conversations, repeats, answers, bad input, reload."""
import json
import re
import socket
import time
import unittest

from hotlined_test import Daemon, build_dir

PHONE = "+84000000101"


class Gateway(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.d = Daemon(build_dir())
        cls.d.edit("network/hosts.conf", 'id = "ta-thi-xa-moc-chau";', 'id = "ta-thi-xa-moc-chau"; phones = [ "+84000000901", "+84000000900" ];')
        cls.d.start()

    @classmethod
    def tearDownClass(cls):
        try:
            code = cls.d.stop()
            log = cls.d.log.read_text()
            assert code == 0, f"hotlined ended with {code}: {log[-2000:]}"
            assert "ERROR: " not in log and "runtime error" not in log, log[-4000:]
            for secret in ("84000000", "Chieng Son", cls.d.secret("kannel-token"), cls.d.secret("webhook-example")):
                assert secret not in log, "the log tells what it must not"
        finally:
            cls.d.close()

    def alert_for(self, place, need="danger", seconds=10):
        end = time.time() + seconds
        while time.time() < end:
            for a in list(self.d.receiver.alerts.values()):
                if (a["data"]["place"] or {}).get("code") == place and a["data"]["need"] == need:
                    return a["data"]
            time.sleep(0.05)
        self.fail(f"no alert for {place}")

    def test_danger_by_sms_reaches_a_collaborator_and_back(self):
        """CUU and a place in one SMS: emergency text, alert, acceptance, disclosure, closing."""
        status, reply = self.d.sms(PHONE, "CUU Chieng Son", "a1")
        self.assertEqual(status, 200)
        self.assertIn("113", reply)
        alert = self.alert_for("03985")
        self.assertEqual((alert["need"], alert["urgency"]), ("danger", "urgent"))
        self.assertNotIn("84000000101", str(alert))
        self.d.sms(PHONE, "1", "a2")
        self.d.sms(PHONE, "co", "a3")
        ref, who = alert["referral"], alert["collaborator"]
        self.assertEqual(self.d.answer(ref, "accept", "ctv-mai-son-1")[0], 404)
        status, body, _ = self.d.answer(ref, "accept", who)
        self.assertEqual(status, 200)
        self.assertIn(PHONE, body)
        told = json.loads(body)
        self.assertEqual((told["host"], told["host_place"], told["host_phones"]),
                         ("ta-thi-xa-moc-chau", "Mộc Sơn", ["+84000000901", "+84000000900"]))  # in the order to call
        self.assertEqual(self.d.answer(ref, "accept", who)[1], body)
        arrived = self.d.answer(ref, "arrived", who)
        self.assertEqual((arrived[0], "host" in json.loads(arrived[1])), (200, False))
        self.assertEqual(self.d.answer(ref, "close", who, outcome="sheltered")[0], 200)
        self.assertNotIn(PHONE, self.d.answer(ref, "accept", who)[1])
        events = [r["event"] for r in self.d.rows(kind="referral", referral=ref)]
        self.assertEqual(events, ["opened", "offered", "accepted", "arrived", "closed"])

    def test_a_repeat_changes_nothing(self):
        """The same message id twice: the same answer, one row."""
        first = self.d.sms("+84000000102", "xin chao", "b1")
        rows = len(self.d.rows(kind="mo"))
        self.assertEqual(self.d.sms("+84000000102", "xin chao", "b1"), first)
        self.assertEqual(len(self.d.rows(kind="mo")), rows)

    def test_ucs2_with_accents(self):
        status, reply = self.d.sms("+84000000103", "Cứu Mường La", "c1", "UTF-16BE")
        self.assertEqual(status, 200)
        self.assertIn("113", reply)

    def test_ussd_in_seven_steps(self):
        """Africa's Talking: need, place, children, for whom, safe way, consent, end."""
        answers, sender = [], "+84000000104"
        status, page = self.d.ussd(sender, "u1", answers)
        self.assertTrue(page.startswith("CON "), page)
        for text in ("2", "Chieng Khuong", "1", "1", "1", "1"):
            answers.append(text)
            status, page = self.d.ussd(sender, "u1", answers)
            self.assertEqual(status, 200)
        self.assertTrue(page.startswith("END "), page)
        alert = self.alert_for(self.d.rows(kind="ussd", state="referred")[-1]["place"], "shelter")
        self.assertEqual((alert["children"], alert["safe_way"]), (1, "sms"))

    def test_ussd_cut_and_taken_up(self):
        """The network cuts the session; the next one asks neutrally and goes on where it was."""
        sender = "+84000000105"
        self.d.ussd(sender, "v1", [])
        _, asked = self.d.ussd(sender, "v1", ["2"])
        self.d.ussd(sender, "v1", None, {"status": "Incomplete", "hopsCount": "2"})
        _, page = self.d.ussd(sender, "v2", [])
        self.assertIn("1 Tiep", page)
        _, page = self.d.ussd(sender, "v2", ["1"])
        self.assertEqual(page, asked)

    def test_danger_word_at_each_ussd_step(self):
        """SOS is one step away from every question (safety 5)."""
        steps = ["2", "Chieng Khuong", "2", "1"]
        for n in range(len(steps) + 1):
            sender, session = f"+8400000020{n}", f"w{n}"
            for k in range(n + 1):
                self.d.ussd(sender, session, steps[:k])
            _, page = self.d.ussd(sender, session, steps[:n] + ["SOS"])
            self.assertIn("113", page, f"after {n} answers")
        urgent = [r for r in self.d.rows(kind="referral", event="opened") if r.get("urgent")]
        self.assertGreaterEqual(len(urgent), len(steps) + 1)

    def test_stop_leave_and_erase(self):
        for text, words in (("THOAT", "Tam biet"), ("DUNG", "khong nhan tin"), ("XOA", "Da xong")):
            self.d.sms("+84000000106", "xin chao", f"s-{text}")
            self.assertIn(words, self.d.sms("+84000000106", text, f"t-{text}")[1])
        self.assertTrue(self.d.rows(kind="erased"))
        self.d.ctl("journal", "verify")

    def test_erasure_by_hand_withdraws_what_is_open(self):
        """hotlinectl erase beside the running daemon: the number is gone, nobody is sent to it, the counts stay."""
        self.d.sms("+84000000111", "CUU Chieng Khoong", "h1")
        ref = self.d.rows(kind="referral", event="opened")[-1]["referral"]
        who = self.d.rows(kind="referral", event="offered", referral=ref)[-1]["collaborator"]
        before = len(self.d.rows(kind="mo"))
        self.d.ctl("erase", "+84000000111")
        self.assertEqual(self.d.rows(kind="referral", referral=ref)[-1]["event"], "closed")
        status, body, _ = self.d.answer(ref, "accept", who)
        self.assertEqual(status, 409)
        self.assertNotIn("84000000111", body)
        self.assertEqual(len(self.d.rows(kind="mo")), before)
        self.assertEqual(self.d.sms("+84000000111", "CUU Chieng Khoong", "h1")[0], 200)
        self.assertEqual(len(self.d.rows(kind="mo")), before, "the repeat is known still")
        self.assertEqual(self.d.ctl("erase", "+84000000111", check=False).returncode, 1)
        self.d.ctl("journal", "verify")

    def test_bad_input_is_refused_and_counted(self):
        token = self.d.secret("kannel-token")
        good = "from=%2B84000000107&to=8099&id=x1&text=a"
        cases = [
            (f"/in/kannel/sms?{good}", 401),
            (f"/in/kannel/sms?token=wrong&{good}", 401),
            (f"/in/nobody/sms?token={token}&{good}", 404),
            (f"/in/kannel/fax?token={token}&{good}", 404),
            (f"/in/kannel/ussd?token={token}&{good}", 404),
            ("/nothing", 404),
            (f"/in/kannel/sms?token={token}&from=%2B84000000107&id=x", 400),
            (f"/in/kannel/sms?token={token}&from=abc&id=x&text=a", 400),
            (f"/in/kannel/sms?token={token}&from={'9' * 5000}&id=x&text=a", 400),
            (f"/in/kannel/sms?token={token}&from=%2B84000000107&id=x&text=%zz", 400),
            (f"/in/kannel/sms?token={token}&from=%2B84000000107&id=x&text=%C3", 400),
            (f"/in/kannel/sms?token={token}&from=%2B84000000107&id=x&text=%00", 400),
            (f"/in/kannel/sms?token={token}&from=%2B84000000107&id=x&charset=UTF-16BE&text=%00C%D8", 400),
            (f"/in/kannel/sms?token={token}&from=%2B84000000107&id=x&ts=tomorrow&text=a", 400),
        ]
        for path, want in cases:
            status, body, _ = self.d.get(path)
            self.assertEqual(status, want, path[:80])
            self.assertNotIn("84000000107", body)
        self.assertEqual(self.d.request("DELETE", f"/in/kannel/sms?token={token}&{good}")[0], 405)
        at = "/in/africastalking/ussd?token=" + self.d.secret("africastalking-token")
        self.assertEqual(self.d.request("POST", at, "{}", {"Content-Type": "application/json"})[0], 415)
        self.assertEqual(self.d.request("POST", at, "a" * 70000, {"Content-Type": "text/plain"})[0], 413)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for digits, want in ((60000, 400), (1000000, 413)):
            self.assertEqual(self.d.request("POST", at, "sessionId=x&phoneNumber=" + "9" * digits, form)[0], want)
        self.assertEqual(self.d.answer("0000000000000", "accept", "nobody")[0], 403)
        self.assertEqual(self.d.request("POST", "/api/v1/referrals/0000000000000/accept", "{}")[0], 401)
        self.assertGreater(sum(self.d.metric(f'refused_total{{reason="{r}"}}') for r in ("input", "auth", "missing")), 10)

    def test_broken_requests_do_not_end_it(self):
        for raw in (b"GET", b"\0\0\0\0\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"POST /in/kannel/sms HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n",
                    b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\n\r\n", b"POST /in/kannel/sms HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc"):
            with socket.create_connection(("127.0.0.1", self.d.port), timeout=5) as s:
                s.sendall(raw)
                s.settimeout(0.3)
                try:
                    s.recv(4096)
                except OSError:
                    pass
        self.assertEqual(self.d.get("/healthz")[0], 200)

    def test_reload_takes_good_edits_and_refuses_bad_ones(self):
        conn = self.d.connect()
        self.d.sms("+84000000108", "2", "r1", conn=conn)
        self.d.edit("network/policy.conf", "max_offers = 8", "max_offers = 7")
        log = self.d.reload()
        self.assertIn("event=reload stamp=", log)
        self.d.edit("network/policy.conf", "max_offers = 7", "max_ofers = 7")
        log = self.d.reload()
        self.assertRegex(log, r'policy\.conf:\d+: error: unknown key \\"max_ofers\\" in policy; did you mean \\"max_offers\\"\?"')
        self.d.edit("network/policy.conf", "max_ofers = 7", "max_offers = 7")
        status, reply = self.d.sms("+84000000108", "Chieng Khuong", "r2", conn=conn)
        self.assertEqual(status, 200)
        self.assertIn("tre em", reply)
        conn.close()
        taken, refused = [r["note"] for r in self.d.rows(kind="config")]
        live = taken.split()[2]
        self.assertTrue(refused.startswith("refused, by ") and f"{live} stays" in refused, refused)
        self.d.sms("+84000000110", "CUU Chieng Khuong", "r3")
        opened = self.d.rows(kind="referral", event="opened")[-1]
        self.assertEqual(opened["note"], live, "routed by the configuration now in force")

    def test_an_edit_that_is_half_done_hides_nothing(self):
        """With a broken network file the journal, the status and an erasure are there all the same."""
        self.d.sms("+84000000112", "xin chao", "half1")
        self.d.edit("network/policy.conf", "max_offers", "max_ofers")
        try:
            self.assertEqual(self.d.ctl("check", check=False).returncode, 1)
            self.assertIn("the chain holds", self.d.ctl("journal", "verify").stdout)
            self.assertIn(" mo ", self.d.ctl("journal", "tail", "-n", "500").stdout)
            self.assertIn("ready", self.d.ctl("status").stdout)
            self.assertIn("erased", self.d.ctl("erase", "+84000000112").stdout)
        finally:
            self.d.edit("network/policy.conf", "max_ofers", "max_offers")

    def test_report_counts_and_status_answers(self):
        self.d.sms("+84000000109", "CUU Chieng Son", "q1")
        report = self.d.ctl("report", "--from", "2026-01-01", "--to", "2100-01-01", "--format", "json").stdout
        self.assertIn('"referrals"', report)
        self.assertIn("ready", self.d.ctl("status").stdout)


class Escalation(unittest.TestCase):
    def test_an_unanswered_offer_goes_to_the_next(self):
        """Nobody answers: each offer expires, the next in line is alerted, at last it is unmet and counted."""
        d = Daemon(build_dir())
        try:
            d.edit("network/policy.conf", 'offer_timeout_urgent = "3m"', 'offer_timeout_urgent = "200ms"')
            d.edit("network/policy.conf", "max_offers = 8", "max_offers = 3")
            d.start()
            d.sms("+84000000301", "CUU Chieng Son", "e1")
            alerts = d.receiver.wait(3)
            self.assertEqual(len({a["data"]["collaborator"] for a in alerts.values()}), 3)
            end = time.time() + 5
            while time.time() < end and not d.rows(event="unmet"):
                time.sleep(0.1)
            events = [r["event"] for r in d.rows(kind="referral")]
            self.assertEqual(events, ["opened"] + ["offered", "expired"] * 3 + ["unmet"])
        finally:
            d.close()


class Consent(unittest.TestCase):
    def test_danger_waits_for_consent_where_the_policy_says_so(self):
        d = Daemon(build_dir())
        try:
            d.edit("network/policy.conf", "urgent_without_consent = true", "urgent_without_consent = false")
            d.start()
            self.assertIn("113", d.sms("+84000000701", "CUU Chieng Son", "c1")[1])
            d.sms("+84000000701", "1", "c2")
            self.assertEqual(d.rows(kind="referral"), [])
            d.sms("+84000000701", "co", "c3")
            self.assertEqual([r["event"] for r in d.rows(kind="referral")], ["opened", "offered"])
            (alert,) = d.receiver.wait(1).values()
            self.assertEqual((alert["data"]["urgency"], alert["data"]["safe_way"]), ("urgent", "sms"))
        finally:
            d.close()


class Paging(unittest.TestCase):
    def test_a_small_ussd_screen(self):
        """A profile with 60 septets a page: next and back, every page within the limit, answers from any page."""
        d = Daemon(build_dir())
        try:
            d.edit("aggregators/africastalking.conf", "page_septets = 160", "page_septets = 60")
            d.start()
            answers, pages = [], []
            _, page = d.ussd("+84000000801", "g1", answers)
            pages.append(page)
            while "9" in page.splitlines()[-1] or "9 " in page:
                answers.append("9")
                _, page = d.ussd("+84000000801", "g1", answers)
                pages.append(page)
                self.assertLess(len(pages), 9)
            self.assertGreater(len(pages), 2)
            for p in pages:
                self.assertTrue(p.startswith("CON "))
                self.assertLessEqual(len(p) - 4, 60, p)
            answers.append("8")
            self.assertEqual(d.ussd("+84000000801", "g1", answers)[1], pages[-2])
            answers.append("2")  # an option of the first page
            self.assertIn("xa", d.ussd("+84000000801", "g1", answers)[1])
            answers.append("SOS")
            self.assertIn("113", d.ussd("+84000000801", "g1", answers)[1])
        finally:
            d.close()


    def test_an_option_is_never_torn_from_its_number(self):
        """With accents a page holds 70 characters: it ends between options, not between 4 and what 4 means."""
        d = Daemon(build_dir())
        self.addCleanup(d.close)
        for lang in ("vi", "vi-accented", "en"):
            text = (d.dir / "conf" / "lang" / f"{lang}.conf").read_text()
            opening = re.search(r'^ *opening = "(.*)";$', text, re.M)[1].split("\\n")
            said = d.ctl("chat", "--channel", "ussd", "--lang", lang, stdin="9\n" * 4).stdout
            shown = [x[2:] for x in said.splitlines() if not x.startswith(("  [", "> "))]
            for line in opening:
                self.assertIn(line, shown, f"{lang}: {said}")


class Configuration(unittest.TestCase):
    CASES = [
        ("network/hosts.conf", 'kind = "shelter"', 'kind = "sheltr"', "did you mean \"shelter\""),
        ("network/hosts.conf", 'place = "03985"', 'place = "0398"', "unknown commune"),
        ("network/hosts.conf", 'hours = "mon-sun 06:00-22:00"', 'hours = "daily"', "is no day"),
        ("network/collaborators.conf", 'endpoint = "example"', 'endpoint = "exampel"', "did you mean \"example\""),
        ("network/collaborators.conf", 'phone = "+84000000001"', 'phone = "0912"', "must be in full"),
        ("network/collaborators.conf", 'rota = "always";', "", "lacks \"rota\""),
        ("network/policy.conf", "};", "", "error:"),
        ("network/endpoints.conf", "http://", "ftp://", "http:// or https://"),
        ("dialogue/main.conf", 'next = "children"', 'next = "childern"', "did you mean \"children\""),
        ("dialogue/main.conf", '"need:shelter"', '"ned:shelter"', "cannot be set"),
        ("lang/vi.conf", "opening = ", "openning = ", "lacks the text \"opening\""),
        ("lang/vi.conf", "Da xong.", "Đã xong.", "outside the GSM alphabet"),
        ("aggregators/kannel.conf", 'secret = "kannel-token"', 'secret = "none"', "hotlinectl keygen"),
        ("aggregators/kannel.conf", "{text}", "{txt}", "{txt} is unknown"),
        ("places/units-2025.csv", "21.32728", "north", "is no number"),
        ("places/times.csv", "from,to,minutes", "from,to,minutes\n03985,99999,10", "no commune in force"),
        ("places/times.csv", "from,to,minutes", "from,to,minutes\n03985,03982,soon", "minutes must be a number"),
        ("hotlined.conf", 'province = "14"', 'province = "99"', "no commune of province"),
        ("hotlined.conf", "country", "contry", "did you mean \"country\""),
        ("hotlined.conf", 'mt_aggregator = "kannel"', 'mt_aggregator = "kanel"',
         "conf:22: error: mt_aggregator names no profile \"kanel\""),
        ("hotlined.conf", 'profiles = [ "kannel"', 'profiles = [ "kanel", "kannel"', "conf:19: error: profiles names \"kanel\""),
        ("hotlined.conf", 'store = "sqlite:', 'store = "mysql:', "conf:5: error: store is \"mysql:"),
        ("hotlined.conf", 'listen = [ "', 'listen = [ "nowhere", "', "conf:4: error: listen: \"nowhere\" must be ADDRESS:PORT"),
        ("lang/vi.conf", 'help = "', 'help = "{name} ', "{name} is unknown"),
        ("places/aliases.csv", "name,code", "name,code\nmoc,99999", "aliases.csv:5: error: no unit has the code"),
        ("places/former-units-2021-2025.csv", "03646", "99999", "\"99999\" is no commune in force"),
    ]

    def test_known_travel_times_go_before_the_estimate(self):
        d = Daemon(build_dir())
        try:
            ask = ("--json", "route", "--code", "03985", "--need", "shelter")
            first = json.loads(d.ctl(*ask).stdout)["hosts"][0]
            self.assertTrue(first["estimate"])
            with (d.dir / "conf/places/times.csv").open("a") as f:
                f.write("03985,03979,120\n")
            hosts = json.loads(d.ctl(*ask).stdout)["hosts"]
            self.assertNotEqual(hosts[0]["id"], first["id"])
            (known,) = [h for h in hosts if h["id"] == first["id"]]
            self.assertEqual((known["minutes"], known["estimate"]), (120, False))
        finally:
            d.close()

    def test_route_leaves_nobody_out(self):
        """Every host and every collaborator of the network is in line or has the reason why not."""
        d = Daemon(build_dir())
        self.addCleanup(d.close)
        for more in ((), ("--need", "medical"), ("--children", "9"), ("--at", "2026-11-25T02:00:00+07:00")):
            said = json.loads(d.ctl("--json", "route", "--code", "03985", *more).stdout)
            self.assertEqual(len(said["hosts"]) + len(said["rejected_hosts"]), 19, said)
            people = [x["id"] for x in said["collaborators"] + said["rejected_collaborators"]]
            self.assertEqual((len(people), len(set(people))), (28, 28), said)

    def test_every_mistake_has_its_place_and_remedy(self):
        for name, old, new, want in self.CASES:
            with self.subTest(name=name, new=new):
                d = Daemon(build_dir())
                try:
                    path = d.dir / "conf" / name
                    if old not in path.read_text():
                        old = old.replace("03985", path.read_text().split('place = "')[1][:5]) if "03985" in old else old
                    path.write_text(path.read_text().replace(old, new, 1))
                    p = d.ctl("check", check=False)
                    self.assertEqual(p.returncode, 1, p.stdout + p.stderr)
                    self.assertIn(want, p.stdout)
                    self.assertIn(name.split("/")[-1], p.stdout)
                finally:
                    d.close()


if __name__ == "__main__":
    unittest.main()
