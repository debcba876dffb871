// Keys. The page /desk/keys lists them, and turns them off and on again.
"use strict";
(() => {
  const dialog = document.querySelector("#dialog"), OFF = "desk-keys-off";
  function isOff() {
    try { return localStorage.getItem(OFF) === "yes"; } catch { return false; }
  }
  // The button has the text of the other state in its data.
  function label() {
    for (const button of document.querySelectorAll("button[data-keys]")) {
      const state = isOff() ? "yes" : "no";
      if ((button.dataset.off || "no") === state) continue;
      [button.textContent, button.dataset.keys, button.dataset.off] = [button.dataset.keys, button.textContent, state];
    }
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest("button[data-keys]")) return;
    try { localStorage.setItem(OFF, isOff() ? "no" : "yes"); } catch { /* No storage: the keys stay on. */ }
    label();
  });
  if (dialog) new MutationObserver(label).observe(dialog, { childList: true });
  label();

  function press(selector) {
    const link = document.querySelector(selector);
    if (link) link.click();
    return Boolean(link);
  }
  // The next or previous lead: of the list on the page, or of the list from which the user came.
  function walk(step) {
    const links = [...document.querySelectorAll("[data-list] a.open")];
    if (!links.length) return press(step > 0 ? ".neighbours a[rel=next]" : ".neighbours a[rel=prev]");
    const at = links.indexOf(links.includes(document.activeElement) ? document.activeElement : document.querySelector(":target a.open"));
    const to = links[at < 0 ? 0 : at + step];
    if (to) to.focus();
    return true;
  }
  const KEYS = {
    "/": () => { const find = document.querySelector("#find"); if (find) find.focus(); return Boolean(find); },
    "?": () => press("a[data-shortcut='?']"),
    n: () => press("a[data-shortcut=n]"),
    j: () => walk(1),
    k: () => walk(-1),
    u: () => press(".neighbours a:first-child"),
  };
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (isOff() || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select, [contenteditable]")) return;
    if (dialog && dialog.open) return;
    if (Date.now() - going < 1500) {
      going = 0;
      if (press(`nav.main a[data-key="${CSS.escape(event.key)}"]`)) event.preventDefault();
      return;
    }
    if (event.key === "g") { going = Date.now(); return; }
    const act = Object.hasOwn(KEYS, event.key) && KEYS[event.key];
    if (act && act()) event.preventDefault();
  });
})();
