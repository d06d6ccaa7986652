// What pages do by themselves: take live changes, open dialogs, search by key. Every page also works without this.

const $ = (id) => document.getElementById(id);
const dialog = $("dialog");

// Live changes

const live = { source: null, lost: 0, retry: 0 };

function swap(html) {
  // A page that is on its way may be older than this change.
  if (refreshing) again = true;
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const fresh of [...template.content.children]) {
    const old = fresh.id && $(fresh.id);
    if (!old) continue;
    // A control in use must not vanish under the finger: only its look changes.
    const focused = old.contains(document.activeElement) ? focusPath(old) : null;
    const spoken = old.querySelector("[aria-live]");
    if (old.hasAttribute("aria-live") || spoken) {
      // A screen reader speaks what changes inside of a region, not a new region.
      old.className = fresh.className;
      old.replaceChildren(...fresh.childNodes);
      focused?.(old);
      continue;
    }
    old.replaceWith(fresh);
    focused?.(fresh);
  }
}

function focusPath(root) {
  const controls = (part) => [...part.querySelectorAll("a,button,input,select,summary")];
  const active = document.activeElement;
  const at = controls(root).indexOf(active);
  // Within the nearest part that has a name, since that may have moved.
  const near = active.closest("[id]");
  const within = near && near !== root ? controls(near).indexOf(active) : -1;
  return (fresh) => {
    const again = near && near !== root && fresh.querySelector("#" + CSS.escape(near.id));
    const control = again && (within < 0 ? again : controls(again)[within]);
    (control || controls(fresh)[at])?.focus({ preventScroll: true });
  };
}

let refreshing = false;
let again = false;
let waits = 250;

async function refresh() {
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (answer.redirected && new URL(answer.url).pathname === "/login") {
      location.href = answer.url;
      return;
    }
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById("main");
    const old = $("main");
    if (!fresh || !old) return;
    // Nothing is taken away from under somebody who writes, or who has yet to copy a token.
    if (old.querySelector("form :is(input, select, textarea):focus:not([data-keep]), [data-copy]")) throw new Error("in use");
    for (const field of old.querySelectorAll("[data-keep]")) {
      const again = fresh.querySelector("#" + field.id);
      if (again) again.value = field.value;
    }
    const open = new Set([...old.querySelectorAll("details[open][id]")].map((d) => d.id));
    fresh.querySelectorAll("details[id]").forEach((d) => (d.open ||= open.has(d.id)));
    const restore = old.contains(document.activeElement) ? focusPath(old) : null;
    old.replaceChildren(...fresh.childNodes);
    globalThis.htmx?.process(old);
    restore?.(old);
    document.body.dataset.live = page.body.dataset.live;
    waits = 250;
  } catch {
    // Away for a moment, or in use: later.
    again = true;
    waits = Math.min(waits * 2, 15_000);
  } finally {
    refreshing = false;
    if (again) {
      again = false;
      setTimeout(refresh, waits);
    }
  }
}

function topics() {
  return [...document.querySelectorAll("[data-live-topic]")].map((e) => e.dataset.liveTopic);
}

function disconnect() {
  live.source?.close();
  clearTimeout(live.retry);
}

function connect() {
  disconnect();
  const source = new EventSource("/live?at=" + encodeURIComponent(document.body.dataset.live));
  live.source = source;
  const heard = (event) => {
    if (event.lastEventId) document.body.dataset.live = event.lastEventId;
  };
  source.addEventListener("hello", () => {
    clearTimeout(live.lost);
    live.lost = 0;
    $("live-state").hidden = true;
  });
  source.addEventListener("swap", (event) => {
    heard(event);
    swap(event.data);
  });
  source.addEventListener("stale", (event) => {
    heard(event);
    const stale = event.data.split("\t");
    if (event.data === "*" || topics().some((topic) => stale.includes(topic))) refresh();
  });
  source.addEventListener("error", () => {
    // From the first failure on: the browser tries again more often than this.
    live.lost ||= setTimeout(() => ($("live-state").hidden = false), 4000);
    if (source.readyState !== EventSource.CLOSED) return;
    // The browser gives up on some answers; we do not. If it is the login that has ended, fetching the page shows it.
    refresh();
    live.retry = setTimeout(connect, 5000);
  });
}

if (document.body.dataset.live) {
  if (!document.hidden) connect();
  // A browser has six connections to one host, for all its tabs together: a page that nobody looks at, or that is kept
  // for the back button, gives its own back and catches up later.
  document.addEventListener("visibilitychange", () => (document.hidden ? disconnect() : connect()));
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => event.persisted && connect());
}

// Dialogs

async function openDialog(url) {
  dialog.innerHTML = '<p class="loading" role="status"><span class="spinner"></span> One moment…</p>';
  if (!dialog.open) dialog.showModal();
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) return location.reload();
    dialog.innerHTML = await answer.text();
    globalThis.htmx?.process(dialog);
    const wanted = ["[autofocus]", "input:not([type=hidden]), select, textarea", "button"];
    wanted.map((what) => dialog.querySelector(what)).find(Boolean)?.focus();
  } catch {
    dialog.innerHTML = '<p class="error" role="alert">Hob cannot be reached just now. Try again in a moment.</p>';
  }
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog], a[data-search]");
  if (link && dialog && !event.metaKey && !event.ctrlKey) {
    event.preventDefault();
    openDialog(link.href);
  } else if (event.target.closest("[data-close-dialog]") || event.target === dialog) {
    dialog.close();
  } else if (event.target.closest("[data-copy]")) {
    const field = event.target.closest("[data-copy]").previousElementSibling;
    field.select();
    navigator.clipboard?.writeText(field.value);
  }
});

// Keys

function typing(target) {
  return target.closest("input, textarea, select, [contenteditable]");
}

document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !typing(event.target) && !event.ctrlKey && !event.metaKey && document.querySelector("[data-search]")) {
    event.preventDefault();
    if ($("filter")) $("filter").select();
    else openDialog("/search");
    return;
  }
  const results = $("results");
  if (!results || !dialog?.open || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
  const links = [...results.querySelectorAll("a")];
  const at = links.indexOf(document.activeElement);
  if (event.key === "Enter") {
    if (at < 0 && links[0] && event.target.matches("input")) {
      event.preventDefault();
      links[0].click();
    }
    return;
  }
  event.preventDefault();
  const next = at + (event.key === "ArrowDown" ? 1 : -1);
  (links[next] ?? (next < 0 ? dialog.querySelector("input") : links.at(-1)))?.focus();
});

// The app, and messages to this browser

// Hob forgets browsers of which it hears nothing for two months.
async function tellSeen(registration) {
  const subscription = await registration.pushManager?.getSubscription();
  if (!subscription || Date.now() - Number(localStorage.getItem("seen")) < 12 * 3600 * 1000) return;
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ endpoint: subscription.endpoint });
  const answer = await fetch("/messages/devices/seen", { method: "POST", headers, body });
  if (answer.ok) localStorage.setItem("seen", Date.now());
}

if ("serviceWorker" in navigator && isSecureContext) {
  navigator.serviceWorker.register("/sw.js").then(tellSeen).catch(() => {});
}
