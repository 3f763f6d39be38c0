// ---- the page: what is chosen, and everything that follows from it ----

const view = DATA.kind === "diff" ? new Diff() : new Coverage();
const atlas = new Atlas({ point, select: code => select(code, true) });
const list = new Sheet($("list"), view.columns(), view.sortedBy(), { point, select: code => select(code, false) });
const hosts = new Sheet($("hosts"), view.hostColumns(), view.title === "diff" ? "difference" : "first");
const people = view.people ? new Sheet($("people"), view.peopleColumns(), "difference") : null;
let chosen = null;

function point(code) {
  list.pointed(code);
  atlas.ring("pointed", code);
}

function select(code, scroll) {
  chosen = code;
  list.mark(code);
  atlas.ring("chosen", code);
  showChosen();
  if (scroll) list.scrollTo(code);
}

function showChosen() {
  $("card").classList.toggle("empty", !chosen);
  $("card").replaceChildren(...(chosen ? view.card(chosen).filter(Boolean) : [el("p", {}, word("choose"))]));
  atlas.lines(chosen, chosen ? view.lines(chosen) : []);
}

function find() {
  const found = new Set(list.find($("filter").value).map(r => r.code)), all = !$("filter").value.trim();
  for (const [code, layer] of atlas.shapes) layer.getElement().classList.toggle("out", !all && !found.has(code));
  $("found").textContent = word("found", list.found.length, list.all.length);
}

function draw() {
  view.figures();
  $("map-title").textContent = word("map", view.choice());
  atlas.paint(code => view.paint(code));
  atlas.raise(view.without());
  list.show(view.rows(), `${view.listTitle()}. ${view.choice()}`, view.empty());
  hosts.show(view.hosts(), word("hosts"));
  if (people) people.show(view.people(), word("people"));
  $("legend").replaceChildren(...view.legend());
  find();
  showChosen();
}

function change(what, value) {
  view[what] = value;
  view.controls(change);
  $(`${what}-${value}`).focus();
  draw();
  say(word("shown", view.choice()));
}

function speak(language) {
  ui = language;
  document.documentElement.lang = language;
  document.title = `${word(view.title)} · ${DATA.province.name}`;
  $("title").textContent = word(view.title);
  $("about").textContent = view.about();
  $("list-title").textContent = view.listTitle();
  if (DATA.public) { // nothing of it is a secret
    $("for-whom").className = "open";
    $("for-whom").children[0].dataset.t = "openStrong";
    $("for-whom").children[1].dataset.t = "open";
  }
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = word(e.dataset.t);
  view.controls(change);
  atlas.speak();
  draw();
}

$("controls").addEventListener("submit", e => e.preventDefault());
$("fit").addEventListener("click", () => atlas.fit());
$("filter").addEventListener("input", find);
$("ui-lang").addEventListener("change", () => speak($("ui-lang").value));
$("ui-lang").value = "vi";
$("load-hint").hidden = !people;
$("people-section").hidden = !people || !view.people().length;
speak("vi");
