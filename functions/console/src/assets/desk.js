// Makes the pages quicker. Every page works without it.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const body = document.body, main = $("#main"), dialog = $("#dialog"), alertBox = $("#alert");
  if (!main || !dialog) return;
  const PART = { "x-desk": "part" };
  // The clock of the server when the page was made: the demo's clock is not that of this machine.
  const ahead = Date.parse(document.documentElement.dataset.now) - Date.now();
  const now = () => Date.now() + ahead;
  const units = (body.dataset.units || "d,h,min,s").split(",");

  function span(ms) {
    const s = Math.floor(Math.abs(ms) / 1000), d = Math.floor(s / 86400), h = Math.floor(s / 3600) % 24, m = Math.floor(s / 60) % 60;
    const parts = d ? [[d, 0], [h, 1]] : h ? [[h, 1], [m, 2]] : m >= 5 ? [[m, 2]] : [[m, 2], [s % 60, 3]];
    return parts.filter(([n], i) => n || i === parts.length - 1).map(([n, unit]) => `${n} ${units[unit]}`).join(" ");
  }
  function tick() {
    for (const time of document.querySelectorAll("time[data-left]")) {
      const left = Date.parse(time.dateTime) - now();
      const text = (left < 0 ? body.dataset.over : body.dataset.left).replace("{span}", span(left));
      if (time.textContent !== text) time.textContent = text;
      time.classList.toggle("over", left < 0);
      time.classList.toggle("soon", left >= 0 && left < 3600e3);
    }
  }
  setInterval(tick, 1000);

  function say(text) {
    alertBox.textContent = text;
    alertBox.hidden = !text;
    if (text) setTimeout(() => { alertBox.hidden = true; }, 8000);
  }

  // Shows the page `url` without loading the frame again.
  let tag = null;
  async function refresh(url, quiet) {
    const headers = { ...PART };
    if (quiet && tag) headers["if-none-match"] = tag;
    const answer = await fetch(url, { headers, credentials: "same-origin" });
    if (answer.status === 401) return void location.reload();
    if (answer.status === 304) return;
    if (!answer.ok && quiet) return;
    tag = answer.headers.get("etag");
    const text = await answer.text();
    if (quiet && text === refresh.last) return;
    // Nothing that somebody types is ever replaced.
    const typing = main.contains(document.activeElement) && document.activeElement.matches("input, textarea, select");
    if (quiet && (typing || !getSelection().isCollapsed)) return;
    refresh.last = text;
    const focused = document.activeElement && document.activeElement.id;
    const opened = [...main.querySelectorAll("details[open][id]")].map((details) => details.id);
    const ticked = [...main.querySelectorAll("input[type=checkbox][id]:checked")].map((box) => box.id);
    main.innerHTML = text;
    ticked.forEach((id) => { const box = document.getElementById(id); if (box) box.checked = true; });
    opened.forEach((id) => { const details = document.getElementById(id); if (details) details.open = true; });
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
    if (!quiet) history.replaceState(null, "", url.replace(/([?&])done=[^&]*&?/, "$1").replace(/[?&]$/, ""));
    tick();
  }

  // Lists and leads refresh themselves: every 15 seconds, every minute after five idle minutes, never in the background.
  let active = Date.now(), asked = Date.now();
  for (const kind of ["pointerdown", "keydown", "scroll"]) addEventListener(kind, () => { active = Date.now(); }, { passive: true });
  setInterval(() => {
    if (document.hidden || dialog.open || !$("[data-live]", main)) return;
    const pause = Date.now() - active > 300e3 ? 60e3 : 15e3;
    if (Date.now() - asked < pause) return;
    asked = Date.now();
    refresh(location.href, true).catch(() => say(body.dataset.lost));
  }, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) asked = 0; });

  // A form in a dialog.
  let opener = null;
  function show(text) {
    const page = document.createElement("div");
    page.innerHTML = text;
    dialog.replaceChildren(...page.childNodes);
    const title = $("h1", dialog);
    if (title) { title.id = "dialog-title"; dialog.setAttribute("aria-labelledby", title.id); }
    if (!dialog.open) dialog.showModal();
    const first = $("[aria-invalid]", dialog) || $("input:not([type=hidden]), textarea, select", dialog);
    if (first) first.focus();
  }
  async function openDialog(link) {
    opener = link;
    const answer = await fetch(link.href, { headers: PART, credentials: "same-origin" });
    if (answer.status === 401) return void location.reload();
    show(await answer.text());
  }
  dialog.addEventListener("close", () => { dialog.replaceChildren(); if (opener && opener.isConnected) opener.focus(); });

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const before = copy.textContent;
      navigator.clipboard.writeText(copy.dataset.copy).then(() => {
        copy.textContent = body.dataset.copied;
        setTimeout(() => { copy.textContent = before; }, 1500);
      }, () => {});
      return;
    }
    if (dialog.open && event.target.closest("[data-close]")) { event.preventDefault(); dialog.close(); return; }
    const link = event.target.closest("a[data-dialog]");
    if (link) { event.preventDefault(); openDialog(link).catch(() => { location.href = link.href; }); }
  });

  // A form is sent once. In a dialog it is sent without leaving the page.
  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    if (!dialog.contains(form)) return;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(form, button));
    fetch(form.action, { method: "post", body: fields, headers: PART, credentials: "same-origin" }).then(async (answer) => {
      delete form.dataset.sent;
      if (answer.status === 401) return void location.reload();
      if (answer.redirected) {
        dialog.close();
        return refresh(answer.url, false);
      }
      show(await answer.text());
    }).catch(() => { delete form.dataset.sent; say(body.dataset.lost); });
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));

  // Keys: `/` finds, `g` and a letter goes to a screen.
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, textarea, select, [contenteditable]") || dialog.open) return;
    if (event.key === "/") { const find = $("#find"); if (find) { event.preventDefault(); find.focus(); } return; }
    if (event.key === "g") { going = Date.now(); return; }
    if (Date.now() - going < 1500) {
      going = 0;
      const link = $(`nav.main a[data-key="${CSS.escape(event.key)}"]`);
      if (link) link.click();
    }
  });
  // On a phone, the menu begins with the screen that is shown.
  for (const bar of document.querySelectorAll("nav.main, .tabs")) {
    const current = $("[aria-current]", bar);
    if (current) bar.scrollLeft = current.offsetLeft - bar.offsetLeft - (bar.clientWidth - current.offsetWidth) / 2;
  }
  tick();
})();
