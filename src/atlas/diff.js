// ---- diff: what an edit does ----

const WHAT = ["uncovered", "longer", "other_host", "shorter", "covered"]; // worst first

// What it means for her: that a host is another one matters less than that it is farther.
function effect(x) {
  return x.minutes > 0 && x.what === "other_host" ? "longer" : x.what;
}

class Diff {
  constructor() {
    this.needs = [...new Set(DATA.communes.flatMap(c => c.changes.map(x => x.need)))].sort((a, b) => this.rank(a) - this.rank(b));
    this.need = "all";
    this.time = "both";
    this.title = "diff";
  }

  rank(need) {
    const at = Object.keys(WORDS.en.needs).indexOf(need);
    return at < 0 ? 99 : at;
  }

  about() {
    const side = s => (s.stamp ? word("stamped", s.name, s.stamp) : s.name);
    return word("aboutDiff", DATA.province.name, date(DATA.date), DATA.day, DATA.night, side(DATA.old), side(DATA.new));
  }

  fits(x, need = this.need) {
    return (need === "all" || x.need === need) && (this.time === "both" || x.time === this.time);
  }

  changes(c) {
    return c.changes.filter(x => this.fits(x)).sort((a, b) => this.weight(b) - this.weight(a));
  }

  // How much worse it gets: without a host worst, then by minutes lost; newly covered is best.
  weight(x) {
    if (x.what === "uncovered") return 1e6;
    return x.what === "covered" ? -1e6 : x.minutes || 0;
  }

  look(c) {
    const kinds = this.changes(c).map(effect);
    return WHAT.find(w => kinds.includes(w)) || "unchanged";
  }

  controls(change) {
    const count = need => String(DATA.communes.filter(c => c.changes.some(x => this.fits(x, need))).length);
    const needs = [["all", word("allNeeds"), count("all")], ...this.needs.map(n => [n, named("needs", n), count(n)])];
    radios($("needs"), "need", needs, this.need, v => change("need", v));
    const times = [["both", word("both")], ["day", word("day"), DATA.day], ["night", word("night"), DATA.night]];
    radios($("times"), "time", times, this.time, v => change("time", v));
  }

  choice() {
    return `${this.need === "all" ? word("allNeeds") : named("needs", this.need)}, ${word(this.time).toLowerCase()}`;
  }

  figures() {
    const lists = DATA.communes.map(c => this.changes(c)).filter(x => x.length), of = fits => String(lists.filter(x => x.some(fits)).length);
    const lost = of(x => x.what === "uncovered"), most = Math.max(0, ...lists.flat().map(x => x.minutes || 0));
    figures([[word("changedCommunes"), word("ofAll", lists.length, DATA.communes.length)], [word("uncovered"), lost, lost !== "0"],
      [word("newly"), of(x => x.what === "covered")], [word("longerWay"), of(x => x.minutes > 0)], [word("shorterWay"), of(x => x.minutes < 0)],
      [word("mostLost"), most ? word("min", `+${most}`) : "–"]]);
  }

  // One side of a change, in words.
  side(a) {
    if (!a || !a.state) return "–";
    return a.state === "host" ? `${hostName(a.host)}, ${time(a.minutes, a.estimate)}` : word(STATES[a.state]);
  }

  // "Danger, shelter (day, night); child (night)"
  whose(list) {
    const times = new Map(), needs = new Map(), ordered = [...list].sort((p, q) => this.rank(p.need) - this.rank(q.need));
    for (const x of ordered) times.set(x.need, [...(times.get(x.need) || []), word(`${x.time}Short`)]);
    for (const [need, t] of times) needs.set(t.join(", "), [...(needs.get(t.join(", ")) || []), named("needs", need)]);
    return [...needs].map(([t, n]) => `${n.join(", ")} (${t})`).join("; ");
  }

  columns() {
    return [
      { id: "commune", label: "commune", value: r => r.c.name, cell: r => [called(r.c.name), communeLine(r.c)] },
      { id: "what", label: "what", look: "what", down: true, value: r => this.weight(r.x),
        cell: r => [swatch(effect(r.x)), what(effect(r.x))] },
      { id: "minutes", label: "minutesMore", look: "number", down: true, value: r => (measured(r.x) ? r.x.minutes : this.weight(r.x)),
        cell: r => [measured(r.x) ? signed(r.x.minutes) : "–"] },
      { id: "before", label: "before", look: "wide", value: r => this.side(r.x.before), cell: r => [this.side(r.x.before)] },
      { id: "after", label: "after", look: "wide", value: r => this.side(r.x.after), cell: r => [this.side(r.x.after)] },
      { id: "whose", label: "whose", look: "wide", value: r => r.whose, cell: r => [r.whose] }
    ];
  }

  sortedBy() {
    return "what";
  }

  // Equal changes of several needs and times are one row.
  rowsOf(c) {
    const same = new Map();
    for (const x of this.changes(c)) {
      const key = JSON.stringify([x.what, x.before, x.after]);
      same.set(key, [...(same.get(key) || []), x]);
    }
    return [...same.values()].map(list => {
      const [x] = list, whose = this.whose(list);
      const text = [c.code, c.name, districtName(c), whose, what(effect(x)), this.side(x.before), this.side(x.after)];
      return { c, x, whose, code: c.code, text: plain(text.join(" ")) };
    });
  }

  rows() {
    return DATA.communes.flatMap(c => this.rowsOf(c));
  }

  listTitle() {
    return word("changes");
  }

  empty() {
    return word(DATA.communes.some(c => c.changes.length) ? "noChange" : "noChangeAll");
  }

  paint(code) {
    const c = COMMUNES.get(code), look = this.look(c), worst = this.changes(c).find(x => effect(x) === look);
    const more = worst ? [el("br"), word("to", this.side(worst.before), this.side(worst.after))] : [];
    return { look, tip: [el("strong", {}, c.name), el("br"), what(look), ...more] };
  }

  without() {
    return DATA.communes.filter(c => this.look(c) === "uncovered").map(c => c.code);
  }

  lines(code) {
    const list = this.changes(COMMUNES.get(code)), of = side => [...new Set(list.map(x => x[side] && x[side].host).filter(Boolean))];
    return [...of("before").map(host => ({ host, look: "before" })), ...of("after").map(host => ({ host, look: "after" }))];
  }

  card(code) {
    const c = COMMUNES.get(code), rows = this.rowsOf(c), list = el("dl");
    for (const r of rows) {
      const sides = word("to", this.side(r.x.before), this.side(r.x.after));
      list.append(el("dt", {}, r.whose), el("dd", {}, `${what(effect(r.x))}: ${sides}`));
    }
    const none = el("p", {}, word(c.in && c.in !== "both" ? `in_${c.in}` : "unchanged"));
    return [communeTitle(c), rows.length ? list : none];
  }

  legend() {
    const n = {};
    for (const c of DATA.communes) n[this.look(c)] = (n[this.look(c)] || 0) + 1;
    const states = [...new Set(DATA.hosts.map(h => h.state))].filter(s => s !== "kept").map(s => [mark("trusted-address", s), word(s)]);
    return [legendList(word("what"), [...WHAT, "unchanged"].map(w => [swatch(w), what(w), n[w] || 0])),
      legendList(word("hosts"), [...kindsShown(), ...states, [lineSample("before"), word("lineOld")], [lineSample("after"), word("lineNew")]])];
  }

  hosts() {
    atlas.place(h => `busy ${h.state}`, h => [el("strong", {}, h.name), el("br"), `${named("kinds", h.kind)} · ${word(h.state)}`, el("br"),
      `${word("load")}: ${word("to", h.first_before, h.first_after)}`]);
    return DATA.hosts.map(h => ({ h, code: h.id }));
  }

  // How often first choice, before above after, all on one scale.
  bars(h, most) {
    const long = n => Math.round((n / Math.max(1, most)) * 96);
    return drawn("svg", { class: "bars", viewBox: "0 0 98 16", "aria-hidden": "true" },
      drawn("rect", { x: 1, y: 1, width: Math.max(1, long(h.first_before)), height: 6, class: "bar-before" }),
      drawn("rect", { x: 1, y: 9, width: Math.max(1, long(h.first_after)), height: 6, class: "bar-after" }));
  }

  keys(list) {
    const shown = v => (v === null || v === undefined || v === "" ? word("nothing") : typeof v === "string" ? v : JSON.stringify(v));
    return (list || []).map(k => el("div", { class: "key" }, el("code", {}, k.key), ` ${"before" in k ? word("to", shown(k.before), shown(k.after)) : word("another")}`)); // numbers of people are not told
  }

  loadColumns(list) {
    const most = Math.max(0, ...list.flatMap(h => [h.first_before, h.first_after]));
    return [
      { id: "load", label: "load", down: true, value: r => Math.max(r.h.first_before, r.h.first_after), cell: r => [this.bars(r.h, most)] },
      { id: "before", label: "before", look: "number", down: true, value: r => r.h.first_before, cell: r => [String(r.h.first_before)] },
      { id: "after", label: "after", look: "number", down: true, value: r => r.h.first_after, cell: r => [String(r.h.first_after)] },
      { id: "difference", label: "difference", look: "number", down: true, value: r => Math.abs(moved(r.h)), cell: r => [signed(moved(r.h))] },
      { id: "state", label: "state", value: r => word(r.h.state),
        cell: r => [r.h.state === "kept" ? word("kept") : el("strong", {}, word(r.h.state))] },
      { id: "keys", label: "keys_changed", down: true, value: r => (r.h.changed || []).length, cell: r => this.keys(r.h.changed) }
    ];
  }

  hostColumns() {
    return [
      { id: "name", label: "name", value: r => r.h.name, cell: r => [mark(r.h.kind, `busy ${r.h.state}`), " ", called(r.h.name)] },
      { id: "place", label: "place", value: r => placeName(r.h.place), cell: r => [placeName(r.h.place)] },
      ...this.loadColumns(DATA.hosts)
    ];
  }

  people() {
    return (DATA.collaborators || []).map(h => ({ h, code: h.id }));
  }

  peopleColumns() {
    return [{ id: "name", label: "name", value: r => r.h.id, cell: r => [r.h.id] }, ...this.loadColumns(DATA.collaborators || [])];
  }
}

const moved = h => h.first_after - h.first_before;
const what = look => word(look === "covered" ? "newly" : look);
const measured = x => typeof x.minutes === "number";
const signed = n => (n > 0 ? `+${n}` : n < 0 ? `−${-n}` : "0");
