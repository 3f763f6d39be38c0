"""A collaborator with two systems: the second gets the alert when the first does not take it; route counts the cases."""
import base64
import json
import time
import unittest

from courier_e2e import Moody
from hotlined_test import Daemon, build_dir
from receiver import Receiver

URGENT = 6  # seconds an offer waits, so two for the first system, of which a try may last one


class Channels(unittest.TestCase):
    def start(self, first, urgent=URGENT):
        """Everybody is alerted by `first`, then by the second, which works."""
        d = self.d = Daemon(build_dir())
        self.addCleanup(d.close)
        self.addCleanup(first.close)
        d.edit("network/collaborators.conf", 'endpoint = "example"', 'endpoint = [ "zalo", "example" ]')
        d.edit("network/endpoints.conf", "endpoints = (", "endpoints = (\n    {\n"
               f'        id = "zalo"; url = "http://127.0.0.1:{first.port}/alert";\n'
               '        secret = "webhook-zalo"; token = "answers-zalo";\n    },')
        d.edit("network/policy.conf", 'offer_timeout_urgent = "3m"', f'offer_timeout_urgent = "{urgent}s"')
        d.ctl("keygen")
        return d.start()

    def events(self):
        return [r["event"] for r in self.d.rows(kind="referral")]

    def accept(self, alert, token):
        status, body, _ = self.d.request(
            "POST", f"/api/v1/referrals/{alert['referral']}/accept", json.dumps({"collaborator": alert["collaborator"]}),
            {"Authorization": "Bearer " + self.d.secret(token), "Content-Type": "application/json"})
        self.assertEqual(status, 200, body)

    def first_fails(self, first, within, urgent=URGENT):
        """The second system has the alert within so many seconds, nobody else is asked, its acceptance counts."""
        self.start(first, urgent)
        began = time.time()
        self.d.sms("+84000000701", "CUU Chieng Son", "c1")
        alerts = list(self.d.receiver.wait(1, within + 5).values())
        self.assertLess(time.time() - began, within)
        self.assertEqual(self.events(), ["opened", "offered"])
        self.accept(alerts[0]["data"], "answers-example")
        self.assertEqual(self.events(), ["opened", "offered", "accepted"])
        failed = self.d.rows(kind="send", event="failed")
        self.assertEqual([r["note"] for r in failed], ["alert by zalo"])
        self.assertIn("kind=alert by=zalo status=", self.d.logged())

    def test_gone(self):
        self.first_fails(Moody(statuses=[410]), 2)

    def test_refused(self):
        self.first_fails(Moody(statuses=[403]), 2)

    def test_errors_until_its_share_is_over(self):
        first = Moody(statuses=[500] * 100)
        self.first_fails(first, 6, urgent=18)
        self.assertGreater(len(first.posts), 1)

    def test_nobody_there(self):
        first = Moody()
        first.close()
        first.close = lambda: None
        self.first_fails(first, 3)

    def test_no_answer(self):
        first = Moody()
        first.hang.clear()
        self.addCleanup(first.hang.set)
        self.first_fails(first, 4)

    def test_the_first_takes_it_and_the_second_hears_nothing(self):
        first = Moody()
        self.start(first, 60)
        self.d.sms("+84000000702", "CUU Chieng Son", "c2")
        self.assertEqual(len(first.wait(1)), 1)
        end = time.time() + 10
        while time.time() < end and not self.d.rows(kind="send"):
            time.sleep(0.05)
        self.assertEqual([r["note"] for r in self.d.rows(kind="send")], ["alert by zalo"])
        self.assertEqual(self.d.receiver.posts, 0)

    def test_either_may_answer_whichever_took_it(self):
        first = Receiver("whsec_")
        self.start(first, 60)
        first.key = base64.b64decode(self.d.secret("webhook-zalo").removeprefix("whsec_"))
        self.d.sms("+84000000703", "CUU Chieng Son", "c3")
        data = list(first.wait(1).values())[0]["data"]
        self.accept(data, "answers-example")
        self.accept(data, "answers-zalo")
        self.assertEqual(self.events(), ["opened", "offered", "accepted"])

    def test_both_dead_is_the_next_person(self):
        self.start(Moody(statuses=[410]), 60)
        second = Moody(statuses=[410])
        self.addCleanup(second.close)
        self.d.edit("network/endpoints.conf", f"127.0.0.1:{self.d.receiver.port}", f"127.0.0.1:{second.port}")
        self.d.reload()
        self.d.sms("+84000000704", "CUU Chieng Son", "c4")
        end = time.time() + 10
        while time.time() < end and len(self.events()) < 4:
            time.sleep(0.05)
        self.assertEqual(self.events()[:4], ["opened", "offered", "failed", "offered"])

    def test_killed_between_the_two(self):
        """The second does not answer when the daemon dies: it gets the alert again, under the same id, and not the first."""
        first, second = Moody(statuses=[410] * 100), Moody()
        self.addCleanup(second.close)
        self.addCleanup(second.hang.set)
        self.start(first, 60)
        self.d.edit("network/endpoints.conf", f"127.0.0.1:{self.d.receiver.port}", f"127.0.0.1:{second.port}")
        self.d.reload()
        second.hang.clear()
        self.d.sms("+84000000705", "CUU Chieng Son", "c5")
        self.assertEqual(len(second.wait(1)), 1)
        self.d.kill()
        second.hang.set()
        self.d.start()
        posts = second.wait(2)
        self.assertEqual(len({p[1] for p in posts}), 1)
        self.assertEqual(len(first.posts), 1)
        self.assertNotEqual(first.posts[0][1], posts[0][1])
        self.assertEqual(self.events(), ["opened", "offered"])

    def test_a_system_that_was_taken_away(self):
        """A reload replaces the first system while its alert waits there: it goes by the other."""
        self.start(Moody(statuses=[503], headers={"Retry-After": "5"}), 60)
        self.d.sms("+84000000706", "CUU Chieng Son", "c6")
        end = time.time() + 10
        while time.time() < end and self.d.metric("sends_retried_total") < 1:
            time.sleep(0.05)
        self.assertEqual(self.d.receiver.posts, 0)
        self.d.edit("network/collaborators.conf", '"zalo", ', "")
        self.d.reload()
        self.assertEqual(len(self.d.receiver.wait(1, 15)), 1)
        self.assertEqual(self.events(), ["opened", "offered"])


class Load(unittest.TestCase):
    def test_route_says_what_the_daemon_would(self):
        """A case under way counts for its host and collaborator with --load; the next one goes where that says."""
        d = Daemon(build_dir())
        self.addCleanup(d.close)
        said = {}

        def route(*more):
            args = ("--json", "route", "--code", "03985", "--need", "danger", "--urgent", *more)
            return json.loads(d.ctl(*args, check=False).stdout)

        p = d.ctl("route", "--code", "03985", "--load", check=False)
        self.assertEqual(p.returncode, 1, "no store yet")
        d.start()
        said["before"] = route("--load")
        self.assertEqual(said["before"], route())
        d.sms("+84000000707", "CUU Chieng Son", "l1")
        alert = list(d.receiver.wait(1).values())[0]["data"]
        said["after"] = route("--load")
        first = said["before"]["collaborators"][0]
        self.assertEqual(alert["collaborator"], first["id"])
        self.assertEqual(route(), said["before"], "without --load nobody counts")
        busy = {h["id"]: h["burden"] for h in said["after"]["hosts"]}
        idle = {h["id"]: h["burden"] for h in said["before"]["hosts"]}
        self.assertEqual({k: busy[k] - idle[k] for k in busy if busy[k] != idle[k]}, {first["host"]: 1})
        of = {c["id"]: c["why"] for c in said["after"]["collaborators"]}
        self.assertIn("1 open", of[first["id"]])
        d.sms("+84000000708", "CUU Chieng Son", "l2")
        second = [a["data"] for a in d.receiver.wait(2).values()][1]
        self.assertEqual(second["collaborator"], said["after"]["collaborators"][0]["id"], "as route said")


if __name__ == "__main__":
    unittest.main()
