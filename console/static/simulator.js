// The phone on the page. It sends what Africa's Talking sends, to the addresses that Africa's
// Talking calls, and shows what comes back. All that it knows of the line stands in data-facts.
"use strict";

(() => {
  const at = (id) => document.getElementById(id);
  const handset = at("handset");
  const facts = JSON.parse(handset.dataset.facts);
  const say = (name, places = {}) =>
    facts.words[name].replace(/\{([a-z]+)\}/g, (_, place) => places[place]);

  // ---- letters, as the network counts them

  const widths = new Map();
  for (const letter of facts.oneEach) widths.set(letter, 1);
  for (const letter of facts.twoEach) widths.set(letter, 2);
  const widthOf = (letter) => widths.get(letter) || 0;

  function septets(text) {
    return [...text].reduce((sum, letter) => sum + widthOf(letter), 0);
  }

  function foreign(text) {
    return new Set([...text].filter((letter) => !widthOf(letter))).size;
  }

  function segments(text) {
    if (foreign(text)) {
      return text.length <= facts.wide[0] ? 1 : Math.ceil(text.length / facts.wide[1]);
    }
    if (septets(text) <= facts.segment[0]) return 1;
    let count = 1;
    let used = 0;
    for (const letter of text) {
      if (used + widthOf(letter) > facts.segment[1]) {
        count += 1;
        used = 0;
      }
      used += widthOf(letter);
    }
    return count;
  }

  // ---- what the browser keeps: the phone while the tab is open; of messages only their names

  function kept(store, name, otherwise) {
    try {
      return JSON.parse(store().getItem(name)) || otherwise;
    } catch {
      return otherwise;
    }
  }

  function keep(store, name, value) {
    try {
      store().setItem(name, JSON.stringify(value));
    } catch {
      return; // a browser that keeps nothing: the phone forgets with the page
    }
  }

  const tab = () => window.sessionStorage;
  const browser = () => window.localStorage;
  const MOST_NAMES = 1000;

  class Names {
    constructor(name) {
      this.name = name;
      this.set = new Set(kept(browser, name, []));
    }

    has(id) {
      return this.set.has(id);
    }

    add(id) {
      this.set.add(id);
      keep(browser, this.name, [...this.set].slice(-MOST_NAMES));
    }
  }

  // ---- the state

  const phone = kept(tab, "phone", { number: facts.phone, network: at("network").value });
  const read = new Names("messages-read");
  const reported = new Names("messages-reported");
  let view = "idle";
  let call = null; // the open session
  let hop = null; // the last hop: its body and its answer
  let shownAt = 0;
  let redial = facts.code;
  let messages = [];
  let opened = null;
  let letters = false;

  // ---- the wire

  // As Python's urlencode and Africa's Talking write it: more is encoded than browsers do.
  function encoded(text) {
    const more = (letter) => "%" + letter.charCodeAt(0).toString(16).toUpperCase();
    return encodeURIComponent(text.toWellFormed ? text.toWellFormed() : text)
      .replace(/[!'()*]/g, more)
      .replace(/%20/g, "+");
  }

  const form = (fields) =>
    Object.entries(fields).map(([name, value]) => `${name}=${encoded(String(value))}`).join("&");

  const TYPE = "application/x-www-form-urlencoded";

  function ask(path, body) {
    return fetch(path, {
      method: "POST",
      headers: { "Content-Type": TYPE },
      body,
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
  }

  async function send(kind, path, body) {
    const began = performance.now();
    let answer = null;
    try {
      const came = await ask(path, body);
      const text = await came.text();
      answer = { status: came.status, said: came.statusText, headers: came.headers, text };
    } catch {
      answer = null;
    }
    log(kind, path, body, answer, Math.round(performance.now() - began));
    return answer;
  }

  const MOST_LOGGED = 40;
  const LOOKED_AT = ["hop", "again", "text"];

  function log(kind, path, body, answer, milliseconds) {
    const request = [
      `POST ${path} HTTP/1.1`,
      `Host: ${location.host}`,
      `Content-Type: ${TYPE}`,
      `Content-Length: ${body.length}`,
      "",
      body,
    ].join("\n");
    const status = answer ? String(answer.status) : say("no_answer");
    const summary = [say(`kind_${kind}`), `POST ${path}`, status, `${milliseconds} ms`];
    const details = made("details", [
      made("summary", summary.join(" · ")),
      made("h3", say("request")),
      made("pre", request, "request"),
      made("h3", say("answer")),
      made("pre", answer ? written(answer) : say("no_answer"), "answer"),
    ]);
    const wire = at("wire");
    if (LOOKED_AT.includes(kind)) {
      wire.querySelectorAll("details[open]").forEach((one) => one.removeAttribute("open"));
      details.open = true;
    }
    const item = made("li", [details]);
    item.dataset.kind = kind;
    wire.prepend(item);
    while (wire.children.length > MOST_LOGGED) wire.lastChild.remove();
    at("wire_empty").hidden = true;
  }

  function written(answer) {
    const heads = ["Content-Type", "Content-Length"]
      .filter((name) => answer.headers.get(name) !== null)
      .map((name) => `${name}: ${answer.headers.get(name)}`);
    const first = `${answer.status} ${answer.said}`.trim();
    return [first, ...heads, "", answer.text || say("no_body")].join("\n");
  }

  function made(name, content, className = "") {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (Array.isArray(content)) element.append(...content);
    else element.textContent = content;
    return element;
  }

  function random(octets) {
    const bytes = crypto.getRandomValues(new Uint8Array(octets));
    return Array.from(bytes, (one) => one.toString(16).padStart(2, "0")).join("");
  }

  const utc = () => new Date().toISOString().slice(0, 19).replace("T", " ");

  // ---- a session

  function dial() {
    const field = at("dial");
    const typed = field.value.replace(/\s/g, "");
    if (!typed) {
      field.value = redial;
      refresh();
      return;
    }
    redial = typed;
    field.value = "";
    const inputs = behind(typed);
    if (inputs === null) {
      const isCode = /[*#]/.test(typed);
      note(isCode ? say("wrong_code") : say("no_voice", { code: facts.code }));
      return;
    }
    call = { id: `ATUid_${random(16)}`, inputs, began: Date.now(), hops: 0, page: "" };
    shownAt = 0;
    step();
  }

  // What was dialled behind the line's code; null where it is another code, or none.
  function behind(typed) {
    if (typed === facts.code) return [];
    const stem = facts.code.replace(/#$/, "*");
    if (!typed.startsWith(stem) || !/^[0-9*]+#$/.test(typed.slice(stem.length))) return null;
    return typed.slice(stem.length, -1).split("*");
  }

  function reply() {
    const field = at("reply");
    if (!field.value) return;
    call.inputs.push(field.value);
    step();
  }

  async function step() {
    const mine = call;
    const body = form({
      phoneNumber: phone.number,
      serviceCode: facts.code,
      text: mine.inputs.join("*"),
      sessionId: mine.id,
      networkCode: phone.network,
    });
    show("wait");
    mine.hops += 1;
    const answer = await send("hop", facts.ussd, body);
    if (call !== mine) return; // it was ended while the line thought
    hop = { body, text: answer && answer.text };
    take(answer);
  }

  function take(answer) {
    const found = answer && answer.status === 200 && /^(CON|END)( |$)/.exec(answer.text);
    if (!found) {
      call.page = answer ? answer.text : "";
      finish("Failed", answer ? `HTTP ${answer.status}` : "no answer");
      note(say("failed"));
      return;
    }
    call.page = answer.text;
    shownAt = Date.now();
    const page = answer.text.slice(4);
    at("page").textContent = page;
    at("page").scrollTop = 0;
    at("reply").value = "";
    measure(page);
    if (found[1] === "END") finish("Success");
    at("reply").hidden = !call;
    show("call");
  }

  // The network tells the line that a session is over.
  function finish(status, errorMessage = "") {
    const over = call;
    call = null;
    shownAt = 0;
    send("event", facts.events, form({
      durationInMillis: Date.now() - over.began,
      phoneNumber: phone.number,
      errorMessage,
      serviceCode: facts.code,
      lastAppResponse: over.page,
      hopsMetadata: "",
      hopsCount: over.hops,
      status,
      sessionId: over.id,
      cost: "0.00",
      date: utc(),
      networkCode: phone.network,
      input: over.inputs.join("*"),
    }));
  }

  function hangUp() {
    if (call) {
      finish("Incomplete");
      announce(say("cancelled"));
    }
    home();
  }

  function drop(word) {
    if (!call) {
      tell(say("no_session"));
      return;
    }
    finish("Incomplete");
    tell("");
    note(say(word));
  }

  async function again() {
    if (!hop) {
      tell(say("nothing_sent"));
      return;
    }
    const { body, text } = hop;
    const answer = await send("again", facts.ussd, body);
    tell(say(answer && answer.text === text ? "same" : "other"));
  }

  // ---- texts

  async function text() {
    const to = at("to").value.trim();
    const body = at("body").value;
    if (to !== facts.sender || !body.trim()) {
      note(body.trim() ? say("only_us", { sender: facts.sender }) : say("empty"));
      return;
    }
    show("wait");
    const answer = await send("text", facts.sms, form({
      linkId: random(16),
      text: body,
      to,
      id: random(16),
      date: utc(),
      from: phone.number,
      cost: "KES 0.0000",
      networkCode: phone.network,
    }));
    const taken = answer !== null && answer.status === 200;
    if (taken) at("body").value = "";
    note(say(taken ? "sent" : "not_sent"));
  }

  async function look() {
    if (document.hidden) return;
    const number = phone.number;
    let came;
    try {
      came = await (await ask(facts.inbox, form({ phone: number }))).json();
    } catch {
      return; // the line is away: the phone shows what it has
    }
    if (number !== phone.number) return;
    const known = new Set(messages.map((one) => one.id));
    const fresh = came.filter((one) => !known.has(one.id) && !read.has(one.id));
    const changed = came.length !== messages.length;
    messages = came.reverse();
    if (changed) listMessages();
    if (fresh.length) ring(fresh[fresh.length - 1]);
    refresh();
    for (const one of messages) report(one);
  }

  // The network reports a message as delivered once the phone has it.
  function report(message) {
    if (!message.id || reported.has(message.id)) return;
    reported.add(message.id);
    send("report", facts.reports, form({
      phoneNumber: phone.number,
      retryCount: 0,
      id: message.id,
      status: "Success",
      networkCode: phone.network,
    }));
  }

  function ring(message) {
    announce(say("arrived", { from: message.sender }));
    handset.classList.add("rings");
    window.setTimeout(() => handset.classList.remove("rings"), 1200);
  }

  function listMessages() {
    const list = at("list");
    const place = [...list.querySelectorAll("button")].indexOf(document.activeElement);
    list.replaceChildren(entry(say("write"), "", write), ...messages.map(entryOf));
    at("inbox_empty").hidden = messages.length > 0;
    if (place >= 0) list.querySelectorAll("button")[place].focus();
  }

  function entryOf(message) {
    const unread = !read.has(message.id);
    const mark = unread ? ` (${say("unread_mark")})` : "";
    const head = `${message.sender} ${clock(message.at)}${mark}`;
    const one = entry(head, message.body, () => openMessage(message));
    if (unread) one.firstChild.classList.add("unread");
    return one;
  }

  function entry(head, body, act) {
    const button = made("button", [made("span", head, "from")]);
    if (body) button.append(made("span", body));
    button.type = "button";
    button.addEventListener("click", act);
    return made("li", [button]);
  }

  function openInbox() {
    listMessages();
    show("inbox");
  }

  function openMessage(message) {
    read.add(message.id);
    opened = message;
    at("message_head").textContent = `${message.sender} ${clock(message.at)}`;
    at("message_text").textContent = message.body;
    show("message");
  }

  function write() {
    letters = true;
    at("to").value = facts.sender;
    show("write");
  }

  // ---- the views: what they focus, and what the keys under the screen do there

  const views = {
    idle: {
      field: () => at("dial"),
      left: () => (at("dial").value ? ["call", dial] : ["messages", openInbox]),
      right: () => (at("dial").value ? ["clear", erase] : null),
      call: dial,
      end: home,
    },
    wait: { right: () => (call ? ["cancel", hangUp] : null), end: hangUp },
    call: {
      field: () => (call ? at("reply") : null),
      scrolls: () => at("page"),
      left: () => (call ? ["send", reply] : ["ok", home]),
      right: () => (call ? (at("reply").value ? ["clear", erase] : ["cancel", hangUp]) : null),
      call: () => (call ? reply() : home()),
      end: hangUp,
    },
    note: { left: () => ["ok", home], call: home, end: home },
    inbox: {
      left: () => ["open", openFocused],
      right: () => ["back", home],
      call: write,
      end: home,
    },
    message: {
      scrolls: () => at("message_text"),
      left: () => ["reply", write],
      right: () => ["back", openInbox],
      call: write,
      end: home,
    },
    write: {
      field: () => (document.activeElement === at("to") ? at("to") : at("body")),
      left: () => ["send", text],
      right: () => (at("body").value ? ["clear", erase] : ["back", openInbox]),
      call: text,
      end: home,
    },
  };

  function show(name) {
    const moves = handset.contains(document.activeElement) || document.activeElement === document.body;
    if (name === "call") letters = false;
    view = name;
    for (const one of Object.keys(views)) at(one).hidden = one !== name;
    refresh();
    if (moves) focus();
  }

  function focus() {
    const field = fieldNow();
    if (field) field.focus({ preventScroll: true });
    else if (view === "inbox") at("list").querySelector("button").focus({ preventScroll: true });
    else if (view === "message") at("message_text").focus({ preventScroll: true });
    else if (view === "wait") at("wait").firstElementChild.focus({ preventScroll: true });
    else keyOf("left").focus({ preventScroll: true });
  }

  const fieldNow = () => (views[view].field ? views[view].field() : null);
  const keyOf = (name) => handset.querySelector(`[data-press="${name}"]`);

  function refresh() {
    for (const side of ["left", "right"]) {
      const act = views[view][side] ? views[view][side]() : null;
      const label = act ? say(act[0]) : "";
      const key = keyOf(side);
      key.dataset.name = key.dataset.name || key.getAttribute("aria-label");
      at(side).textContent = label;
      key.setAttribute("aria-label", label ? `${key.dataset.name}: ${label}` : key.dataset.name);
    }
    const unread = messages.filter((one) => !read.has(one.id)).length;
    at("envelope").hidden = !unread;
    at("unread").textContent = unread;
    at("news").textContent = unread
      ? say(unread === 1 ? "unread_one" : "unread", { n: unread })
      : "";
    at("carrier").textContent = at("network").querySelector(`[value="${phone.network}"]`).dataset.name;
    const field = fieldNow();
    const mode = field && field.id !== "dial" ? say(letters ? "letters" : "digits") : "";
    at("mode").textContent = mode;
    countBody();
  }

  function countBody() {
    const body = at("body").value;
    const wide = foreign(body) > 0;
    const n = wide ? body.length : septets(body);
    at("body_count").textContent = say(wide ? "sms_wide" : "sms", { n, parts: segments(body) });
  }

  function home() {
    at("dial").value = "";
    show("idle");
  }

  function note(words) {
    at("note").firstElementChild.textContent = words;
    show("note");
    announce(words);
  }

  function announce(words) {
    at("said").textContent = words;
  }

  function tell(words) {
    at("told").textContent = words;
  }

  function openFocused() {
    const list = at("list");
    const focused = list.contains(document.activeElement) ? document.activeElement : null;
    (focused || list.querySelector("button")).click();
  }

  // ---- keys

  const TAPS = {
    1: ".,?!'-1", 2: "abc2", 3: "def3", 4: "ghi4", 5: "jkl5", 6: "mno6",
    7: "pqrs7", 8: "tuv8", 9: "wxyz9", 0: " 0", "*": "*",
  };
  const TAP_MILLISECONDS = 900;
  let tapped = { digit: "", at: 0, turn: 0 };

  function tap(digit) {
    const field = fieldNow();
    if (!field) return;
    const writes = field.id === "reply" || field.id === "body";
    if (writes && digit === "#") {
      letters = !letters;
      refresh();
      return;
    }
    if (!writes || !letters) {
      insert(field, digit);
      return;
    }
    const now = Date.now();
    const goesOn = tapped.digit === digit && now - tapped.at < TAP_MILLISECONDS;
    tapped = { digit, at: now, turn: goesOn ? tapped.turn + 1 : 0 };
    if (goesOn) erase();
    insert(field, TAPS[digit][tapped.turn % TAPS[digit].length]);
  }

  function insert(field, letter) {
    if (field.value.length - (field.selectionEnd - field.selectionStart) >= field.maxLength) return;
    field.setRangeText(letter, field.selectionStart, field.selectionEnd, "end");
    refresh();
  }

  function erase() {
    const field = fieldNow();
    if (!field) return;
    const end = field.selectionEnd;
    const start = field.selectionStart === end ? Math.max(end - 1, 0) : field.selectionStart;
    field.setRangeText("", start, end, "end");
    refresh();
  }

  function forward() {
    const field = fieldNow();
    tapped.at = 0;
    if (field) field.setSelectionRange(field.selectionEnd + 1, field.selectionEnd + 1);
  }

  function move(step) {
    const now = views[view];
    if (view === "inbox") {
      const entries = [...at("list").querySelectorAll("button")];
      const place = entries.indexOf(document.activeElement) + step;
      entries[Math.min(Math.max(place, 0), entries.length - 1)].focus();
    } else if (now.scrolls) {
      now.scrolls().scrollBy(0, step * 40);
    }
  }

  function press(name) {
    const now = views[view];
    const soft = name === "ok" ? "left" : name;
    if (soft === "left" || soft === "right") {
      const act = now[soft] ? now[soft]() : null;
      if (act) act[1]();
    } else if (name === "up" || name === "down") move(name === "up" ? -1 : 1);
    else if (name === "back") erase();
    else if (name === "forward") forward();
    else if (now[name]) now[name]();
  }

  function light(digit) {
    const key = handset.querySelector(`[data-digit="${CSS.escape(digit)}"]`);
    if (!key) return;
    key.classList.add("down");
    window.setTimeout(() => key.classList.remove("down"), 140);
  }

  const isCoarse = window.matchMedia("(pointer: coarse)").matches;

  // A key pressed by a pointer leaves the focus in the field, where typing goes on.
  function listenToKeys() {
    handset.querySelectorAll("[data-digit], [data-press]").forEach((key) => {
      key.addEventListener("pointerdown", (event) => event.preventDefault());
      key.addEventListener("mousedown", (event) => event.preventDefault());
      key.addEventListener("click", (event) => {
        if (key.dataset.digit) tap(key.dataset.digit);
        else press(key.dataset.press);
        const field = fieldNow();
        if (event.detail && field && !(isCoarse && field.id === "body")) field.focus();
      });
    });
    if (isCoarse) ["dial", "reply"].forEach((id) => at(id).setAttribute("inputmode", "none"));
  }

  function listenToTyping() {
    handset.addEventListener("keydown", (event) => {
      if (event.key === "Escape") press("end");
      else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
        if (view !== "inbox") return;
        event.preventDefault();
        move(event.key === "ArrowUp" ? -1 : 1);
      } else if (event.key === "Enter" && event.target === at("body") && !event.shiftKey) {
        event.preventDefault();
        text();
      } else if (event.target.matches("input, textarea")) light(event.key);
    });
    handset.addEventListener("input", refresh);
    handset.addEventListener("focusin", (event) => {
      if (event.target === at("to") || event.target === at("body")) refresh();
    });
    for (const [id, act] of Object.entries({ idle: dial, call: reply, write: text })) {
      at(id).addEventListener("submit", (event) => {
        event.preventDefault();
        act();
      });
    }
  }

  // ---- the panels

  function measure(page) {
    const strange = foreign(page);
    const n = septets(page);
    at("septets_meter").value = n;
    at("septets").textContent = [
      say("septets", { n, most: facts.page }),
      ...(strange ? [say("foreign", { n: strange })] : []),
    ].join("; ");
  }

  function tick() {
    const seconds = (since) => (since ? Math.floor((Date.now() - since) / 1000) : 0);
    const shown = seconds(shownAt);
    const session = call ? seconds(call.began) : 0;
    at("shown_meter").value = shown;
    at("session_meter").value = session;
    at("shown").textContent = say("seconds", { n: shown, most: facts.patience });
    at("session").textContent = say("seconds", { n: session, most: facts.session });
    at("clock").textContent = view === "idle" ? "" : clock();
    at("hour").textContent = clock();
    at("day").textContent = day();
    const slow = shown >= facts.patience || session >= facts.session;
    if (call && slow && at("ends_slow").checked) drop("slow");
  }

  const TONGUE = `${document.documentElement.lang}-KE`;

  function clock(moment) {
    const when = moment ? new Date(moment) : new Date();
    if (Number.isNaN(when.getTime())) return "";
    return when.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: facts.zone });
  }

  function day() {
    const form = { weekday: "long", day: "numeric", month: "long", timeZone: facts.zone };
    return new Date().toLocaleDateString(TONGUE, form);
  }

  function use(event) {
    event.preventDefault();
    const field = at("number");
    const number = field.value.replace(/[\s-]/g, "");
    const isPhone = /^\+[0-9]{7,15}$/.test(number);
    at("number_fault").hidden = isPhone;
    field.setAttribute("aria-invalid", String(!isPhone));
    field.closest(".field").classList.toggle("wrong", !isPhone);
    at("used").textContent = isPhone ? say("changed", { phone: number }) : "";
    if (!isPhone) {
      field.focus();
      return;
    }
    if (call) finish("Incomplete");
    Object.assign(phone, { number, network: at("network").value });
    keep(tab, "phone", phone);
    messages = [];
    home();
    look();
  }

  function tryOut(number) {
    if (!fieldNow()) home();
    const field = fieldNow();
    const dials = view === "idle" && number !== facts.code;
    const typed = dials ? facts.code.replace(/#$/, `*${number}#`) : number;
    if (view === "idle" || view === "call") field.value = "";
    field.setSelectionRange(field.value.length, field.value.length);
    insert(field, typed);
    field.focus();
  }

  const LOOK_MILLISECONDS = 2000;

  function begin() {
    if (!at("network").querySelector(`[value="${CSS.escape(String(phone.network))}"]`)) {
      phone.network = at("network").value;
    }
    at("number").value = phone.number;
    at("network").value = phone.network;
    listenToKeys();
    listenToTyping();
    at("settings").addEventListener("submit", use);
    at("drop").addEventListener("click", () => drop("dropped"));
    at("again").addEventListener("click", again);
    document.querySelectorAll("[data-try]").forEach((key) => {
      key.addEventListener("click", () => tryOut(key.dataset.try));
    });
    measure("");
    show("idle");
    tick();
    look();
    window.setInterval(tick, 1000);
    window.setInterval(look, LOOK_MILLISECONDS);
  }

  begin();
})();
