"use strict";
// The page to practise on. All that happens, happens in the gateway; this shows it.

const WORDS = {
  en: {
    title: "Practice", pageLanguage: "Language of this page", bannerStrong: "This is an exercise.",
    banner: "Nothing leaves this machine, nobody is alerted, nothing is counted.",
    phone: "The phone", phoneLanguage: "Language of the phone", width: "Characters a line", restart: "Begin anew",
    mode: "USSD or SMS", screen: "The phone's screen", entry: "What you type", keypad: "Keypad",
    clear: "Clear", end: "End", dial: "Call", send: "Send", time: "Time passes", now: "It is now",
    wait15m: "+15 minutes", wait6h: "+6 hours", wait1d: "+1 day",
    inside: "Inside", state: "State", referral: "Referral", alerts: "Alerts", journal: "Journal, newest first",
    accept: "Accept", decline: "Decline", arrived: "Arrived", close: "Close", outcome: "Outcome",
    sheltered: "sheltered", advised: "advised", home: "safe at home", lost: "contact lost",
    offers: "Offers, newest first", at: "When", who: "Who", answer: "Answer", to: "to",
    noState: "Nothing is stored of this phone.", noReferral: "There is none yet.", noAlerts: "None yet.", noJournal: "Nothing yet.",
    asked: "Asked now: {0}", accepted: "Taken by: {0}", nobody: "Nobody is asked now.",
    gsm7: "{0} septets", ucs2: "{0} units (UCS-2)", segments: "{0} SMS", pages: "{0} screens", page: "1 screen",
    sms: "SMS received", silence: "(no answer)", sessionEnded: "The session ended.", sessionCut: "You ended the session.",
    begun: "A new exercise has begun.", dialFirst: "No session is open: dial a code such as *100# first.",
    passed: "Time has passed. Messages that came: {0}.", refused: "Refused: {0}", over: "This exercise was over. A new one has begun.",
    offline: "The gateway does not answer.", done: "Answered: {0}.", sees: "The collaborator now sees: {0}.", typeFirst: "Type something first."
  },
  vi: {
    title: "Thực hành", pageLanguage: "Ngôn ngữ của trang", bannerStrong: "Đây là bài tập.",
    banner: "Không có gì rời khỏi máy này, không ai nhận cảnh báo, không có gì được thống kê.",
    phone: "Điện thoại", phoneLanguage: "Ngôn ngữ của điện thoại", width: "Số ký tự mỗi dòng", restart: "Bắt đầu lại",
    mode: "USSD hay SMS", screen: "Màn hình điện thoại", entry: "Nội dung nhập", keypad: "Bàn phím",
    clear: "Xóa", end: "Kết thúc", dial: "Gọi", send: "Gửi", time: "Thời gian trôi qua", now: "Bây giờ là",
    wait15m: "+15 phút", wait6h: "+6 giờ", wait1d: "+1 ngày",
    inside: "Bên trong", state: "Trạng thái", referral: "Chuyển gửi", alerts: "Cảnh báo", journal: "Nhật ký, mới nhất trước",
    accept: "Nhận", decline: "Từ chối", arrived: "Đã đến", close: "Đóng", outcome: "Kết quả",
    sheltered: "đã có nơi ở", advised: "đã tư vấn", home: "an toàn ở nhà", lost: "mất liên lạc",
    offers: "Lời mời, mới nhất trước", at: "Lúc", who: "Ai", answer: "Trả lời", to: "tới",
    noState: "Không lưu gì về điện thoại này.", noReferral: "Chưa có.", noAlerts: "Chưa có.", noJournal: "Chưa có gì.",
    asked: "Đang hỏi: {0}", accepted: "Người nhận: {0}", nobody: "Hiện không hỏi ai.",
    gsm7: "{0} septet", ucs2: "{0} đơn vị (UCS-2)", segments: "{0} SMS", pages: "{0} màn hình", page: "1 màn hình",
    sms: "Tin nhắn đến", silence: "(không trả lời)", sessionEnded: "Phiên đã kết thúc.", sessionCut: "Bạn đã kết thúc phiên.",
    begun: "Bài tập mới đã bắt đầu.", dialFirst: "Chưa có phiên nào: hãy quay mã như *100# trước.",
    passed: "Thời gian đã trôi qua. Số tin nhắn đến: {0}.", refused: "Không được: {0}", over: "Bài tập trước đã hết. Bài tập mới đã bắt đầu.",
    offline: "Cổng không trả lời.", done: "Đã trả lời: {0}.", sees: "Cộng tác viên bây giờ thấy: {0}.", typeFirst: "Hãy nhập nội dung trước.",
    fact: { state: "trạng thái", lang: "ngôn ngữ", need: "nhu cầu", place: "nơi", children: "trẻ em", safe: "liên lạc an toàn",
      consent: "đồng ý", urgent: "khẩn cấp", who: "cho ai", avoid: "tránh xã", avoid_own: "tránh xã mình",
      many_places: "hỏi quá nhiều nơi", left: "đã thoát",
      resumed: "hỏi tiếp tục", misses: "không hiểu", page: "trang", outcome: "kết quả", code_word: "từ nhận nhau", drill: "diễn tập", id: "mã",
      stated: "đã nói nhu cầu", phone: "số điện thoại", host: "nơi tiếp nhận" }
  }
};
const LANGUAGES = { vi: "Tiếng Việt không dấu", "vi-accented": "Tiếng Việt có dấu", en: "English", blt: "Thái", hmn: "Mông" };
const LETTERS = { 2: "ABC", 3: "DEF", 4: "GHI", 5: "JKL", 6: "MNO", 7: "PQRS", 8: "TUV", 9: "WXYZ" };
const DIAL = "*100#";

const $ = id => document.getElementById(id);
let ui = "en", id = null, session = false, inside = null, before = {}, queue = Promise.resolve();

function word(key, ...values) {
  return (WORDS[ui][key] || WORDS.en[key] || key).replace(/\{(\d)\}/g, (_, n) => values[n]);
}

function el(name, text, attributes = {}) {
  const e = document.createElement(name);
  if (text !== undefined && text !== null) e.textContent = text;
  for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
  return e;
}

// "2026-11-25T20:15:00+07:00" as "25/11 20:15:00": the gateway's local time, not the browser's.
function clock(at) {
  const m = /^\d+-(\d+)-(\d+)T([\d:]+)/.exec(at || "");
  return m ? `${m[2]}/${m[1]} ${m[3]}` : "";
}

function status(text, bad) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", Boolean(bad));
}

// ---- sizes: 3GPP TS 23.038 ----

const GSM7 = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const ESCAPED = new Set("\f^{}\\[~]|€");

function sizeOf(text) {
  let septets = 0;
  for (const c of text) {
    if (GSM7.has(c)) septets += 1;
    else if (ESCAPED.has(c)) septets += 2;
    else return sized("ucs2", text.length, 70, 67);
  }
  return sized("gsm7", septets, 160, 153);
}

function sized(coding, units, one, each) {
  return { coding, units, segments: units <= one ? 1 : Math.ceil(units / each), pages: Math.max(1, Math.ceil(units / one)) };
}

function sizeText(size, channel) {
  const many = channel === "sms" ? word("segments", size.segments) : size.pages > 1 ? word("pages", size.pages) : word("page");
  return `${word(size.coding, size.units)} · ${many}`;
}

// ---- the phone ----

const mode = () => document.querySelector("input[name=mode]:checked").value;

function show(kind, text, meta) {
  const line = el("div", null, { class: kind }), screen = $("screen");
  const lang = $("lang").value.startsWith("vi") ? "vi" : $("lang").value;
  if (meta && kind === "sms") line.append(el("span", meta, { class: "meta" }));
  line.append(el("span", text, kind === "note" ? {} : { lang }));
  if (meta && kind !== "sms") line.append(el("span", meta, { class: "meta" }));
  screen.append(line);
  // Long answers are read from their beginning, as on a phone.
  const top = line.offsetTop - screen.offsetTop - 8;
  screen.scrollTop = kind === "mine" ? screen.scrollHeight : top;
}

function count() {
  const text = $("text").value;
  $("counter").textContent = text ? sizeText(sizeOf(text), mode()) : "";
  $("call").textContent = mode() === "ussd" && !session ? word("dial") : word("send");
}

function type(text) {
  $("text").value = text;
  count();
}

function arrange() {
  type(mode() === "ussd" && !session ? DIAL : "");
}

function showMessages(list) {
  for (const m of list || []) show("sms", m.text, `✉ ${word("sms")} · ${sizeText(m.size, "sms")}`);
}

function showAnswer(answer, channel) {
  const text = answer.text || word("silence");
  show("theirs", text, answer.text ? sizeText(answer.size, channel) : "");
  if (channel === "ussd") {
    session = !answer.end;
    if (answer.end) show("note", word("sessionEnded"));
  }
  showMessages(answer.messages);
}

// ---- what is asked of the gateway, one thing after the other ----

async function post(what, body) {
  let response;
  try {
    response = await fetch(`/practice/api/${what}`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), cache: "no-store"
    });
  } catch {
    return { status: 0, answer: { error: word("offline") } };
  }
  const text = await response.text();
  try {
    return { status: response.status, answer: JSON.parse(text) };
  } catch {
    return { status: response.status, answer: { error: text.trim().replace(/^\d+ /, "") } };
  }
}

// The answer; null when there is none and the status says why.
async function call(what, body) {
  const { status: code, answer } = await post(what, { id, ...body });
  if (answer.inside) showInside(answer.inside);
  if (code === 200) return answer;
  if (code === 404 && what !== "begin") {
    await begin("over");
    return null;
  }
  status(code ? word("refused", answer.error) : answer.error, true);
  return null;
}

function next(work) {
  queue = queue.then(work).catch(() => status(word("offline"), true)).then(count);
  return queue;
}

async function begin(why) {
  const lang = $("lang").value;
  const { status: code, answer } = await post("begin", lang ? { lang } : {});
  if (code !== 200) {
    status(word("refused", answer.error), true);
    return;
  }
  id = answer.id;
  session = false;
  before = {};
  $("screen").replaceChildren();
  $("lang").replaceChildren(...answer.languages.map(code_ => el("option", LANGUAGES[code_] || code_, { value: code_ })));
  $("lang").value = answer.lang;
  showInside(answer.inside);
  arrange();
  status(word(why));
}

async function send() {
  const text = $("text").value, channel = mode();
  const dials = channel === "ussd" && !session;
  if (dials && !/^\*[\d*]+#$/.test(text.trim())) {
    status(word("dialFirst"), true);
    return;
  }
  if (!text && channel === "sms") {
    status(word("typeFirst"), true);
    return;
  }
  status("");
  show("mine", `> ${text}`);
  type("");
  const step = dials ? { event: "begin", text: "" } : { text };
  const answer = await call("say", { channel, ...step });
  if (answer) showAnswer(answer, channel);
  if (channel === "ussd" && !session) arrange();
}

async function hangUp() {
  if (!session) {
    arrange();
    return;
  }
  const answer = await call("say", { channel: "ussd", event: "cut" });
  session = false;
  show("note", word("sessionCut"));
  if (answer) showMessages(answer.messages);
  arrange();
}

async function wait(seconds) {
  const answer = await call("wait", { seconds });
  if (!answer) return;
  showMessages(answer.messages);
  status(word("passed", answer.messages.length));
}

async function collaborator(verb) {
  const outcome = verb === "close" ? { outcome: $("outcome").value } : {};
  const answer = await call("answer", { verb, ...outcome });
  if (!answer) return;
  showMessages(answer.messages);
  const seen = ["phone", "code_word", "host"].filter(k => answer[k]).map(k => `${factName(k)} ${answer[k]}`).join(", ");
  status(`${word("done", word(verb))} ${seen ? word("sees", seen) : ""}`.trim());
}

// ---- inside ----

const factName = name => (WORDS[ui].fact || {})[name] || name.replaceAll("_", " ");

function table(facts, which) {
  const rows = Object.entries(facts).filter(([, value]) => typeof value === "string");
  const old = before[which];
  const body = el("tbody");
  for (const [name, value] of rows) {
    const row = el("tr", null, old && old[name] !== value ? { class: "changed" } : {});
    row.append(el("th", factName(name), { scope: "row" }), el("td", value));
    body.append(row);
  }
  before[which] = Object.fromEntries(rows);
  const all = el("table");
  all.append(body);
  return all;
}

function offersTable(offers) {
  const all = el("table", null, { class: "offers" }), head = el("tr"), body = el("tbody");
  all.append(el("caption", word("offers")), el("thead"), body);
  for (const name of ["at", "who", "answer"]) head.append(el("th", word(name), { scope: "col" }));
  all.tHead.append(head);
  for (const o of [...offers].reverse()) {
    const row = el("tr");
    row.append(el("td", clock(o.at)), el("td", o.host ? `${o.collaborator} (${o.host})` : o.collaborator), el("td", o.state));
    body.append(row);
  }
  return all;
}

const none = text => el("p", text, { class: "none" });

function showReferral(r) {
  const offers = r ? r.offers : [];
  const taken = offers.find(o => o.state === "accepted"), asked = [...offers].reverse().find(o => o.state === "pending");
  const may = !r ? [] : r.state === "offered" ? ["accept", "decline"] : r.state === "accepted" ? ["decline", "arrived", "close"]
    : r.state === "arrived" ? ["close"] : [];
  for (const verb of ["accept", "decline", "arrived", "close"]) $(verb).disabled = !may.includes(verb);
  $("asked").textContent = taken ? word("accepted", taken.collaborator) : asked ? word("asked", asked.collaborator) : word("nobody");
  $("referral").replaceChildren(...(r ? [table(r, "referral"), offersTable(offers)] : [none(word("noReferral"))]));
}

// {"place": {"code": "x"}} as [["place code", "x"]]
function flat(value, name = "") {
  if (value === null || typeof value !== "object") return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, inner]) => flat(inner, name ? `${name} ${key}` : key));
}

function alertCard(a) {
  const card = el("div", null, { class: "alert" }), list = el("dl"), { data = {}, ...rest } = a.alert || {};
  for (const [name, value] of [...flat(rest), ...flat(data)]) list.append(el("dt", name), el("dd", value));
  card.append(el("h4", `${clock(a.at)} ${word("to")} ${a.to}`), list);
  return card;
}

function showInside(now) {
  inside = now;
  $("now").textContent = clock(now.now);
  $("now").dateTime = now.now;
  $("state").replaceChildren(now.session ? table(now.session, "state") : none(word("noState")));
  showReferral(now.referral);
  const alerts = [...now.alerts].reverse(), rows = [...now.journal].reverse();
  $("alerts-n").textContent = `(${alerts.length})`;
  $("alerts").replaceChildren(...(alerts.length ? alerts.map(alertCard) : [none(word("noAlerts"))]));
  $("journal-n").textContent = `(${rows.length})`;
  $("journal").replaceChildren(...(rows.length ? rows.map(r => {
    const item = el("li");
    item.append(el("time", clock(r.at), { datetime: r.at }), r.row);
    return item;
  }) : [el("li", word("noJournal"), { class: "none" })]));
}

// ---- the page ----

function speak(language) {
  ui = language;
  document.documentElement.lang = language;
  document.title = word("title");
  for (const e of document.querySelectorAll("[data-t]")) e.textContent = word(e.dataset.t);
  for (const e of document.querySelectorAll("[data-t-label]")) e.setAttribute("aria-label", word(e.dataset.tLabel));
  $("ui-lang").value = language;
  status("");
  if (inside) showInside(inside);
  count();
}

function makeKeypad() {
  for (const key of "123456789*0#") {
    const button = el("button", key, { type: "button", class: "key", "aria-label": key });
    if (LETTERS[key]) button.append(el("small", LETTERS[key], { "aria-hidden": "true" }));
    button.addEventListener("click", () => type($("text").value + key));
    $("keypad").append(button);
  }
}

function listen() {
  $("entry").addEventListener("submit", e => {
    e.preventDefault();
    next(send);
  });
  $("text").addEventListener("input", count);
  $("clear").addEventListener("click", () => type(""));
  $("end").addEventListener("click", () => next(hangUp));
  $("restart").addEventListener("click", () => next(() => begin("begun")));
  $("lang").addEventListener("change", () => next(() => begin("begun")));
  $("ui-lang").addEventListener("change", () => speak($("ui-lang").value));
  $("cols").addEventListener("change", () => $("screen").style.setProperty("--cols", $("cols").value));
  for (const e of document.querySelectorAll("input[name=mode]")) e.addEventListener("change", arrange);
  for (const e of document.querySelectorAll("[data-wait]")) e.addEventListener("click", () => next(() => wait(Number(e.dataset.wait))));
  for (const e of document.querySelectorAll("[data-verb]")) e.addEventListener("click", () => next(() => collaborator(e.dataset.verb)));
  document.addEventListener("keydown", e => {
    if (e.key !== "Escape") return;
    type("");
    $("text").focus();
  });
}

makeKeypad();
listen();
speak((navigator.language || "en").toLowerCase().startsWith("vi") ? "vi" : "en");
next(() => begin("begun"));
