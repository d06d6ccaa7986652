// The home page and the wall display: filters tiles while somebody types, walks through them by key, keeps clocks right, and
// keeps a wall alive for weeks. Every page also works without this.

const $ = (id) => document.getElementById(id);

// Filter

const links = () => [...document.querySelectorAll(".services .tile:not([hidden]) > a:first-of-type")].filter((a) => a.checkVisibility?.() ?? a.offsetParent);

function wanted(tile, words) {
  const text = tile.textContent.toLowerCase();
  const tags = (tile.dataset.tags ?? "").split(" ");
  return words.every((word) => (word[0] === "#" ? tags.includes(word.slice(1)) : text.includes(word) || tags.some((tag) => tag.includes(word))));
}

function say(place, text) {
  if (place && place.textContent !== text) place.textContent = text;
}

function apply() {
  const box = $("filter");
  if (!box) return;
  const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
  let all = 0;
  for (const group of document.querySelectorAll(".services .group")) {
    let shown = 0;
    for (const tile of group.querySelectorAll(".tile")) {
      tile.hidden = !wanted(tile, words);
      shown += !tile.hidden;
    }
    group.hidden = shown === 0;
    // A folded group shows what was found in it, and folds again afterwards.
    if (words.length && shown && !group.open) group.open = group.dataset.found = true;
    else if (!words.length && group.dataset.found) {
      group.open = false;
      delete group.dataset.found;
    }
    all += shown;
  }
  say($("found"), words.length ? `${all} ${all === 1 ? "tile" : "tiles"}` : "");
  $("none").hidden = !words.length || all > 0;
  for (const chip of document.querySelectorAll("a[data-tag]")) {
    chip.classList.toggle("on", words.includes("#" + chip.dataset.tag));
  }
}

function clear() {
  $("filter").value = "";
  apply();
}

function rowwise(from, down) {
  const here = from.closest(".tile").getBoundingClientRect();
  const others = links().map((link) => ({ link, at: link.closest(".tile").getBoundingClientRect() }));
  const beyond = others.filter(({ at }) => (down ? at.top >= here.bottom - 1 : at.bottom <= here.top + 1));
  const far = ({ at }) => Math.abs(at.top - here.top) * 10 + Math.abs(at.left - here.left);
  return beyond.sort((a, b) => far(a) - far(b))[0]?.link;
}

function walk(event) {
  const all = links();
  const from = event.target.closest(".tile")?.querySelector("a");
  const at = all.indexOf(from);
  const next = {
    ArrowRight: () => all[at + 1],
    ArrowLeft: () => all[at - 1] ?? $("filter"),
    ArrowDown: () => rowwise(from, true),
    ArrowUp: () => rowwise(from, false) ?? $("filter"),
  }[event.key]?.();
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function enter(event) {
  const box = event.target;
  event.preventDefault();
  if (!box.value.trim()) return;
  const first = links()[0];
  if (first) first.click();
  else box.form.requestSubmit(box.form.querySelector("button[value=hob]"));
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || !$("filter")) return;
  const inBox = event.target === $("filter");
  if (!inBox && !event.target.closest(".services .tile")) return;
  if (event.key === "Escape") {
    if (inBox && !event.target.value) event.target.blur();
    else $("filter").focus();
    clear();
  } else if (inBox && event.key === "Enter") enter(event);
  else if (inBox && event.key === "ArrowDown") {
    event.preventDefault();
    links()[0]?.focus();
  } else if (!inBox) walk(event);
});

document.addEventListener("input", (event) => event.target.id === "filter" && apply());

document.addEventListener("click", (event) => {
  const tag = event.target.closest("a[data-tag]");
  if (tag && $("filter")) {
    event.preventDefault();
    const word = "#" + tag.dataset.tag;
    const words = $("filter").value.split(/\s+/).filter(Boolean);
    $("filter").value = (words.includes(word) ? words.filter((other) => other !== word) : [...words, word]).join(" ");
    apply();
  }
  // A tile that changed since the page was drawn does not know in which tab somebody wants it.
  const link = event.target.closest(".services[data-tab=new] .tile > a:first-of-type");
  if (link) link.target = "_blank";
  const summary = event.target.closest(".group > summary");
  if (summary && !$("filter")?.value) setTimeout(() => remember(summary.parentElement));
});

// What somebody folds stays folded on their other devices, too.
function remember(group) {
  const body = new URLSearchParams({ group: group.dataset.group, folded: group.open ? "" : "yes" });
  fetch("/home/fold", { method: "POST", headers: { "HX-Request": "true" }, body }).catch(() => {});
}

// Tiles come and go while something is filtered.
let pending = 0;
if ($("main") && $("filter")) {
  new MutationObserver(() => {
    if (!$("filter")?.value) return;
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(apply);
  }).observe($("main"), { childList: true, subtree: true });
  // A browser keeps what was typed when somebody comes back.
  if ($("filter").value && !location.search) apply();
}

// Clocks

const shapes = {
  "HH:MM": { hour: "2-digit", minute: "2-digit" },
  "HH:MM:SS": { hour: "2-digit", minute: "2-digit", second: "2-digit" },
  day: { weekday: "long", day: "numeric", month: "long" },
};

function format(shape, timeZone) {
  try {
    return new Intl.DateTimeFormat("en-GB", { ...shapes[shape], timeZone }).format();
  } catch {
    return new Intl.DateTimeFormat("en-GB", shapes[shape]).format();
  }
}

function tick() {
  for (const clock of document.querySelectorAll("[data-clock]")) {
    if (shapes[clock.dataset.clock]) say(clock, format(clock.dataset.clock, clock.dataset.zone || undefined));
  }
  shade();
}

// A wall is dark from one time of day to another.
function shade() {
  const root = document.documentElement;
  const times = /^(\d\d:\d\d)-(\d\d:\d\d)$/.exec(root.dataset.dark ?? "");
  if (!times) return;
  const [, from, to] = times;
  const now = format("HH:MM", root.dataset.zone);
  const dark = from <= to ? now >= from && now < to : now >= from || now < to;
  root.dataset.theme = dark ? "dark" : "light";
}

tick();
setInterval(tick, 1000);

// The wall

const wall = document.body.dataset.stream;
let lost = 0;
let fetching = false;

function closed(text) {
  $("main").replaceChildren(Object.assign(document.createElement("h1"), { textContent: text }));
}

const files = (page) => [...page.querySelectorAll("link[rel=stylesheet], script[src]")].map((e) => e.getAttribute("href") ?? e.getAttribute("src")).join();

async function redraw() {
  if (fetching) return;
  fetching = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.redirected) return location.assign(answer.url);
    if (answer.status === 404) return closed("This link no longer opens a wall display.");
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Another version of Hob brings its own files.
    if (files(page) !== files(document)) return location.reload();
    $("main").replaceChildren(...page.getElementById("main").childNodes);
    clearTimeout(lost);
    lost = 0;
    $("live-state").hidden = true;
    tick();
  } catch {
    away();
  } finally {
    fetching = false;
  }
}

function away() {
  lost ||= setTimeout(() => ($("live-state").hidden = false), 8000);
}

function follow() {
  const source = new EventSource(wall);
  // Of many changes at once, one page.
  let later = 0;
  const soon = () => (later ||= setTimeout(() => ((later = 0), redraw()), 300));
  source.addEventListener("stale", soon);
  source.addEventListener("swap", soon);
  source.addEventListener("error", () => {
    away();
    if (source.readyState !== EventSource.CLOSED) return;
    redraw();
    setTimeout(follow, 10_000);
  });
}

if (wall) {
  follow();
  // Whatever the stream is worth: a wall is never older than this.
  setInterval(redraw, 300_000);
}
