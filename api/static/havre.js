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

// What is left until a deadline, kept fresh.
function showWhatIsLeft() {
  for (const left of document.querySelectorAll("[data-until]")) {
    const minutes = Math.max(0, Math.floor((Date.parse(left.dataset.until) - Date.now()) / 60000));
    const hours = Math.floor(minutes / 60);
    left.textContent = hours >= 48 ? " (" + Math.floor(hours / 24) + " j)" : " (" + hours + " h " + String(minutes % 60).padStart(2, "0") + ")";
  }
}
showWhatIsLeft();
setInterval(showWhatIsLeft, 30000);

// To paper.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
