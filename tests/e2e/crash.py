"""Load and kill -9 at a random moment, again and again: nothing acknowledged is lost, nothing happens twice.

Each round: several connections send SMS with ids of their own, the daemon is killed somewhere in between, started
again, and every input that was answered is sent once more: the answer must be the same and the journal must not grow.
Then each acknowledged input is there exactly once, each referral it should have made exists once, and every alert has
arrived under one webhook-id.
"""
import argparse
import collections
import http.client
import random
import sys
import threading
import time

from hotlined_test import Daemon, build_dir

CONNECTIONS = 8


class Load(threading.Thread):
    def __init__(self, daemon, rng, number, stop):
        super().__init__(daemon=True)
        self.d, self.rng, self.number, self.stop = daemon, rng, number, stop
        self.acked, self.sent = {}, 0
        self.token = daemon.secret("kannel-token")

    def run(self):
        conn = self.d.connect()
        while not self.stop.is_set():
            key = f"{self.number}-{self.sent}"
            sender = f"+840{self.number:05d}{self.sent:05d}"  # of this input alone
            danger = self.rng.random() < 0.5
            text = "CUU Chieng Son" if danger else self.rng.choice(["xin chao", "2", "tam su", "Moc Chau"])
            path = self.d.sms_path(sender, text, key, token=self.token)
            self.sent += 1
            try:
                status, body, _ = self.d.get(path, conn)
            except (OSError, http.client.HTTPException):
                return  # not acknowledged: it may or may not be there
            if status == 200:
                self.acked[key] = (path, body, danger)


def one_round(d, rng, n, known):
    stop = threading.Event()
    loads = [Load(d, random.Random(rng.random()), n * CONNECTIONS + k, stop) for k in range(CONNECTIONS)]
    for x in loads:
        x.start()
    time.sleep(rng.uniform(0.02, 0.6))
    d.kill()
    stop.set()
    for x in loads:
        x.join(10)
    acked = {k: v for x in loads for k, v in x.acked.items()}
    d.start()
    before = d.metric('inputs_total{kind="mo"}')
    conn = d.connect()
    for key, (path, body, _) in acked.items():
        status, again, _ = d.get(path, conn)
        assert (status, again) == (200, body), f"{key}: {status} {again!r} instead of {body!r}"
    new = d.metric('inputs_total{kind="mo"}') - before - d.metric("duplicates_total")
    assert new == 0, f"{new} acknowledged inputs were not in the journal"
    known["acked"] += len(acked)
    known["sent"] += sum(x.sent for x in loads)
    known["danger"] += sum(v[2] for v in acked.values())
    return len(acked)


def compare(d, known):
    rows = d.rows()
    kinds = collections.Counter(r["kind"] for r in rows)
    each = collections.Counter(r["contact"] for r in rows if r["kind"] == "mo")
    opened = collections.Counter(r["referral"] for r in rows if r.get("event") == "opened")
    offered = [r for r in rows if r.get("event") == "offered"]
    asked = [r for r in rows if r["kind"] == "mo" and r.get("urgent")]
    assert kinds["mo"] >= known["acked"], f"{kinds['mo']} rows for {known['acked']} acknowledged inputs"
    assert kinds["mo"] <= known["sent"], f"{kinds['mo']} rows for {known['sent']} inputs that were sent"
    assert max(each.values()) == 1, "an input is in the journal twice"
    assert max(opened.values()) == 1, "a referral was opened twice"
    assert len({r["contact"] for r in asked}) == len(opened), f"{len(asked)} calls for help, {len(opened)} referrals"
    assert len(opened) >= known["danger"], f"{len(opened)} referrals for {known['danger']} acknowledged calls"
    alerts = d.receiver.wait(len(offered), 60)
    got = collections.Counter((a["data"]["referral"], a["data"]["collaborator"]) for a in alerts.values())
    assert max(got.values()) == 1, "an alert arrived under two ids"
    missing = {(r["referral"], r["collaborator"]) for r in offered} - set(got)
    assert not missing, f"{len(missing)} alerts never arrived"
    assert d.receiver.bad == 0
    d.ctl("journal", "verify")
    return f"{kinds['mo']} inputs, {len(opened)} referrals, {len(alerts)} alerts in {d.receiver.posts} posts"


def many_rounds(rounds, rng, say=lambda line: None):
    d = Daemon(build_dir())
    known = collections.Counter()
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
