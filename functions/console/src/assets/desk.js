// Makes the pages quicker. Every page works without it.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const body = document.body, main = $("#main"), dialog = $("#dialog"), alertBox = $("#alert"), newsBox = $("#news");
  if (!main || !dialog) return;
  // A button that needs this script is hidden without it.
  if (navigator.clipboard) body.classList.add("copies");
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
      if (left < 0 && !time.classList.contains("over")) passed();
      time.classList.toggle("over", left < 0);
      time.classList.toggle("soon", left >= 0 && left < 3600e3);
    }
  }
  setInterval(tick, 1000);

  function say(text) {
    alertBox.textContent = text;
    alertBox.hidden = !text;
    clearTimeout(say.end);
    if (text) say.end = setTimeout(() => { alertBox.hidden = true; }, 8000);
  }
  document.addEventListener("desk:say", (event) => say(event.detail));
  const report = (name, detail) => document.dispatchEvent(new CustomEvent(`desk:${name}`, { detail }));

  // The session has ended. The sign-in leads back to this page; what is typed waits in `drafts.js`, and so does the form in the dialog.
  function signIn(form) {
    report("expired", form && opener ? opener.href : "");
    location.assign(location.pathname + location.search);
  }
  // Somebody who types chooses the time of the sign-in.
  function signedOut() {
    if (!dialog.open && !busy()) return signIn();
    // Each poll gets here: the button that is shown may have the focus.
    if (!alertBox.hidden && $("button", alertBox)) return;
    clearTimeout(say.end);
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: body.dataset.signIn });
    button.addEventListener("click", () => signIn(dialog.open));
    alertBox.replaceChildren(`${body.dataset.signedOut} `, button);
    alertBox.hidden = false;
  }

  // A page without the keys of its forms, which are others each time.
  const unkeyed = (text) => text.replace(/name="key" value="[^"]*"/g, "");
  // What somebody types or selects is never replaced: the new page waits.
  const busy = () => main.contains(document.activeElement) && document.activeElement.matches("input:not([type=checkbox]), textarea, select")
    || !getSelection().isCollapsed;
  const rows = () => [...main.querySelectorAll("tbody tr, li")].filter((row) => !row.closest("nav, details, .chips"));
  // The text of a row without its countdown.
  function words(row) {
    const copy = row.cloneNode(true);
    copy.querySelectorAll("time[data-left]").forEach((time) => time.remove());
    return copy.textContent.replace(/\s+/g, " ").trim();
  }
  // Marks the rows that are new or different, and says who changed what, as the timeline of a lead has it.
  function mark(before) {
    const fresh = rows().filter((row) => !before.has(words(row)));
    fresh.forEach((row) => row.classList.add("fresh"));
    const entries = fresh.filter((row) => row.matches(".timeline > li")).slice(0, 3);
    const text = (part) => part.textContent.replace(/\s+/g, " ").trim();
    const told = entries.map((entry) => [$("p", entry), ...entry.querySelectorAll(":scope > ul > li")].filter(Boolean).map(text).join(": "));
    if (fresh.length) news(told.length ? `${body.dataset.changed} ${told.join("; ")}` : body.dataset.changed);
  }
  function news(text, show) {
    newsBox.textContent = text.length > 300 ? `${text.slice(0, 300)} …` : text;
    if (show) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: body.dataset.show });
      button.addEventListener("click", () => { if (held !== null) put(held); });
      newsBox.append(" ", button);
    }
    newsBox.hidden = !text;
    clearTimeout(news.end);
    if (!show) news.end = setTimeout(() => { newsBox.hidden = true; }, 20000);
    // Under the hands of somebody who fills in a form, it stays in sight.
    if (!dialog.open) return;
    const note = $(".note.live", dialog) || Object.assign(document.createElement("p"), { className: "note live" });
    note.textContent = newsBox.textContent;
    dialog.prepend(note);
  }

  // Shows a page that waited, or that a poll has brought. What is open, ticked, focused and typed stays.
  let held = null;
  function put(text, quiet = true) {
    held = null;
    newsBox.hidden = true;
    put.last = unkeyed(text);
    const before = new Set(rows().map(words));
    const focused = main.contains(document.activeElement) && document.activeElement.id;
    const opened = [...main.querySelectorAll("details[open][id]")].map((details) => details.id);
    const ticked = [...main.querySelectorAll("input[type=checkbox][id]:checked")].map((box) => box.id);
    main.innerHTML = text;
    ticked.forEach((id) => { const box = document.getElementById(id); if (box) box.checked = true; });
    opened.forEach((id) => { const details = document.getElementById(id); if (details) details.open = true; });
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
    report("shown", { root: main, address: location.href });
    if (quiet) mark(before);
    tick();
  }

  // The page's version, and the number of the last request for a page: an older answer is not shown.
  let tag = "", turn = 0;
  const plain = (url) => url.replace(/([?&])done=[^&#]*&?/, "$1").replace(/[?&](?=#|$)/, "");
  // Shows the page to which a form has led, without loading the frame again.
  async function arrive(answer) {
    const mine = ++turn;
    asked = Date.now();
    if (answer.status === 401) return void signIn();
    const text = await answer.text();
    if (mine !== turn) return;
    tag = answer.headers.get("etag") || "";
    put(text, false);
    history.replaceState(null, "", plain(answer.url));
  }
  document.addEventListener("desk:arrived", (event) => arrive(event.detail).catch(() => say(body.dataset.lost)));
  // Asks whether the page has changed. What is no longer there, or no longer for this user, does not stay in sight.
  async function poll() {
    const mine = ++turn, headers = tag ? { ...PART, "if-none-match": tag } : PART;
    asked = Date.now();
    const answer = await fetch(location.href, { headers, credentials: "same-origin" });
    if (mine !== turn) return;
    if (answer.status === 401) return void signedOut();
    if (answer.status !== 304 && !answer.ok && ![403, 404, 410].includes(answer.status)) return;
    tag = answer.headers.get("etag") || "";
    if (answer.status === 304) return;
    const text = await answer.text();
    if (mine !== turn || unkeyed(text) === put.last) return;
    if (busy()) {
      held = text;
      return news(body.dataset.changed, true);
    }
    put(text);
  }

  // Lists and leads refresh themselves: every 15 seconds, every minute after five idle minutes, never in the background. A deadline that
  // passes changes the page without a change of its data.
  let active = Date.now(), asked = Date.now(), polling = false;
  for (const kind of ["pointerdown", "keydown", "scroll"]) addEventListener(kind, () => { active = Date.now(); }, { passive: true });
  let hurried = 0;
  function passed() {
    tag = "";
    if (Date.now() - hurried < 10e3) return;
    hurried = Date.now();
    asked = Math.min(asked, Date.now() - 13e3);
  }
  setInterval(() => {
    if (held !== null && !busy()) put(held);
    if (document.hidden || polling || !$("[data-live]", main)) return;
    const pause = Date.now() - active > 300e3 ? 60e3 : 15e3;
    if (Date.now() - asked < pause) return;
    polling = true;
    poll().catch(() => say(body.dataset.lost)).finally(() => { polling = false; });
  }, 1000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) asked = 0; });
  addEventListener("online", () => { asked = 0; });
  if (location.search.includes("done=")) history.replaceState(null, "", plain(location.href));

  // A form in a dialog.
  let opener = null;
  function show(text) {
    const page = document.createElement("div");
    page.innerHTML = text;
    dialog.replaceChildren(...page.childNodes);
    const title = $("h1", dialog);
    if (title) { title.id = "dialog-title"; dialog.setAttribute("aria-labelledby", title.id); }
    if (!dialog.open) dialog.showModal();
    report("shown", { root: dialog, address: opener ? opener.href : location.href });
    const first = $("[aria-invalid]", dialog) || $("[data-typed]", dialog) && $("textarea", dialog) || $("input:not([type=hidden]), textarea, select", dialog);
    if (first) first.focus();
  }
  async function openDialog(link) {
    opener = link;
    const answer = await fetch(link.href, { headers: PART, credentials: "same-origin" });
    if (opener !== link) return;
    if (answer.status === 401) return void signIn(true);
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

  // A form is sent once, until the server must have answered. In a dialog it is sent without leaving the page.
  document.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    setTimeout(() => { delete form.dataset.sent; }, 30e3);
    if (!dialog.contains(form)) return;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(form, button));
    fetch(form.action, { method: "post", body: fields, headers: PART, credentials: "same-origin" }).then(async (answer) => {
      delete form.dataset.sent;
      if (answer.status === 401) return void signIn(true);
      if (answer.redirected) {
        report("sent", form);
        dialog.close();
        return arrive(answer);
      }
      show(await answer.text());
    }).catch(() => { delete form.dataset.sent; say(body.dataset.lost); });
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));
  // On a phone, the menu begins with the screen that is shown.
  for (const bar of document.querySelectorAll("nav.main, .tabs")) {
    const current = $("[aria-current]", bar);
    if (current) bar.scrollLeft = current.offsetLeft - bar.offsetLeft - (bar.clientWidth - current.offsetWidth) / 2;
  }
  tick();
})();
