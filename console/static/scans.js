// Scans as a queue: the field is empty again at once, however fast a reader types; numbers go
// to the server in their order, several at a time, and stay in the queue until it has them.
"use strict";

const AT_ONCE = 20;
const SHOWN = 12;
const AGAIN_MS = 2000;

class Scanner {
  constructor(form) {
    this.form = form;
    this.field = form.elements.number;
    this.line = form.querySelector("[data-waiting-line]");
    this.log = document.querySelector("[data-scans]");
    this.queue = [];
    this.busy = false;
    this.over = false;
    form.addEventListener("submit", (event) => this.take(event));
    window.addEventListener("beforeunload", (event) => this.warn(event));
    document.addEventListener("keydown", (event) => this.catchDigit(event));
  }

  take(event) {
    event.preventDefault();
    const number = this.field.value.trim();
    this.field.value = "";
    this.field.focus();
    if (number && this.over) {
      this.show({ kind: "bad", text: this.form.dataset.unsent }, number);
    } else if (number) {
      this.queue.push(this.entry(number));
      this.send();
    }
  }

  // What else the form says, a kind perhaps, holds for the scan that it was said with.
  entry(number) {
    const said = new URLSearchParams(new FormData(this.form));
    said.delete("number");
    return { number, said: said.toString() };
  }

  async send() {
    if (this.busy || this.over) {
      return;
    }
    this.busy = true;
    while (this.queue.length > 0 && !this.over) {
      this.say();
      const some = this.together();
      if (!(await this.post(some))) {
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
    this.busy = false;
    if (!this.over) {
      this.say();
    }
  }

  together() {
    const first = this.queue[0];
    const other = this.queue.findIndex((one) => one.said !== first.said);
    const end = other < 0 ? this.queue.length : other;
    return this.queue.slice(0, Math.min(end, AT_ONCE));
  }

  // Says whether the server has them: they leave the queue then, and not before.
  async post(some) {
    const body = new URLSearchParams(some[0].said);
    some.forEach((one) => body.append("number", one.number));
    let answer;
    try {
      answer = await fetch(this.form.action, {
        method: "POST",
        body,
        headers: { Accept: "application/json" },
        redirect: "manual",
      });
    } catch {
      return this.failed();
    }
    if (answer.status >= 500) {
      return this.failed();
    }
    if (!answer.ok) {
      this.stop(answer.status === 409 ? (await answer.json()).over : this.form.dataset.out);
      return true;
    }
    const told = await answer.json();
    this.queue.splice(0, some.length);
    told.scans.forEach((one, place) => this.show(one, some[place].number));
    this.count(told.counts);
    return true;
  }

  failed() {
    this.say(this.form.dataset.lost);
    return false;
  }

  // Nothing can be sent from here any more: what was not sent stands in the log, in full.
  stop(text) {
    this.over = true;
    const unsent = this.queue.splice(0);
    unsent.forEach((one) => this.show({ kind: "bad", text: this.form.dataset.unsent }, one.number));
    this.say(text);
  }

  say(text) {
    const waiting = this.queue.length;
    const count = waiting > 1 ? this.form.dataset.waiting.replace("{n}", waiting) : "";
    this.line.textContent = [text, text || waiting > 1 ? count : ""].filter(Boolean).join(" ");
  }

  show(one, number) {
    const row = document.createElement("li");
    const digits = document.createElement("span");
    const said = document.createElement("span");
    row.className = one.kind;
    digits.className = "digits";
    digits.textContent = one.last_three ? `..${one.last_three}` : number;
    said.textContent = one.text;
    row.append(digits, " ", said);
    this.addRemoving(row, one.item);
    this.log.prepend(row);
    while (!this.over && this.log.children.length > SHOWN) {
      this.log.lastElementChild.remove();
    }
  }

  // The key that takes a scan out belongs to the last one that can be taken out.
  addRemoving(row, item) {
    const removing = document.querySelector("[data-removing]");
    if (removing && item) {
      this.log.querySelectorAll("[data-key]").forEach((one) => {
        one.removeAttribute("data-key");
        one.removeAttribute("aria-keyshortcuts");
        one.querySelectorAll("kbd").forEach((key) => key.remove());
      });
      const form = removing.content.cloneNode(true).querySelector("form");
      const action = form.getAttribute("action").replace("/scans/0/", `/scans/${item}/`);
      form.setAttribute("action", action);
      row.append(form);
    }
  }

  count(counts) {
    for (const [name, value] of Object.entries(counts)) {
      const place = document.querySelector(`[data-count="${name}"]`);
      if (place) {
        place.textContent = value;
      }
    }
  }

  warn(event) {
    if (this.queue.length > 0) {
      event.preventDefault();
    }
  }

  // A reader types wherever the focus is: its digits belong into the field.
  catchDigit(event) {
    const focused = document.activeElement;
    const types = focused && focused.matches("input, textarea, select");
    if (!types && /^[0-9]$/.test(event.key) && !event.ctrlKey && !event.altKey && !event.metaKey) {
      this.field.focus();
    }
  }
}

document.querySelectorAll("[data-scanner]").forEach((form) => new Scanner(form));
