// ---- coverage: who takes whom, how far it is, and who is left without ----

const UP_TO = [30, 60, 90, 120];
const FAR = { nobody: 3e6, duty: 2e6, people: 1e6 }; // without a host is farther than any

class Coverage {
  constructor() {
    this.needs = Object.keys((DATA.communes[0] || { needs: {} }).needs);
    this.need = this.needs.includes("shelter") ? "shelter" : this.needs[0];
    this.time = "day";
    this.title = "coverage";
  }

  about() {
    const who = DATA.for || {}, more = [];
    if (who.children) more.push(word("children", who.children));
    if ((who.who || []).length) more.push(word("forWhom", who.who.map(w => named("who", w)).join(", ")));
    if (who.lang) more.push(word("speaks", who.lang));
    return [word("aboutCoverage", DATA.province.name, date(DATA.date), DATA.day, DATA.night, DATA.stamp || "–"), ...more].join(" · ");
  }

  answer(c) {
    return c.needs[this.need][this.time];
  }

  look(a) {
    if (a.state !== "host") return a.state;
    const at = UP_TO.findIndex(m => a.minutes <= m);
    return `k${at < 0 ? UP_TO.length + 1 : at + 1}`;
  }

  covered(need) {
    const s = (DATA.summary[need] || {})[this.time];
    return s ? `${s.host}/${DATA.communes.length}` : "";
  }

  controls(change) {
    radios($("needs"), "need", this.needs.map(n => [n, named("needs", n), this.covered(n)]), this.need, v => change("need", v));
    radios($("times"), "time", ["day", "night"].map(t => [t, word(t), DATA[t]]), this.time, v => change("time", v));
  }

  choice() {
    return `${named("needs", this.need)}, ${word(this.time).toLowerCase()}`;
  }

  figures() {
    const s = (DATA.summary[this.need] || {})[this.time] || {}, all = DATA.communes.length;
    const states = Object.keys(STATES).map(k => [word(STATES[k]), s[k] || 0]).filter(([, n]) => n).map(([label, n]) => [label, String(n), true]);
    const minutes = m => (typeof m === "number" ? word("min", m) : "–");
    figures([[word("covered"), word("ofAll", s.host || 0, all)], [word("median"), minutes(s.median_minutes)],
      [word("longest"), minutes(s.longest_minutes)], ...states]);
  }

  takes(a) {
    return a.state === "host" ? [time(a.minutes, a.estimate), a.estimate ? el("small", {}, ` ${word("estimate")}`) : ""] : [word(STATES[a.state])];
  }

  second(a) {
    return a.second ? [called(hostName(a.second.host)), " ", el("small", {}, time(a.second.minutes, a.second.estimate))] : ["–"];
  }

  why(a) {
    return word("why") + a.why.map(w => word("whyOne", named("reasons", w.why), w.hosts)).join("; ");
  }

  columns() {
    return [
      { id: "commune", label: "commune", value: r => r.c.name, cell: r => communeCell(r.c) },
      { id: "minutes", label: "minutes", look: "number", down: true, value: r => FAR[r.a.state] || r.a.minutes,
        cell: r => [swatch(this.look(r.a)), ...this.takes(r.a)] },
      { id: "host", label: "firstHost", look: "wide", value: r => (r.a.host ? hostName(r.a.host) : ""),
        cell: r => [r.a.host ? called(hostName(r.a.host)) : "–"] },
      { id: "second", label: "secondHost", look: "wide", value: r => (r.a.second ? r.a.second.minutes : 1e6), cell: r => this.second(r.a) },
      { id: "district", label: "district", value: r => districtName(r.c), cell: r => [districtName(r.c)] }
    ];
  }

  sortedBy() {
    return "minutes";
  }

  rows() {
    return DATA.communes.map(c => {
      const a = this.answer(c), hosts = [a.host, a.second && a.second.host].filter(Boolean);
      const text = [c.code, c.name, districtName(c), ...hosts, ...hosts.map(hostName), STATES[a.state] ? word(STATES[a.state]) : ""];
      return { c, a, code: c.code, text: plain(text.join(" ")) };
    });
  }

  listTitle() {
    return word("communes");
  }

  empty() {
    return "";
  }

  paint(code) {
    const c = COMMUNES.get(code), a = this.answer(c);
    return { look: this.look(a), tip: [el("strong", {}, c.name), el("br"), ...this.takes(a), ...(a.host ? [el("br"), hostName(a.host)] : [])] };
  }

  without() {
    return DATA.communes.filter(c => this.answer(c).state !== "host").map(c => c.code);
  }

  lines(code) {
    const a = this.answer(COMMUNES.get(code));
    return [{ host: a.second && a.second.host, look: "second" }, { host: a.host, look: "first" }];
  }

  card(code) {
    const c = COMMUNES.get(code), a = this.answer(c), list = el("dl");
    const add = (label, ...content) => list.append(el("dt", {}, label), el("dd", {}, ...content));
    if (a.state === "host") add(word("firstHost"), hostName(a.host), ", ", ...this.takes(a));
    else add(word("firstHost"), word(STATES[a.state]));
    if (a.second) add(word("secondHost"), ...this.second(a));
    return [communeTitle(c), list, a.why && a.why.length ? el("p", {}, this.why(a)) : ""];
  }

  legend() {
    const n = {};
    for (const c of DATA.communes) n[this.look(this.answer(c))] = (n[this.look(this.answer(c))] || 0) + 1;
    const text = [word("upTo", UP_TO[0]), ...UP_TO.slice(1).map((m, i) => word("between", UP_TO[i] + 1, m)), word("over", UP_TO[UP_TO.length - 1])];
    const classes = text.map((t, i) => [swatch(`k${i + 1}`), t, n[`k${i + 1}`] || 0]);
    const states = Object.keys(STATES).map(k => [swatch(k), word(STATES[k]), n[k] || 0]);
    return [legendList(word("minutes"), [...classes, ...states]),
      legendList(word("hosts"), [...kindsShown(), [mark("trusted-address", "idle"), word("idle")],
        [lineSample("first"), word("lineFirst")], [lineSample("second"), word("lineSecond")]])];
  }

  count() {
    const n = new Map(DATA.hosts.map(h => [h.id, { first: 0, second: 0 }]));
    for (const c of DATA.communes) {
      const a = this.answer(c);
      if (a.host && n.has(a.host)) n.get(a.host).first += 1;
      if (a.second && n.has(a.second.host)) n.get(a.second.host).second += 1;
    }
    return n;
  }

  hosts() {
    const n = this.count();
    atlas.place(h => (n.get(h.id).first || n.get(h.id).second ? "busy" : "idle"),
      h => [el("strong", {}, h.name), el("br"), named("kinds", h.kind), ` · ${word("first")}: ${n.get(h.id).first}`]);
    return DATA.hosts.map(h => ({ h, code: h.id, ...n.get(h.id) }));
  }

  hostColumns() {
    return [
      { id: "name", label: "name", value: r => r.h.name, cell: r => [called(r.h.name)] },
      { id: "kind", label: "kind", value: r => named("kinds", r.h.kind),
        cell: r => [mark(r.h.kind, r.first || r.second ? "busy" : "idle"), " ", named("kinds", r.h.kind)] },
      { id: "place", label: "place", value: r => placeName(r.h.place), cell: r => [placeName(r.h.place)] },
      { id: "first", label: "first", look: "number", down: true, value: r => r.first, cell: r => [String(r.first)] },
      { id: "second", label: "second", look: "number", down: true, value: r => r.second, cell: r => [String(r.second)] }
    ];
  }
}
