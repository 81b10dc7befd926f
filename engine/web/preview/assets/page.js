// The page works without this file; with it, it follows what is saved, chosen and typed.
"use strict";

const base = document.body.dataset.base;
const at = (id) => document.getElementById(id);

async function show(address, { remember = false } = {}) {
  const answer = await fetch(address);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement?.id || document.activeElement?.name;
  const typed = at("filter")?.value;
  at("page").replaceWith(page.getElementById("page"));
  document.title = page.title;
  if (remember) history.pushState(null, "", address);
  if (focused && focused !== "people") (at(focused) ?? document.getElementsByName(focused)[0])?.focus();
  if (typed && at("filter")) narrow(at("filter").value = typed);
  fit();
}

function fit() {
  const views = document.querySelector(".views");
  if (!views) return;
  const [margins, text, mails] = [3 * 16, 290, 640 + 390 + 390];
  const scale = Math.min(1, Math.max(0.5, (views.clientWidth - margins - text) / mails));
  document.documentElement.style.setProperty("--scale", scale.toFixed(4));
}

function narrow(words) {
  for (const line of document.querySelectorAll("[data-words]")) {
    line.hidden = !line.dataset.words.toLowerCase().includes(words.toLowerCase());
  }
}

function wished(changes = {}, path = location.pathname) {
  const chosen = new URLSearchParams(new FormData(document.querySelector(".wish")));
  for (const [name, value] of Object.entries(changes)) chosen.set(name, value);
  for (const [name, value] of [...chosen]) if (!value) chosen.delete(name);
  const query = chosen.toString();
  return path + (query ? `?${query}` : "");
}

let asked = 0;
async function find(words) {
  const mine = ++asked;
  const found = await (await fetch(`${base}people?words=${encodeURIComponent(words)}`)).json();
  if (mine !== asked || !at("found")) return;
  at("found").replaceChildren(...(found.length ? found.map(person) : [nobody()]));
  opened(true);
}

function person({ id, name, email }) {
  const item = document.createElement("li");
  item.setAttribute("role", "option");
  item.dataset.id = id;
  item.textContent = name || email || id;
  const small = document.createElement("small");
  small.textContent = [name && email, id].filter(Boolean).join(" · ");
  item.append(small);
  return item;
}

function nobody() {
  const item = document.createElement("li");
  item.className = "nobody";
  item.textContent = "Nobody begins like this";
  return item;
}

function opened(open) {
  at("found").hidden = !open;
  at("people").setAttribute("aria-expanded", String(open));
}

function move(by) {
  const items = [...at("found").querySelectorAll("[data-id]")];
  const now = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  items.forEach((item) => item.removeAttribute("aria-selected"));
  const next = items[(now + by + items.length + (now < 0 && by < 0 ? 1 : 0)) % items.length];
  next?.setAttribute("aria-selected", "true");
  next?.scrollIntoView({ block: "nearest" });
}

function choose(item) {
  if (item) show(wished({ customer: item.dataset.id, sample: "" }), { remember: true });
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("[data-go]")) show(target.value + wished({ language: "", moment: "" }, ""), { remember: true });
  else if (target.matches(".wish select")) show(wished(), { remember: true });
});
document.addEventListener("submit", (event) => event.preventDefault());
document.addEventListener("input", ({ target }) => {
  if (target.id === "people") find(target.value);
  if (target.id === "filter") narrow(target.value);
});
document.addEventListener("focusin", ({ target }) => {
  if (target.id === "people" && at("found").hidden) find(target.value);
});
document.addEventListener("pointerdown", (event) => {
  const item = event.target.closest("#found [data-id]");
  if (item) { event.preventDefault(); choose(item); }
  else if (at("found") && !event.target.closest(".search")) opened(false);
});
document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (target.id === "people") {
    if (key === "ArrowDown" || key === "ArrowUp") { event.preventDefault(); move(key === "ArrowDown" ? 1 : -1); }
    if (key === "Enter") choose(at("found").querySelector('[aria-selected="true"]') ?? at("found").querySelector("[data-id]"));
    if (key === "Escape") opened(false);
  } else if (key === "/" && !target.matches("input, select")) {
    event.preventDefault();
    (at("people") ?? at("filter"))?.focus();
  }
});
addEventListener("popstate", () => show(location.href));
addEventListener("resize", fit);
fit();

const saved = new EventSource(`${base}changes`);
saved.addEventListener("changed", () => show(location.href));
saved.addEventListener("listening", () => {
  if (!at("lost").hidden) show(location.href); // what was saved while nobody listened
  at("lost").hidden = true;
});
saved.addEventListener("error", () => { at("lost").hidden = false; });
