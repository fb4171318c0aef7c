// 风补: what the pages do beyond links and forms. No build step; everything works without it, only less quickly.
// Hooks are data attributes, listed in templates/README.md.
import { drawCharts } from "./charts.js";
import { listen } from "./live.js";
import { watchQueue } from "./queue.js";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const cookie = (name, value) =>
  (document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`);

export function announce(words) {
  const region = $("#status");
  if (!region) return;
  region.textContent = "";
  requestAnimationFrame(() => (region.textContent = words));
}

// ---- keyboard ----------------------------------------------------------------------------------------------

const typing = (target) =>
  target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
const follow = (selector) => $(selector)?.click();
const places = { q: ["queue", "home"], c: ["cases", "claims"], m: ["overview", "board"] };
let awaitingPlace = 0;

function go(letter) {
  const link = (places[letter] ?? []).map((key) => $(`.rail [data-go="${key}"]`)).find(Boolean);
  link?.click();
  return Boolean(link);
}

function nextFault() {
  const faults = $$("[data-fault]");
  if (faults.length === 0) return;
  const at = faults.indexOf(document.activeElement);
  faults[(at + 1) % faults.length].focus();
}

const single = {
  "/": () => $("#search")?.focus(),
  "?": () => $("#keys")?.showModal(),
  n: () => follow("[data-next]"),
  z: () => follow("[data-zoom]"),
  "[": () => neighbour(-1),
  "]": () => neighbour(1),
  g: () => (awaitingPlace = Date.now()),
};

function neighbour(step) {
  const thumbs = $$(".thumbs a").filter((a) => a.checkVisibility?.() ?? true);
  const at = thumbs.findIndex((a) => a.ariaCurrent === "true" || a.hasAttribute("aria-current"));
  thumbs[at + step]?.click();
}

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229) return;
  const form = event.target.closest?.("[data-decide]") ?? $("[data-decide]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) {
    event.preventDefault();
    visible($$("button[type=submit]", form))?.click();
    return;
  }
  if (event.key === "F8" && $("[data-fault]")) {
    event.preventDefault();
    nextFault();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target) || document.body.dataset.shortcuts === "off" || $("dialog[open]:modal")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (Date.now() - awaitingPlace < 1500) {
    awaitingPlace = 0;
    if (go(key)) event.preventDefault();
    return;
  }
  if (/^[1-6]$/.test(key) && form) {
    const answer = $(`input[data-n="${key}"]`, form);
    if (answer) {
      event.preventDefault();
      answer.click();
      answer.focus();
    }
  } else if (single[key]) {
    event.preventDefault();
    single[key]();
  } else {
    document.dispatchEvent(new CustomEvent("fengbu:key", { detail: { key, event } }));
  }
});

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  if (target.id !== "verb") return;
  if (!target.open) target.showModal();
  ($("[data-focus]", target) ?? visible($$("select, textarea, input:not([type=hidden])", target)))?.focus();
});
document.addEventListener("input", ({ target }) => {
  if (!target.matches?.("[data-filter]")) return;
  const words = target.value.trim();
  for (const choice of document.getElementById(target.dataset.filter).children) {
    choice.hidden = !choice.textContent.includes(words) && !$("input", choice).checked;
  }
});

const visible = (elements) => elements.find((e) => e.checkVisibility?.() ?? e.offsetParent !== null);

// ---- dialogs, theme, switch --------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) document.getElementById(opener.dataset.open)?.showModal();
  if (event.target.closest("[data-close]")) event.target.closest("dialog")?.close();
  if (event.target instanceof HTMLDialogElement) event.target.close(); // the backdrop
  const phrase = event.target.closest("[data-phrase]");
  if (phrase) addPhrase(phrase.dataset.phrase);
});

document.addEventListener("change", (event) => {
  const target = event.target;
  if (target.matches("[data-theme-choice]")) {
    cookie("theme", target.value);
    if (target.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = target.value;
  } else if (target.matches("[data-shortcut-switch]")) {
    cookie("shortcuts", target.checked ? "on" : "off");
    document.body.dataset.shortcuts = target.checked ? "on" : "off";
  } else if (target.matches("[data-n]")) {
    chooseAnswer(target);
  } else if (target.matches("[data-place]") && target.value) {
    addPlace(target);
  }
});
new MutationObserver(() => drawCharts()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => drawCharts());

// ---- decision panel ----------------------------------------------------------------------------------------

let opinionBefore = $("#opinion")?.defaultValue;

function chooseAnswer(radio) {
  const form = radio.form;
  const box = $("#opinion", form);
  if (!box) return;
  // The prefilled sentence follows the answer until the reviewer writes something of their own.
  if (box.value === opinionBefore || box.value.trim() === "") box.value = opinionBefore = radio.dataset.opinion;
  box.setAttribute("aria-required", radio.hasAttribute("data-requires-opinion"));
  $("#decide-note", form)?.replaceChildren();
  for (const part of $$("fieldset[data-when]", form)) {
    part.disabled = !part.dataset.when.split(" ").includes(radio.dataset.n);
  }
}
const chosen = $("[data-decide] [data-n]:checked");
if (chosen) {
  for (const part of $$("fieldset[data-when]", chosen.form)) {
    part.disabled = !part.dataset.when.split(" ").includes(chosen.dataset.n);
  }
}

function addPlace(select) {
  // A loan (第 2 笔) is followed by its field on the same line; anything else begins a line and waits for the problem.
  const box = $("textarea", select.parentElement);
  const before = box.value.trimEnd();
  const joint = before.endsWith("笔") ? " " : before && "\n";
  box.value = before + joint + select.value + (select.value.endsWith("笔") ? "" : "｜");
  select.value = "";
  box.focus();
}

function addPhrase(words) {
  const box = $("#opinion");
  if (!box) return;
  box.value = box.value.trim() ? `${box.value.trimEnd().replace(/[。；]?$/, "；")}${words}` : words;
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
}

// ---- submit once -------------------------------------------------------------------------------------------

const resting = new WeakMap();

function rest(form) {
  const button = resting.get(form);
  if (!button) return;
  resting.delete(form);
  button.element.replaceChildren(...button.content);
  button.element.removeAttribute("aria-busy");
  button.element.removeAttribute("aria-disabled");
}

document.addEventListener(
  "submit",
  (event) => {
    const form = event.target;
    const button = event.submitter;
    if (resting.has(form) || button?.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      event.stopImmediatePropagation();
      const reason = document.getElementById(button?.getAttribute("aria-describedby") ?? "");
      if (reason) announce(reason.textContent);
      return;
    }
    if (!form.matches("[data-once]") || !button) return;
    resting.set(form, { element: button, content: [...button.childNodes] });
    button.setAttribute("aria-busy", "true");
    button.setAttribute("aria-disabled", "true");
    button.replaceChildren(button.dataset.busy ?? "提交中…");
  },
  true,
);
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-once]");
  if (form && event.target === form && !event.detail.xhr?.getResponseHeader("HX-Redirect")) rest(form);
});
addEventListener("pageshow", () => $$("form[data-once]").forEach(rest));

// ---- answers of the server ---------------------------------------------------------------------------------

function offline() {
  const region = $("#decide-note") ?? $("#alerts");
  if (!region) return;
  const note = document.createElement("div");
  const words = document.createElement("span");
  const lead = document.createElement("b");
  note.className = "note";
  note.dataset.t = "soon";
  lead.textContent = "没有连上服务器，尚未提交。";
  words.append(lead, "内容仍在本页，恢复后请再点一次提交。");
  note.append(document.createElement("span"), words, document.createElement("span"));
  region.replaceChildren(note);
}
document.addEventListener("htmx:sendError", offline);
document.addEventListener("htmx:timeout", offline);
document.addEventListener("announce", (event) => announce(event.detail.value ?? ""));
// What kept an answer from being given may be gone: its button goes by the words that stand there now.
document.addEventListener("htmx:oobAfterSwap", () => {
  for (const reason of $$("[data-blocks]")) {
    const button = $(`[aria-describedby="${reason.id}"]`);
    if (!reason.textContent.trim()) button?.removeAttribute("aria-disabled");
  }
});
// A clause that was cited before already has its popover.
document.addEventListener("htmx:oobAfterSwap", () => {
  const seen = new Set();
  for (const clause of $$("#clauses > [popover]")) {
    if (seen.has(clause.id)) clause.remove();
    seen.add(clause.id);
  }
});
// Replaced regions keep focus: by id, else by address.
let focused = null;
document.addEventListener("htmx:beforeSwap", () => {
  const active = document.activeElement;
  focused = active && active !== document.body ? { id: active.id, href: active.getAttribute("href") } : null;
});
document.addEventListener("htmx:afterSettle", () => {
  if (!focused || document.activeElement !== document.body) return;
  const again = focused.id
    ? document.getElementById(focused.id)
    : focused.href && $(`a[href="${CSS.escape(focused.href)}"]`);
  again?.focus({ preventScroll: true });
});
document.addEventListener("htmx:load", () => drawCharts());

// ---- files, focus, counts ----------------------------------------------------------------------------------

const LARGEST = 20 * 1024 * 1024;

// Caught on the way down, so that a file we can already refuse is not sent.
document.addEventListener(
  "change",
  (event) => event.target.matches("input[type=file]") && !fits(event.target) && event.stopPropagation(),
  true,
);

function fits(input) {
  const files = [...input.files];
  const large = files.find((file) => file.size > LARGEST);
  const empty = files.find((file) => file.size === 0);
  const allowed = input.accept.split(",").map((kind) => kind.trim().toLowerCase()).filter(Boolean);
  const odd = files.find((f) => allowed.length && !allowed.some((kind) => f.name.toLowerCase().endsWith(kind)));
  const fault = large ? `${large.name} 超过 20 MB，请压缩或拆分后再传。`
    : empty ? `${empty.name} 是空文件，请重新选择。`
    : odd ? `${odd.name} 的类型不能用，请传 ${allowed.join("、")}。`
    : "";
  announce(fault || files.map((file) => file.name).join("、"));
  const place = input.closest(".f, li");
  place?.querySelector(".err[data-client]")?.remove();
  if (!fault) return true;
  input.value = "";
  const words = document.createElement("span");
  words.className = "err";
  words.dataset.client = "";
  words.textContent = fault;
  (place?.querySelector(":scope > div") ?? place)?.append(words);
  return false;
}

$("[data-focus]")?.focus();

listen(announce);
watchQueue(announce);
drawCharts();
