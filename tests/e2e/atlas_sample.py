"""What `hotlinectl coverage --json` and `hotlinectl diff --json` print, for a network made up here: real communes, a few hosts."""
import csv
import math
import pathlib

PLACES = pathlib.Path(__file__).resolve().parents[2] / "conf" / "places"
NEEDS = ("danger", "shelter", "talk", "medical", "legal", "child", "info", "harm")
# id, name, kind, commune, needs, open at night
HOSTS = (
    ("ta-son-la", "Vi du: dia chi tin cay Son La", "trusted-address", "03646", "danger shelter talk child legal info", True),
    ("nhatam-son-la", "Vi du: nha tam lanh Son La", "shelter", "03679", "danger shelter child", True),
    ("ctxh-son-la", "Vi du: trung tam cong tac xa hoi", "social", "03646", "shelter talk legal child info harm", False),
    ("ta-muong-la", "Vi du: dia chi tin cay Muong La", "trusted-address", "03808", "danger shelter talk child legal info", True),
    ("tramyte-thuan-chau", "Vi du: tram y te Thuan Chau", "health", "03721", "medical danger", False),
    ("ca-phu-yen", "Vi du: cong an Phu Yen", "police", "03910", "danger shelter", True),
    ("nhatam-bac-yen", "Vi du: nha tam lanh Bac Yen", "shelter", "03892", "danger shelter child", True),
    ("tgpl-moc-chau", "Vi du: tro giup phap ly Moc Chau", "legal", "03979", "legal talk info", False),
    ("ta-song-ma", "Vi du: dia chi tin cay Song Ma", "trusted-address", "04168", "danger shelter talk child legal info", True),
    ("ta-van-ho", "Vi du: dia chi tin cay Van Ho", "trusted-address", "04048", "danger shelter talk child", True),
)
TOO_FAR = 240


def communes():
    with (PLACES / "former-units-2021-2025.csv").open(encoding="utf-8") as f:
        districts = {r["code"]: r["name_vi"] for r in csv.DictReader(f) if r["level"] == "district"}
    with (PLACES / "units-2025.csv").open(encoding="utf-8") as f:
        for r in csv.DictReader(f):
            if r["level"] == "commune":
                d = r["former_district_code"]
                yield {"code": r["code"], "type": r["type"], "name": r["name_vi"], "district": {"code": d, "name": districts[d]},
                       "lat": float(r["lat"]), "lon": float(r["lon"])}


def minutes(a, b):
    rad = math.radians
    x = math.sin(rad(b["lat"] - a["lat"]) / 2) ** 2 + math.cos(rad(a["lat"])) * math.cos(rad(b["lat"])) * math.sin(rad(b["lon"] - a["lon"]) / 2) ** 2
    return round(6371 * 2 * math.asin(math.sqrt(x)) * 1.8 / 25 * 60)


def answer(places, hosts, commune, need, night):
    fit = sorted((minutes(commune, places[h[3]]), h[0]) for h in hosts if need in h[4].split() and (h[5] or not night))
    fit = [{"host": h, "minutes": m, "estimate": m > 0} for m, h in fit if m <= TOO_FAR]
    if fit:
        return {"state": "host", **fit[0], "second": fit[1] if len(fit) > 1 else None}
    state = "nobody" if need == "harm" else "duty" if need == "medical" and commune["code"] > "04100" else "people"
    return {"state": state, "why": [{"why": "closed at this hour", "hosts": 3}, {"why": "too far away", "hosts": 2}], "second": None}


def survey(hosts):
    places = {c["code"]: c for c in communes()}
    return places, {c["code"]: {n: {t: answer(places, hosts, c, n, t == "night") for t in ("day", "night")} for n in NEEDS} for c in places.values()}


def host_json(places, h):
    return {"id": h[0], "name": h[1], "kind": h[2], "place": h[3], "lat": places[h[3]]["lat"], "lon": places[h[3]]["lon"]}


HEAD = {"date": "2026-11-25", "day": "10:00", "night": "23:00", "province": {"code": "14", "name": "Sơn La"}}


def coverage(hosts=HOSTS):
    places, found = survey(hosts)
    summary = {}
    for need in NEEDS:
        for t in ("day", "night"):
            got = [f[need][t] for f in found.values()]
            m = sorted(a["minutes"] for a in got if a["state"] == "host")
            one = {k: sum(a["state"] == k for a in got) for k in ("host", "people", "duty", "nobody")}
            one.update(median_minutes=m[len(m) // 2] if m else None, longest_minutes=m[-1] if m else None)
            summary.setdefault(need, {})[t] = one
    return {"kind": "coverage", "stamp": "0123456789abcdef", **HEAD, "for": {"children": 2, "who": ["elder"], "lang": None},
            "hosts": [host_json(places, h) for h in hosts],
            "communes": [{**c, "needs": found[c["code"]]} for c in places.values()], "summary": summary}


def short(a):
    return {k: a.get(k) for k in ("state", "host", "minutes", "estimate")}


def change(before, after):
    b, a = before["state"] == "host", after["state"] == "host"
    if short(before) == short(after):
        return None
    gone = after["minutes"] - before["minutes"] if a and b else None
    what = "uncovered" if b and not a else "covered" if a and not b else "other_host" if a and before["host"] != after["host"] else "longer" if gone and gone > 0 else "shorter"
    return {"before": short(before), "after": short(after), "minutes": gone, "what": what}


def load(found, host):
    return sum(a.get("host") == host for f in found.values() for n in f.values() for a in n.values())


def diff(old=HOSTS, new=None):
    """ta-song-ma is given up, ta-van-ho closes at night and moves, a new health station takes the ill."""
    if new is None:
        new = [h for h in HOSTS if h[0] not in ("ta-song-ma", "ta-van-ho")]
        new += [("ta-van-ho", HOSTS[-1][1], "trusted-address", "03985", HOSTS[-1][4], False),
                ("tramyte-sop-cop", "Vi du: tram y te Sop Cop", "health", "04231", "medical danger", True)]
    places, before = survey(old)
    _, after = survey(new)
    rows = []
    for c in places.values():
        changes = []
        for n in NEEDS:
            for t in ("day", "night"):
                x = change(before[c["code"]][n][t], after[c["code"]][n][t])
                changes += [{"need": n, "time": t, **x}] if x else []
        rows.append({**c, "in": "both", "changes": changes})
    ids = {h[0]: h for h in (*old, *new)}
    hosts = []
    for i, h in ids.items():
        was, now = any(i == x[0] for x in old), any(i == x[0] for x in new)
        changed = [{"key": "place", "before": "04048", "after": "03985"}, {"key": "hours", "before": "always", "after": "mon-sun 06:00-18:00"}] if was and now and i == "ta-van-ho" else []
        hosts.append({**host_json(places, h), "state": "kept" if was and now else "added" if now else "removed", "changed": changed,
                      "first_before": load(before, i), "first_after": load(after, i)})
    every = [x for r in rows for x in r["changes"]]
    summary = {"communes_changed": sum(bool(r["changes"]) for r in rows), **{k: sum(x["what"] == k for x in every) for k in ("uncovered", "covered", "other_host", "longer", "shorter")},
               "minutes_gained": sum(-x["minutes"] for x in every if (x["minutes"] or 0) < 0), "minutes_lost": sum(x["minutes"] for x in every if (x["minutes"] or 0) > 0)}
    people = [{"id": "ctv-song-ma", "state": "removed", "changed": [], "first_before": 61, "first_after": 0},
              {"id": "ctv-van-ho", "state": "kept", "changed": [{"key": "rota", "before": "always", "after": "mon-fri"}], "first_before": 12, "first_after": 30}]
    return {"kind": "diff", "old": {"name": "network", "stamp": "0123456789abcdef"}, "new": {"name": "network.new", "stamp": None}, **HEAD,
            "hosts": hosts, "collaborators": people, "communes": rows, "summary": summary}
