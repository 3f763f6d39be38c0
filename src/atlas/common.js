// ---- what both pages use ----

const $ = id => document.getElementById(id);
const DATA = JSON.parse($("data").textContent), OUTLINES = JSON.parse($("outlines").textContent);
const HOSTS = new Map(DATA.hosts.map(h => [h.id, h])), COMMUNES = new Map(DATA.communes.map(c => [c.code, c]));
// Where there is no host: whom there is.
const STATES = { people: "statePeople", duty: "stateDuty", nobody: "stateNobody" };
let ui = "vi";

function word(key, ...values) {
  return (WORDS[ui][key] || key).replace(/\{(\d)\}/g, (_, n) => values[n]);
}
const named = (kind, key) => WORDS[ui][kind][key] || key;

function fill(e, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  e.append(...children.filter(c => c !== null && c !== undefined && c !== ""));
  return e;
}
const el = (name, attributes = {}, ...children) => fill(document.createElement(name), attributes, children);
const drawn = (name, attributes = {}, ...children) => fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
const swatch = name => drawn("svg", { class: "swatch", viewBox: "0 0 22 14", "aria-hidden": "true" },
  drawn("rect", { x: 1, y: 1, width: 20, height: 12, rx: 2, class: `commune ${name}` }));

// For comparing what is typed with names, with or without accents.
const plain = text => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/gi, "d").toLowerCase();
const time = (minutes, estimate) => word("min", `${estimate ? "~" : ""}${minutes}`);
const hostName = id => (HOSTS.has(id) ? HOSTS.get(id).name : id);
const districtName = c => (c.district ? c.district.name : "");
const date = iso => (ui === "vi" ? iso.split("-").reverse().join("/") : iso);

// A host's place is the code of a commune.
function placeName(code) {
  return COMMUNES.has(code) ? COMMUNES.get(code).name : code || "";
}

// A name in a cell: it wraps only when it is longer than any usual one, and marks of direction in it end with it.
const called = name => el("bdi", name.length > 40 ? { class: "long" } : {}, name);

function communeCell(c) {
  return [called(c.name), " ", el("small", {}, named("types", c.type))];
}

const communeTitle = c => el("h3", {}, ...communeCell(c), districtName(c) ? el("small", {}, ` · ${districtName(c)}`) : "");
const communeLine = c => el("small", { class: "below" }, [named("types", c.type), districtName(c)].filter(Boolean).join(", "));

function say(text) {
  $("status").textContent = text;
}

// ---- choices ----

// A group of radio buttons: [value, label, count]; `counts` stand under the labels.
function radios(box, name, options, chosen, change) {
  box.replaceChildren(...options.map(([value, label, count]) => {
    const input = el("input", { type: "radio", name, value, id: `${name}-${value}` });
    input.checked = value === chosen;
    input.addEventListener("change", () => change(value));
    return el("label", {}, input, el("span", {}, label, count ? el("small", {}, count) : null));
  }));
}

function figures(list) {
  $("figures").replaceChildren(...list.map(([label, value, alarm]) =>
    el("div", alarm ? { class: "alarm" } : {}, el("dt", {}, label), el("dd", {}, value))));
}

// ---- tables ----

// columns: { id, label, value(row) to sort by, cell(row) as a list of nodes, look: a class, down: largest first }
class Sheet {
  constructor(table, columns, sort, listeners = {}) {
    Object.assign(this, { table, columns, sort, listeners, rows: [], all: [], down: columns.find(c => c.id === sort).down || false });
    this.current = null;
    table.addEventListener("keydown", e => this.move(e));
    if (!listeners.point) return;
    const code = e => (e.target.closest("tbody tr") || { dataset: {} }).dataset.code || null;
    table.addEventListener("mouseover", e => listeners.point(code(e)));
    table.addEventListener("mouseleave", () => listeners.point(null));
    table.addEventListener("focusin", e => listeners.point(code(e)));
    table.addEventListener("focusout", () => listeners.point(null));
    table.addEventListener("click", e => code(e) && listeners.select(code(e)));
  }

  // Anew with other rows, or in another language. Each row: { code, text to be found by, ... }
  show(rows, caption, empty = "") {
    this.all = rows;
    this.empty = empty;
    this.found = rows;
    const heads = this.columns.map(c => {
      const button = el("button", { type: "button" }, word(c.label));
      button.addEventListener("click", () => this.order(c));
      return el("th", { scope: "col", class: c.look || "", "data-column": c.id }, button);
    });
    this.body = el("tbody");
    this.table.replaceChildren(el("caption", { class: "unseen" }, caption), el("thead", {}, el("tr", {}, ...heads)), this.body);
    this.fill();
  }

  order(column) {
    this.down = this.sort === column.id ? !this.down : column.down || false;
    this.sort = column.id;
    this.fill();
    say(word("sorted", word(column.label)));
  }

  // The words as they stand side by side; where no row has them so, all of them in any order.
  find(text) {
    const words = plain(text).split(/\s+/).filter(Boolean), phrase = words.join(" ");
    this.found = this.all.filter(r => r.text.includes(phrase));
    if (!this.found.length) this.found = this.all.filter(r => words.every(w => r.text.includes(w)));
    this.fill();
    return this.found;
  }

  sorted() {
    const { value } = this.columns.find(c => c.id === this.sort), sign = this.down ? -1 : 1;
    const compare = (a, b) => (typeof a === "number" ? a - b : a.localeCompare(b, "vi"));
    return [...this.found].sort((a, b) => sign * compare(value(a), value(b)) || compare(a.code, b.code));
  }

  fill() {
    for (const th of this.table.tHead.rows[0].cells)
      th.setAttribute("aria-sort", th.dataset.column !== this.sort ? "none" : this.down ? "descending" : "ascending");
    const rows = this.sorted().map(r => this.row(r));
    const none = () => el("tr", {}, el("td", { colspan: this.columns.length, class: "none" }, this.empty || word("none")));
    this.body.replaceChildren(...(rows.length ? rows : [none()]));
    this.mark(this.current);
  }

  row(r) {
    const cells = this.columns.map((c, i) => {
      const content = c.cell(r);
      if (i) return el("td", { class: c.look || "" }, ...content);
      const pressed = this.listeners.select ? el("button", { type: "button", tabindex: "-1" }, ...content) : null;
      return el("th", { scope: "row" }, pressed || el("span", {}, ...content));
    });
    return el("tr", { "data-code": r.code }, ...cells);
  }

  rowsOf(code) {
    return [...this.body.rows].filter(tr => tr.dataset.code === code);
  }

  // The chosen commune's rows; the first of them, else the first row, is where Tab comes to.
  mark(code) {
    this.current = code;
    if (!this.listeners.select) return;
    const buttons = [...this.body.querySelectorAll("th button")];
    for (const b of buttons) {
      const chosen = b.closest("tr").dataset.code === code;
      b.closest("tr").classList.toggle("chosen", chosen);
      b.setAttribute("aria-pressed", String(chosen));
      b.tabIndex = -1;
    }
    const stop = buttons.find(b => b.getAttribute("aria-pressed") === "true") || buttons[0];
    if (stop) stop.tabIndex = 0;
  }

  pointed(code) {
    for (const tr of this.body.rows) tr.classList.toggle("pointed", tr.dataset.code === code && code !== null);
  }

  // Into view inside its own box: the page stays where it is, so the map does.
  scrollTo(code) {
    const [tr] = this.rowsOf(code), box = this.table.parentElement;
    if (!tr) return;
    const top = tr.offsetTop - this.table.tHead.offsetHeight, bottom = tr.offsetTop + tr.offsetHeight - box.clientHeight;
    if (box.scrollTop > top) box.scrollTop = top;
    else if (box.scrollTop < bottom) box.scrollTop = Math.min(top, bottom + box.clientHeight / 3);
  }

  move(e) {
    const buttons = [...this.table.querySelectorAll("tbody th button")], at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[e.key];
    if (at < 0 || to === undefined || !buttons[to]) return;
    e.preventDefault();
    buttons[at].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus({ preventScroll: true });
    buttons[to].scrollIntoView({ block: "nearest" });
  }
}
