"""Durable answers per second beside a bare evhttp server (a) and one with a group commit of three rows (b).

Every round measures each server once, in turn, each on a new database; the table shows the medians of the rounds.
Then a million inputs go through one daemon to see whether its memory grows. All on the loopback, with wrk as the
load generator on the same machine.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from hotlined_test import Daemon, free_port  # noqa: E402

CONNECTIONS = 64
WORKLOADS = {
    "talk": "a conversation of six messages, referral and alert at its end",
    "help": "every message a call for help: referral and alert each time",
    "step": "every message one step of the dialogue",
}


def load(port, workload, token, run, seconds):
    out = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", ROOT / "tests/bench/load.lua",
         f"http://127.0.0.1:{port}", "--", workload, token, str(run)],
        capture_output=True, text=True, check=True,
    )
    r = json.loads(out.stdout.splitlines()[-1])
    assert r["bad"] == 0, f"{r['bad']} answers were not 2xx or never came"
    return {"rate": r["requests"] / (r["us"] / 1e6), "p50": r["p50_us"] / 1000, "p99": r["p99_us"] / 1000,
            "requests": r["requests"], "seconds": r["us"] / 1e6}


class Baseline:
    def __init__(self, build, commit=False):
        self.port = free_port()
        self.dir = tempfile.TemporaryDirectory(prefix="hotlined-bench-")
        args = [build / "bench" / "baseline", str(self.port)]
        self.process = subprocess.Popen(args + (["--commit", f"{self.dir.name}/db"] if commit else []))
        time.sleep(0.3)

    def close(self):
        self.process.kill()
        self.process.wait()
        self.dir.cleanup()


class Gateway(Daemon):
    """The daemon on the example, no limit on open cases, its alerts taken by a bare server."""

    def __init__(self, build):
        super().__init__(build)
        self.sink = Baseline(self.build)
        self.edit("network/endpoints.conf", f"127.0.0.1:{self.receiver.port}", f"127.0.0.1:{self.sink.port}")
        self.edit("network/collaborators.conf", "max_open = 20", "max_open = 0")
        self.start()
        time.sleep(0.3)

    def rss_kib(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise AssertionError("no VmRSS")

    def cpu(self):
        """Seconds of processor time by thread name."""
        tick, used = os.sysconf("SC_CLK_TCK"), {}
        for stat in pathlib.Path(f"/proc/{self.process.pid}/task").glob("*/stat"):
            head, fields = stat.read_text().rsplit(")", 1)
            name, f = head.split("(", 1)[1], fields.split()
            used[name] = used.get(name, 0) + (int(f[11]) + int(f[12])) / tick
        return used

    def close(self):
        self.sink.close()
        super().close()


def baseline_round(build, commit, seconds, run):
    b = Baseline(build, commit)
    try:
        return load(b.port, "talk", "x", run, seconds)
    finally:
        b.close()


def gateway_round(build, workload, seconds, run):
    d = Gateway(build)
    try:
        before = d.cpu()
        r = load(d.port, workload, d.secret("kannel-token"), run, seconds)
        r["cpu"] = {k: v - before.get(k, 0) for k, v in d.cpu().items()}
        for name in ("store", "dialogue", "commit"):
            r[name] = d.metric(f"{name}_microseconds_total")
        r["batch"] = d.metric("batch_inputs_total") / max(1, d.metric("batches_total"))
        return r
    finally:
        d.close()


def growth(build, inputs, say):
    d = Gateway(build)
    try:
        idle, seen, sizes = d.rss_kib(), 0, []
        say(f"idle: {idle / 1024:.1f} MiB")
        while seen < inputs:
            seen += load(d.port, "talk", d.secret("kannel-token"), 100 + len(sizes), 5)["requests"]
            sizes.append((seen, d.rss_kib()))
            say(f"after {seen:,} inputs: {sizes[-1][1] / 1024:.1f} MiB")
        return idle, sizes
    finally:
        d.close()


def median(rounds, key):
    return statistics.median(r[key] for r in rounds)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default=str(ROOT / "build" / "release"))
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--seconds", type=int, default=5)
    p.add_argument("--inputs", type=int, default=1000000, help="for the memory; 0 leaves it out")
    args = p.parse_args()
    build = pathlib.Path(args.build)
    results = {"a": [], "b": [], **{w: [] for w in WORKLOADS}}
    for n in range(args.rounds):
        results["a"].append(baseline_round(build, False, args.seconds, 10 + n))
        results["b"].append(baseline_round(build, True, args.seconds, 10 + n))
        for w in WORKLOADS:
            results[w].append(gateway_round(build, w, args.seconds, 10 + n))
        print(f"round {n + 1}/{args.rounds}: " + ", ".join(f"{k} {v[-1]['rate']:,.0f}/s" for k, v in results.items()),
              file=sys.stderr, flush=True)
    names = {"a": "(a) bare evhttp", "b": "(b) evhttp and group commit", **{w: f"hotlined, {w}" for w in WORKLOADS}}
    print(f"{CONNECTIONS} connections, medians of {args.rounds} rounds of {args.seconds} s, each compared with (b) of its own round\n")
    print(f"{'':30}{'answers/s':>12}{'p50 ms':>9}{'p99 ms':>9}{'of (b)':>8}")
    for k, name in names.items():
        r = results[k]
        of_b = statistics.median(x["rate"] / b["rate"] for x, b in zip(r, results["b"]))
        print(f"{name:30}{median(r, 'rate'):12,.0f}{median(r, 'p50'):9.2f}{median(r, 'p99'):9.2f}"
              f"{of_b:8.2f}")
    print("\nwhere the time goes, microseconds an input")
    parts = sorted({t for w in WORKLOADS for r in results[w] for t in r["cpu"]})
    print(f"{'':30}{'dialogue':>9}{'store':>9}{'commit':>9}{'batch':>7}   processor time by thread")
    for w, name in ((w, names[w]) for w in WORKLOADS):
        each = [{**{k: r[k] / r["requests"] for k in ("dialogue", "store", "commit")}, "batch": r["batch"],
                 **{t: r["cpu"].get(t, 0) / r["requests"] * 1e6 for t in parts}} for r in results[w]]
        print(f"{name:30}{median(each, 'dialogue'):9.1f}{median(each, 'store'):9.1f}{median(each, 'commit'):9.1f}"
              f"{median(each, 'batch'):7.0f}   " + ", ".join(f"{t} {median(each, t):.1f}" for t in parts))
    print("\nthe workloads: " + "; ".join(f"{w}: {text}" for w, text in WORKLOADS.items()))
    if args.inputs:
        print("\nmemory (resident)")
        growth(build, args.inputs, print)


if __name__ == "__main__":
    main()
