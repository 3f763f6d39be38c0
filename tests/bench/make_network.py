#!/usr/bin/env python3
"""Makes a configuration with a large random network, the same for the same seed, out of the example.

usage: make_network.py DIR [--hosts N] [--people N] [--communes N] [--seed N]
Without --communes the example's places are kept. Everything else is the example's.
"""
import argparse
import csv
import pathlib
import random
import shutil

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEEDS = ["danger", "shelter", "talk", "medical", "legal", "child", "info"]
SYLLABLES = [a + b for a in ("B", "Ch", "D", "H", "K", "L", "M", "N", "Ph", "S", "T", "V") for b in ("a", "an", "inh", "o", "ung", "ieu")]
HOURS = ["always", "always", "mon-sun 06:00-22:00", "mon-fri 07:30-17:00, sat 08:00-12:00", "mon-sun 18:00-06:00"]


def quoted(items):
    return "[ " + ", ".join(f'"{x}"' for x in items) + " ]"


def make_places(folder, n, rng):
    """A square province of n communes in districts of fifteen, all with different names."""
    names = [f"{a} {b}" for a in SYLLABLES for b in SYLLABLES]
    rng.shuffle(names)
    with (folder / "units-2025.csv").open("w") as f:
        f.write("code,level,parent_code,type,name_vi,name_ascii,lat,lon,area_km2,former_district_code,point\n")
        f.write("14,province,,Tỉnh,Sơn La,Son La,21.19474,104.06934,14108.89,,centroid\n")
        for i in range(n):
            name = names[i]
            f.write(f"{10000 + i},commune,14,Xã,{name},{name},{20 + rng.random() * 3:.5f},{103 + rng.random() * 3:.5f},"
                    f"100,{200 + i // 15},centroid\n")
    with (folder / "former-units-2021-2025.csv").open("w") as f:
        f.write("code,level,parent_code,type,name_vi,name_ascii,now_code,how\n")
        for d in range((n + 14) // 15):
            inside = " ".join(str(10000 + i) for i in range(15 * d, min(n, 15 * d + 15)))
            f.write(f"{200 + d},district,14,Huyện,{names[-d - 1]},{names[-d - 1]},{inside},district\n")
    (folder / "aliases.csv").write_text("name,code\n")


def read_communes(folder):
    with (folder / "units-2025.csv").open() as f:
        rows = csv.DictReader(line for line in f if not line.startswith("#"))
        return [(r["code"], r["former_district_code"]) for r in rows if r["level"] == "commune"]


def host(i, communes, rng):
    kind = rng.choice(["trusted-address", "shelter", "health", "police", "legal", "social"])
    lines = [f'id = "h{i:05}"; name = "Vi du {i}"; kind = "{kind}"; place = "{rng.choice(communes)}";',
             f'needs = {quoted(sorted(set(["shelter", "danger"] + rng.sample(NEEDS, 3))))};',
             f'hours = "{rng.choice(HOURS)}"; exceptions = [ "holidays always", "2026-03-01..2026-03-02 closed" ];',
             f'capacity = {rng.choice([0, 4, 10, 40])}; children = {rng.choice([-1, 0, 3, 6])};',
             f'men = {rng.choice(["true", "false"])}; accessible = {rng.choice(["true", "false"])};',
             f'languages = {quoted(rng.choice([["vi"], ["vi", "hmn"], ["vi", "tdd"]]))};',
             f'phones = {quoted([f"+84000{i:06}", f"+84000{i + 100000:06}"])};']
    if rng.random() < 0.1:
        lines.append(f"serves = {quoted(rng.sample(communes, min(20, len(communes))))};")
    elif rng.random() < 0.2:
        lines.append(f"avoid = {quoted(rng.sample(communes, 1))};")
    return "    { " + "\n      ".join(lines) + " }"


def person(i, n, hosts, communes, rng):
    first = rng.randrange(len(communes))
    served = communes[first:first + 3]
    mine = {i % hosts, rng.randrange(hosts)}
    lines = [f'id = "p{i:05}"; name = "Vi du {i}"; phone = "+84000{i:06}"; endpoint = "example";',
             f'places = {quoted(served)}; home = "{served[0]}"; hosts = {quoted(f"h{h:05}" for h in sorted(mine))};',
             f'rota = "{rng.choice(HOURS)}"; max_open = 20;',
             f'languages = {quoted(rng.choice([["vi"], ["vi", "hmn"], ["vi", "tdd"]]))};']
    if rng.random() < 0.1:
        lines.append('out = [ "2026-02-10..2026-02-14" ];')
    if i % 10 == 0 and i + 1 < n:
        lines.append(f'swap = [ "2026-07-0{1 + i // 10 % 9} p{(i + 5) % n:05}" ];')
    if i >= n - 4:
        lines.append("duty = true;")
    return "    { " + "\n      ".join(lines) + " }"


def make_network(folder, hosts, people, communes, rng):
    (folder / "hosts.conf").write_text(
        "hosts = (\n" + ",\n".join(host(i, communes, rng) for i in range(hosts)) + "\n);\n")
    (folder / "collaborators.conf").write_text(
        "collaborators = (\n" + ",\n".join(person(i, people, hosts, communes, rng) for i in range(people)) + "\n);\n")


def make_ways(folder, communes, districts, rng):
    with (folder / "times.csv").open("w") as f:
        f.write("from,to,minutes,mode\n")
        for a in communes:
            for b in rng.sample(communes, min(20, len(communes))):
                f.write(f"{a},{b},{rng.randrange(10, 400)},motorbike\n")
    with (folder / "overrides.csv").open("w") as f:
        f.write("from,to,first,last,hours,minutes\n*,*,,,19:00-05:00,x1.4\n")
        for a in rng.sample(communes, 10):
            f.write(f"*,{a},2026-07-01,2026-08-31,,closed\n")
    with (folder / "terrain.csv").open("w") as f:
        f.write("area,area,detour\n")
        for d in sorted(districts)[:12]:
            f.write(f"{d},{d},2.2\n")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("dir", type=pathlib.Path)
    for name in ("--hosts", "--people", "--communes"):
        p.add_argument(name, type=int, default=0)
    p.add_argument("--seed", type=int, default=1)
    a = p.parse_args()
    rng = random.Random(a.seed)
    shutil.copytree(ROOT / "conf", a.dir, ignore=shutil.ignore_patterns("secrets"))
    if a.communes:
        make_places(a.dir / "places", a.communes, rng)
    rows = read_communes(a.dir / "places")
    communes = [code for code, _ in rows]
    make_network(a.dir / "network", a.hosts or 300, a.people or 1200, communes, rng)
    make_ways(a.dir / "places", communes, {d for _, d in rows}, rng)


if __name__ == "__main__":
    main()
