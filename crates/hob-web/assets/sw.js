// Makes Hob installable, shows what is pushed to this browser, and says so in whole sentences when the hub cannot be
// reached. Nothing is cached: a home page from yesterday would not tell the truth.

const OFFLINE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>Hob cannot be reached</title>
<h1>Hob cannot be reached</h1><p>This device is offline, or the machine that Hob runs on is.</p><p><a href="/">Try again</a></p></html>`;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (event.request.mode !== "navigate") return;
  const offline = () => new Response(OFFLINE, { status: 503, headers: { "content-type": "text/html; charset=utf-8" } });
  event.respondWith(fetch(event.request).catch(offline));
});

// Messages. A letter is ntfy's JSON for web push, {"event","subscription_id","message"}, with two fields of our own:
// "emoji" is what the tags mean, "page" is where Hob shows the message.

const ICON = "/favicon.ico";
const DEVICES = "/messages/devices";
const SEEN_EVERY = 12 * 3600 * 1000;

let seen = 0;

self.addEventListener("push", (event) => event.waitUntil(pushed(letterIn(event))));
self.addEventListener("notificationclick", (event) => event.waitUntil(clicked(event.notification, event.action)));
self.addEventListener("notificationclose", (event) => event.waitUntil(recount()));
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(changed(event)));

function letterIn(event) {
  try {
    return event.data.json();
  } catch {
    return null;
  }
}

async function pushed(letter) {
  const message = letter?.message;
  if (letter?.event === "message" && message?.event === "message") {
    await show(letter, message);
  } else if (letter?.event === "message" && ["message_delete", "message_clear"].includes(message?.event)) {
    for (const old of await self.registration.getNotifications({ tag: tagOf(letter, message) })) old.close();
  } else if (letter?.event === "subscription_expiring") {
    await say("Hob was not opened here for a long time", "Open Hob in this browser to go on getting messages.", "/");
  } else {
    // A browser that is pushed something and shows nothing loses its permission.
    await say("Something happened", "Open Hob to see what it is.", "/messages");
  }
  await Promise.all([recount(), tellSeen()]);
}

// Of one tag a browser shows one notification: the newest word of a sequence takes the place of the one before.
function tagOf(letter, message) {
  return `${letter.subscription_id}/${message.sequence_id || message.id}`;
}

function show(letter, message) {
  const before = letter.emoji ? `${letter.emoji} ` : "";
  const text = message.encoding ? "" : (message.message ?? "");
  const priority = message.priority || 3;
  const options = {
    body: message.title ? text : before + text,
    tag: tagOf(letter, message),
    icon: secure(message.icon) ?? ICON,
    timestamp: message.time * 1000,
    silent: priority <= 2,
    renotify: priority > 2,
    requireInteraction: priority >= 5,
    actions: buttonsOf(message).map((button) => ({ action: button.key, title: button.label })),
    data: { message, page: letter.page },
  };
  if (message.attachment && !text) options.body = before + message.attachment.name;
  if (/\.(png|jpe?g|gif|webp)$/i.test(message.attachment?.name ?? "")) options.image = secure(message.attachment.url);
  // A silent notification must not name a pattern at all.
  if (priority === 4) options.vibrate = [250, 100, 250];
  if (priority >= 5) options.vibrate = [400, 100, 400, 100, 400];
  return self.registration.showNotification(message.title ? before + message.title : message.topic, options);
}

function say(title, body, page) {
  return self.registration.showNotification(title, { body, icon: ICON, tag: `hob/${title}`, data: { page } });
}

// Pictures come from where the message says, and only over HTTPS.
function secure(url) {
  return /^https:\/\//i.test(url ?? "") ? url : undefined;
}

// Those that a browser can do, as many as it has room for.
function buttonsOf(message) {
  const all = (message?.actions ?? []).map((action, at) => ({ ...action, key: `button-${at}` }));
  const possible = all.filter((button) => ["view", "http"].includes(button.action) && address(button.url));
  return possible.slice(0, self.Notification?.maxActions ?? 2);
}

// A whole address, if it is one that a browser may open.
function address(url) {
  try {
    const parsed = new URL(url, self.location.origin);
    return ["http:", "https:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}

async function clicked(notification, key) {
  const { message, page } = notification.data ?? {};
  const button = key && buttonsOf(message).find((button) => button.key === key);
  if (!button) {
    notification.close();
    await open((message?.click && address(message.click)) || address(page || "/messages"));
  } else {
    if (button.clear) notification.close();
    await (button.action === "view" ? open(address(button.url)) : ask(button));
  }
  await recount();
}

async function open(url) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((client) => client.url === url);
  await (there ? there.focus() : self.clients.openWindow(url));
}

// Somebody else wrote the request: nothing of this browser goes with it, neither cookies nor where it comes from.
async function ask({ label, url, method = "POST", headers = {}, body }) {
  const bare = ["GET", "HEAD"].includes(method.toUpperCase());
  const request = { method, headers, credentials: "omit", referrerPolicy: "no-referrer", cache: "no-store" };
  if (!bare && body) request.body = body;
  try {
    const answer = await fetch(address(url), request);
    if (!answer.ok) throw new Error(`The answer was ${answer.status} ${answer.statusText}`.trim());
  } catch (error) {
    await say(`“${label}” did not work`, `${error.message}.`, "/messages");
  }
}

// The number on the app's icon, where there is one: what is shown and not yet read.
async function recount() {
  const shown = await self.registration.getNotifications();
  await (shown.length ? navigator.setAppBadge?.(shown.length) : navigator.clearAppBadge?.())?.catch?.(() => {});
}

// Hob forgets browsers of which it hears nothing for two months.
async function tellSeen() {
  if (Date.now() - seen < SEEN_EVERY) return;
  const subscription = await self.registration.pushManager.getSubscription();
  if (!subscription) return;
  const answer = await post("seen", { endpoint: subscription.endpoint }).catch(() => null);
  if (answer?.ok) seen = Date.now();
}

// The push service gives this browser another address.
async function changed(event) {
  const old = event.oldSubscription;
  const fresh = event.newSubscription ?? (await subscribeAgain(old));
  await post("changed", { old: old?.toJSON() ?? null, new: fresh.toJSON() });
}

async function subscribeAgain(old) {
  if (old?.options?.applicationServerKey) return self.registration.pushManager.subscribe(old.options);
  const key = await (await fetch(`${DEVICES}/key`)).text();
  return self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key.trim() });
}

function post(what, body) {
  const headers = { "content-type": "application/json" };
  return fetch(`${DEVICES}/${what}`, { method: "POST", headers, body: JSON.stringify(body) });
}
