"""How long requests take while a network of 5,000 hosts and 20,000 collaborators is reloaded beside them.

A thousand referrals are under way. One client sends a message every few milliseconds, first undisturbed, then through
several reloads: what the slowest of the second waited beyond the slowest of the first is what a reload costs.
"""
import argparse
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
sys.path.insert(0, str(ROOT / "tests" / "bench"))
from hotlined_test import Daemon  # noqa: E402
from run import Baseline  # noqa: E402

REFERRALS, EVERY_S = 1000, 0.004


class Country(Daemon):
    def __init__(self, build):
        super().__init__(build)
        with tempfile.TemporaryDirectory() as d:
            made = pathlib.Path(d) / "conf"
            subprocess.run([sys.executable, ROOT / "tests/bench/make_network.py", made, "--hosts", "5000", "--people",
                            "20000", "--communes", "3321"], check=True)
            shutil.rmtree(self.dir / "conf/places")
            shutil.copytree(made / "places", self.dir / "conf/places")
            for name in ("hosts", "collaborators"):
                shutil.copy(made / f"network/{name}.conf", self.dir / f"conf/network/{name}.conf")
        self.sink = Baseline(self.build)
        self.edit("network/endpoints.conf", f"127.0.0.1:{self.receiver.port}", f"127.0.0.1:{self.sink.port}")

    def close(self):
        self.sink.close()
        super().close()


def measure(d, conn, run, until):
    """Milliseconds of each request until `until()` says it is enough."""
    took, n = [], 0
    while not until():
        start = time.perf_counter()
        status, _ = d.sms(f"+8493{run}{n % 1000:06}", "2" if n // 1000 % 2 else "xin chao", f"{run}-{n}", conn=conn)
        took.append((time.perf_counter() - start) * 1000)
        assert status == 200, status
        n += 1
        time.sleep(EVERY_S)
    return sorted(took)


def through_reloads(d, conn, reloads):
    done = {"n": d.log.read_text().count("event=reload"), "asked": 0}
    first = done["n"]

    def enough():
        now = d.log.read_text().count("event=reload") - first
        if now == done["asked"]:
            if now == reloads:
                return True
            with (d.dir / "conf/network/policy.conf").open("a") as f:
                f.write("# touched\n")
            d.process.send_signal(signal.SIGHUP)
            done["asked"] += 1
        return False

    return measure(d, conn, 2, enough)


def say(what, took):
    print(f"  {what:<24} {len(took):6} requests  median {took[len(took) // 2]:6.2f} ms  p99 {took[len(took) * 99 // 100]:6.2f} ms"
          f"  slowest {took[-1]:6.2f} ms")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    p.add_argument("--reloads", type=int, default=5)
    a = p.parse_args()
    d = Country(a.build)
    try:
        d.start()
        conn, chance = d.connect(), random.Random(3)
        for i in range(REFERRALS):
            d.sms(f"+84930{chance.randrange(10**6):06}", "CUU", f"r{i}", conn=conn)
        began, seconds = time.time(), 2.0 * a.reloads
        quiet = measure(d, conn, 1, lambda: time.time() > began + seconds)
        busy = through_reloads(d, conn, a.reloads)
        print(f"reloading 5,000 hosts, 20,000 collaborators, 3,321 communes; {int(d.metric('referrals_total'))} referrals:")
        say("undisturbed", quiet)
        say(f"through {a.reloads} reloads", busy)
    finally:
        d.close()


if __name__ == "__main__":
    main()
