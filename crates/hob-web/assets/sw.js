// Makes Hob installable, and says so in whole sentences when the hub cannot be reached. Nothing is cached: a home page
// from yesterday would not tell the truth.

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
