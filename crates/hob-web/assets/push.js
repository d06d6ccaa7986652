// The page “This device”: asks the browser for messages. What it says is on the page already; this chooses what is true.

const box = document.getElementById("this-device");
const form = document.getElementById("device-form");
const why = document.getElementById("device-why");

function show(state, text = "") {
  box.querySelectorAll("[data-state]").forEach((part) => (part.hidden = part.dataset.state !== state));
  why.textContent = text;
  why.hidden = !text;
  box.dataset.now = state;
}

const isApple = /iPhone|iPad/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
const isInstalled = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;

// What keeps this browser from it, if anything does.
function obstacle() {
  if (!isSecureContext) return "insecure";
  if (isApple && !isInstalled && !("PushManager" in window)) return "iphone";
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return "unsupported";
  if (Notification.permission === "denied") return "denied";
  return null;
}

// Rows name their browser by a hash of its address.
async function rowOf(subscription) {
  if (!subscription) return null;
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(subscription.endpoint)));
  const hash = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return document.querySelector(`[data-device="${hash}"]`);
}

async function look() {
  const registration = await navigator.serviceWorker.register("/sw.js");
  const subscription = await registration.pushManager.getSubscription();
  const row = await rowOf(subscription);
  row?.querySelector("[data-this]")?.removeAttribute("hidden");
  row?.querySelector("form[data-remove]")?.addEventListener("submit", (event) => leave(event, subscription));
  show(row ? "on" : "off");
}

async function leave(event, subscription) {
  event.preventDefault();
  await subscription.unsubscribe().catch(() => {});
  event.target.submit();
}

async function subscribe() {
  const registration = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: box.dataset.key };
  try {
    return await registration.pushManager.subscribe(options);
  } catch (error) {
    // It was subscribed with another key: by a hub whose data was lost.
    if (error.name !== "InvalidStateError") throw error;
    await (await registration.pushManager.getSubscription())?.unsubscribe();
    return registration.pushManager.subscribe(options);
  }
}

// A browser that cannot reach its push service may wait for ever.
function patiently(promise) {
  const late = new Promise((_, fail) => setTimeout(fail, 30_000, new Error("The push service of this browser did not answer within 30 seconds.")));
  return Promise.race([promise, late]);
}

async function turnOn(event) {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    if ((await Notification.requestPermission()) !== "granted") {
      return show(Notification.permission === "denied" ? "denied" : "off");
    }
    const { endpoint, keys } = (await patiently(subscribe())).toJSON();
    form.elements.endpoint.value = endpoint;
    form.elements.p256dh.value = keys.p256dh;
    form.elements.auth.value = keys.auth;
    form.submit();
  } catch (error) {
    show("failed", error.message);
  } finally {
    button.disabled = false;
  }
}

if (box && form && why) {
  form.addEventListener("submit", turnOn);
  const blocked = obstacle();
  if (blocked) show(blocked);
  else look().catch((error) => show("failed", error.message));
}
