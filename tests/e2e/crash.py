"""Load and kill -9 at a random moment, again and again: nothing acknowledged is lost, nothing happens twice.

Each round: several connections send SMS with ids of their own and USSD steps, a collaborator's system accepts what it is
alerted of, the daemon is killed somewhere in between, started again, and every input that was answered is sent once more:
the answer must be the same and the journal must not grow. Then each acknowledged input is there exactly once, each referral
it should have made exists once, every alert has arrived under one webhook-id, and each acceptance that was answered is
there once.
"""
import argparse
import collections
import http.client
import random
import sys
import threading
import time
import urllib.parse

from hotlined_test import Daemon, build_dir

CONNECTIONS = 8
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Load(threading.Thread):
    def __init__(self, daemon, rng, number, stop):
        super().__init__(daemon=True)
        self.d, self.rng, self.number, self.stop = daemon, rng, number, stop
        self.acked, self.sent = {}, 0
        self.token = daemon.secret("kannel-token")
        self.ussd_path = "/in/africastalking/ussd?token=" + daemon.secret("africastalking-token")

    def sms(self, sender, key, danger):
        text = "CUU Chieng Son" if danger else self.rng.choice(["xin chao", "2", "tam su", "Moc Chau"])
        return "GET", self.d.sms_path(sender, text, key, token=self.token), None, {}

    def ussd(self, sender, key, danger):
        form = {"sessionId": key, "serviceCode": "*384#", "phoneNumber": sender, "networkCode": "1"}
        form["text"] = "CUU Chieng Son" if danger else ""
        return "POST", self.ussd_path, urllib.parse.urlencode(form), FORM

    def run(self):
        conn = self.d.connect()
        while not self.stop.is_set():
            key = f"{self.number}-{self.sent}"
            sender = f"+840{self.number:05d}{self.sent:05d}"  # of this input alone
            danger = self.rng.random() < 0.5
            request = (self.ussd if self.rng.random() < 0.25 else self.sms)(sender, key, danger)
            self.sent += 1
            try:
                status, body, _ = self.d.request(*request, conn=conn)
            except (OSError, http.client.HTTPException):
                return  # not acknowledged: it may or may not be there
            if status == 200:
                self.acked[key] = (request, body, danger)


class Collaborator(threading.Thread):
    """Accepts every fourth alert, once."""

    def __init__(self, daemon, known, stop):
        super().__init__(daemon=True)
        self.d, self.known, self.stop, self.accepted = daemon, known, stop, {}

    def run(self):
        while not self.stop.is_set():
            with self.d.receiver.lock:
                alerts = [a["data"] for k, a in self.d.receiver.alerts.items() if k not in self.known]
                self.known.update(self.d.receiver.alerts)
            for a in alerts[::4]:
                try:
                    status, body, _ = self.d.answer(a["referral"], "accept", a["collaborator"])
                    if status == 200:
                        self.accepted[a["referral"]] = (a["collaborator"], body)
                except (OSError, http.client.HTTPException):
                    return
            time.sleep(0.01)


def inputs(d):
    return d.metric('inputs_total{kind="mo"}') + d.metric('inputs_total{kind="ussd"}')


def one_round(d, rng, n, known):
    stop = threading.Event()
    loads = [Load(d, random.Random(rng.random()), n * CONNECTIONS + k, stop) for k in range(CONNECTIONS)]
    them = Collaborator(d, known["alerts"], stop)
    for x in [*loads, them]:
        x.start()
    time.sleep(rng.uniform(0.02, 0.6))
    d.kill()
    stop.set()
    for x in [*loads, them]:
        x.join(10)
    known["accepted"].update(them.accepted)
    acked = {k: v for x in loads for k, v in x.acked.items()}
    d.start()
    before = inputs(d)
    conn = d.connect()
    for key, (request, body, _) in acked.items():
        status, again, _ = d.request(*request, conn=conn)
        assert (status, again) == (200, body), f"{key}: {status} {again!r} instead of {body!r}"
    new = inputs(d) - before - d.metric("duplicates_total")
    assert new == 0, f"{new} acknowledged inputs were not in the journal"
    for referral, (collaborator, body) in them.accepted.items():
        status, again, _ = d.answer(referral, "accept", collaborator)
        assert (status, again) == (200, body), f"{referral}: {status} {again!r} instead of {body!r}"
    known["acked"] += len(acked)
    known["sent"] += sum(x.sent for x in loads)
    known["danger"] += sum(v[2] for v in acked.values())
    return len(acked)


def compare(d, known):
    rows = d.rows()
    kinds = collections.Counter(r["kind"] for r in rows)
    lines = kinds["mo"] + kinds["ussd"]
    each = collections.Counter(r["contact"] for r in rows if r["kind"] in ("mo", "ussd"))
    accepted = collections.Counter(r["referral"] for r in rows if r.get("event") == "accepted")
    opened = collections.Counter(r["referral"] for r in rows if r.get("event") == "opened")
    offered = [r for r in rows if r.get("event") == "offered"]
    asked = [r for r in rows if r["kind"] in ("mo", "ussd") and r.get("urgent")]
    assert lines >= known["acked"], f"{lines} rows for {known['acked']} acknowledged inputs"
    assert lines <= known["sent"], f"{lines} rows for {known['sent']} inputs that were sent"
    assert max(each.values()) == 1, "an input is in the journal twice"
    assert max(opened.values()) == 1, "a referral was opened twice"
    assert len({r["contact"] for r in asked}) == len(opened), f"{len(asked)} calls for help, {len(opened)} referrals"
    assert len(opened) >= known["danger"], f"{len(opened)} referrals for {known['danger']} acknowledged calls"
    assert not accepted or max(accepted.values()) == 1, "a referral was accepted twice"
    lost = set(known["accepted"]) - set(accepted)
    assert not lost, f"{len(lost)} acceptances that were answered are not there"
    alerts = d.receiver.wait(len(offered), 60)
    got = collections.Counter((a["data"]["referral"], a["data"]["collaborator"]) for a in alerts.values())
    assert max(got.values()) == 1, "an alert arrived under two ids"
    missing = {(r["referral"], r["collaborator"]) for r in offered} - set(got)
    assert not missing, f"{len(missing)} alerts never arrived"
    assert d.receiver.bad == 0
    d.ctl("journal", "verify")
    return (
        f"{kinds['mo']} SMS and {kinds['ussd']} USSD steps, {len(opened)} referrals, {len(alerts)} alerts in "
        f"{d.receiver.posts} posts, {len(known['accepted'])} of {len(accepted)} acceptances acknowledged"
    )


def many_rounds(rounds, rng, say=lambda line: None):
    d = Daemon(build_dir())
    known = {"acked": 0, "sent": 0, "danger": 0, "accepted": set(), "alerts": set()}
    try:
        # offers stay open, so that every referral is offered once
        d.edit("network/policy.conf", 'offer_timeout_urgent = "3m"', 'offer_timeout_urgent = "12h"')
        d.edit("network/collaborators.conf", "max_open = 20", "max_open = 0")
        d.start()
        for n in range(rounds):
            acked = one_round(d, rng, n, known)
            say(f"round {n + 1}/{rounds}: {acked} acknowledged, all there once")
        say(compare(d, known))
        return known["acked"]
    finally:
        d.close()


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--rounds", type=int, default=100)
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    acked = many_rounds(args.rounds, random.Random(args.seed), lambda line: print(line, flush=True))
    print(f"{acked} acknowledged inputs over {args.rounds} kills: none lost, none twice (seed {args.seed})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
