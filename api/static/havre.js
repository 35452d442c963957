// What makes a page a little easier. Everything works without it.
"use strict";

// Leave at once, and leave nothing to go back to: the session ends behind one's back, and a page that was kept aside is asked for anew.
for (const quit of document.querySelectorAll("[data-quit]")) {
  quit.addEventListener("submit", (event) => {
    event.preventDefault();
    fetch(quit.action, { method: "POST", keepalive: true, redirect: "manual" }).catch(() => null);
    location.replace(quit.dataset.quit);
  });
}
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// Communes as one types.
const communes = document.getElementById("communes");
if (communes) {
  let asked = 0;
  document.addEventListener("input", async (event) => {
    if (event.target.getAttribute("list") !== "communes") return;
    const turn = ++asked, typed = event.target.value.trim();
    if (typed.length < 2) return;
    const answer = await fetch("/communes?q=" + encodeURIComponent(typed), { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer || !answer.ok || turn !== asked) return;
    communes.replaceChildren(...(await answer.json()).map((name) => Object.assign(document.createElement("option"), { value: name })));
  });
}

// In which language the page is.
const isEnglish = document.documentElement.lang === "en";

// What is left until a deadline, kept fresh.
function showWhatIsLeft() {
  for (const left of document.querySelectorAll("[data-until]")) {
    const minutes = Math.max(0, Math.floor((Date.parse(left.dataset.until) - Date.now()) / 60000));
    const hours = Math.floor(minutes / 60), days = Math.floor(hours / 24) + "\u00a0" + (isEnglish ? "d" : "j");
    const rest = isEnglish ? (minutes % 60) + "\u00a0min" : String(minutes % 60).padStart(2, "0");
    left.textContent = " (" + (hours >= 48 ? days : hours + "\u00a0h\u00a0" + rest) + ")";
  }
}
showWhatIsLeft();
setInterval(showWhatIsLeft, 30000);

// How many minutes something can still be taken back, kept fresh.
function showMinutesLeft() {
  for (const left of document.querySelectorAll("[data-left]")) {
    const minutes = Math.ceil((Date.parse(left.dataset.left) - Date.now()) / 60000);
    left.textContent = minutes <= 0 ? "" : isEnglish ? minutes + "\u00a0min left" : "encore " + minutes + "\u00a0min";
  }
}
showMinutesLeft();
setInterval(showMinutesLeft, 15000);

// A page keeps up with what others do: it asks every few seconds whether what it shows still stands, and takes over what has changed and nothing
// else. What is typed, chosen, unfolded or looked at stays as it is.
const AGAIN_MS = 4000;

function isTouched(field) {
  if (field.matches("input[type=checkbox], input[type=radio]")) return field.checked !== field.defaultChecked;
  if (field.matches("input:not([type=hidden]), textarea")) return field.value !== field.defaultValue;
  if (field.matches("select")) {
    const options = [...field.options], given = Math.max(0, options.findIndex((option) => option.defaultSelected));
    return field.selectedIndex !== given;
  }
  return false;
}

function holdsTyped(node) {
  return node.nodeType === Node.ELEMENT_NODE && (isTouched(node) || [...node.querySelectorAll("input, textarea, select")].some(isTouched));
}

function takeAttributes(old, fresh) {
  // The key of a form stays: it is the same form, and what was sent under it is done once.
  const kept = old.matches("input[name=key]") ? ["value"] : old.matches("details") ? ["open"] : [];
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !kept.includes(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (!kept.includes(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
}

// What is not there any more goes; what somebody types into stays before them, and says that it is old.
function letGo(node, gone) {
  if (!holdsTyped(node)) return node.remove();
  if (node.matches("section")) return [...node.children].filter((child) => !child.matches("h2")).forEach((child) => letGo(child, gone));
  if (!node.querySelector("[data-was]")) node.insertAdjacentHTML("afterbegin", '<p class="warning" role="status" data-was></p>');
  node.querySelector("[data-was]").textContent = gone;
}

function takeOver(old, fresh, gone) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  if (old.isEqualNode(fresh) || isTouched(old)) return;
  // What is typed in a form was typed of what stood there: the form stays whole, with the tag of what it saw, so that a later answer can say so.
  if (old.matches("form") && holdsTyped(old)) return;
  takeAttributes(old, fresh);
  const known = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  const isLike = (child, wanted) => child && !child.id && child.nodeName === wanted.nodeName;
  let at = old.firstChild;
  for (const wanted of [...fresh.childNodes]) {
    const named = wanted.id ? known.get(wanted.id) : null;
    if (named && named.nodeName === wanted.nodeName) {
      if (named === at) at = at.nextSibling;
      else old.insertBefore(named, at);
      takeOver(named, wanted, gone);
    } else if (!wanted.id && isLike(at, wanted)) {
      const next = at.nextSibling;
      takeOver(at, wanted, gone);
      at = next;
    } else {
      old.insertBefore(document.importNode(wanted, true), at);
    }
  }
  while (at) {
    const next = at.nextSibling;
    letGo(at, gone);
    at = next;
  }
}

// What wakes such pages at once, while somebody sees them: a browser has few connections to one place, and a tab that nobody sees needs none. Where it does
// not come about, they look by themselves.
const SELDOM_MS = 30000;
let moves = null;
const woken = () => moves !== null && moves.readyState === EventSource.OPEN;
function listen() {
  if (moves) moves.close();
  moves = document.hidden ? null : new EventSource("/mouvements");
  if (moves) moves.onmessage = () => document.dispatchEvent(new Event("havre:moved"));
}
if (document.querySelector("[data-live]") && window.EventSource) {
  document.addEventListener("visibilitychange", listen);
  addEventListener("pagehide", () => { if (moves) moves.close(); });
  listen();
}

function keepUp(region) {
  const title = document.title, over = document.querySelector("[data-over]");
  let tag = region.dataset.live, timer = 0;
  const count = () => { document.title = (Number(region.dataset.count) > 0 ? "(" + region.dataset.count + ") " : "") + title; };
  const show = (text) => {
    const fresh = new DOMParser().parseFromString(text, "text/html").getElementById(region.id);
    if (!fresh) return false;
    const had = document.activeElement, range = had && had.matches("input[type=text], input[type=tel], textarea") ? [had.selectionStart, had.selectionEnd] : null;
    takeOver(region, fresh, region.dataset.gone);
    if (had && had !== document.activeElement) {
      const to = had.isConnected ? had : region.querySelector("[role=status]");
      if (to) to.focus({ preventScroll: true });
      if (had.isConnected && range) had.setSelectionRange(...range);
    }
    count(); showWhatIsLeft(); showMinutesLeft();
    return true;
  };
  const look = async () => {
    clearTimeout(timer);
    const headers = { "If-None-Match": 'W/"' + tag + '"' };
    const answer = await fetch(region.dataset.from, { headers, redirect: "manual", cache: "no-store" }).catch(() => null);
    if (answer && answer.status === 200) {
      if (!show(await answer.text())) return;
      tag = (answer.headers.get("ETag") || "").replace(/^W\//, "").replace(/"/g, "");
    } else if (answer && answer.status !== 304 && answer.status !== 429 && answer.status < 500) {
      // Signed out, or nothing left to show: what stands here is old, and says so.
      if (over) over.hidden = false;
      return;
    }
    timer = setTimeout(look, woken() ? SELDOM_MS : AGAIN_MS);
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  document.addEventListener("havre:moved", look);
  count();
  timer = setTimeout(look, AGAIN_MS);
}
for (const region of document.querySelectorAll("[data-live]")) keepUp(region);

// To paper.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
