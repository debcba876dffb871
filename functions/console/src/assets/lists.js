// Lists: ticks all rows, marks the leads that were opened, moves events of the calendar by dragging them to another day or hour. Edits a
// field of a lead where it stands.
"use strict";
(() => {
  document.documentElement.classList.add("scripted");
  const report = (name, detail) => document.dispatchEvent(new CustomEvent(`desk:${name}`, { detail }));

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tick-all]");
    if (!button) return;
    const boxes = [...document.querySelectorAll("input[type=checkbox]")].filter((box) => box.form === button.form);
    const tick = boxes.some((box) => !box.checked);
    boxes.forEach((box) => { box.checked = tick; });
  });

  // The leads that the user opened in this tab, or from it. Nothing stays for the next person who signs in here.
  const user = document.body.dataset.user, OPENED = `desk-opened:${user}`;
  try {
    const others = Object.keys(sessionStorage).filter((name) => name.startsWith("desk-opened") && name !== OPENED);
    if (user) others.forEach((name) => sessionStorage.removeItem(name));
  } catch { /* No storage: nothing to forget. */ }
  const lead = (address) => (new URL(address, location).pathname.match(/^\/desk\/leads\/([^/]+)$/) || [])[1];
  function known() {
    try { return JSON.parse(sessionStorage.getItem(OPENED)) || []; } catch { return []; }
  }
  function opened(address) {
    const id = lead(address);
    if (!user || !id || known().includes(id)) return;
    try { sessionStorage.setItem(OPENED, JSON.stringify([...known(), id].slice(-500))); } catch { /* No storage: only the colour of the link shows it. */ }
  }
  function markOpened() {
    const ids = new Set(known());
    for (const list of document.querySelectorAll("[data-list][data-opened]")) {
      for (const link of list.querySelectorAll("a.open")) if (ids.has(lead(link.href))) link.dataset.opened = list.dataset.opened;
    }
  }
  opened(location);
  markOpened();
  const main = document.querySelector("#main");
  if (main) new MutationObserver(markOpened).observe(main, { childList: true });
  for (const kind of ["click", "auxclick"]) document.addEventListener(kind, (event) => {
    const link = event.target.closest("a.open");
    if (link && event.button < 2) { opened(link.href); markOpened(); }
  });
  addEventListener("pageshow", markOpened);

  // A dropped event opens the form that moves it: the user confirms the new time there.
  let dragged = null, marked = null;
  function mark(place) {
    if (marked) marked.classList.remove("dropping");
    marked = place;
    if (marked) marked.classList.add("dropping");
  }
  document.addEventListener("dragstart", (event) => { dragged = event.target.closest && event.target.closest("[data-move]"); });
  document.addEventListener("dragend", () => { dragged = null; mark(null); });
  document.addEventListener("dragover", (event) => {
    const place = dragged && event.target.closest("[data-day]");
    mark(place || null);
    if (place) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const place = dragged && event.target.closest("[data-day]");
    if (!place) return;
    event.preventDefault();
    const link = document.createElement("a");
    link.href = `${dragged.dataset.move}&at=${place.dataset.day}T${place.dataset.clock || dragged.dataset.clock}`;
    link.dataset.dialog = "";
    link.hidden = true;
    place.append(link);
    link.click();
    link.remove();
  });

  // The form of a field, in place of the field. While it is open, the page does not refresh itself.
  let editing = null;
  function stop() {
    if (!editing) return;
    const { holder, place, link, live } = editing;
    editing = null;
    holder.remove();
    place.hidden = false;
    if (live) live.setAttribute("data-live", "");
    if (link.isConnected) link.focus();
  }
  function edit(link, text) {
    const page = document.createElement("div");
    page.innerHTML = text;
    const form = page.querySelector("form[data-form]"), place = link.closest("[data-field]"), holder = document.createElement("div");
    if (!form || !place) throw new Error("no form");
    const bad = page.querySelector(".note.bad"), title = page.querySelector("h1");
    if (bad) form.prepend(bad);
    if (title) form.setAttribute("aria-label", title.textContent);
    form.classList.add("inplace");
    stop();
    holder.append(...page.querySelectorAll("[data-typed]"), form);
    const live = place.closest("[data-live]");
    if (live) live.removeAttribute("data-live");
    place.hidden = true;
    place.after(holder);
    editing = { form, holder, place, link, live };
    report("shown", { root: holder, address: link.href });
    const first = form.querySelector("[aria-invalid], input:not([type=hidden]), textarea, select");
    if (first) first.focus();
  }
  // After the sign-in the form opens again, with what was typed.
  async function text(answer, link) {
    if (answer.status !== 401) return answer.text();
    report("expired", link.href);
    location.assign(location.pathname + location.search);
    return new Promise(() => {});
  }
  // A form was sent, and the page is new: the focus returns to the field, and what was typed in a form beside it goes on.
  let after = null;
  document.addEventListener("desk:shown", ({ detail: { root } }) => {
    if (root !== main) return;
    const field = after && document.getElementById(after);
    after = null;
    if (field) field.focus();
    if (!editing || editing.form.isConnected) return;
    const again = document.getElementById(editing.link.id);
    editing = null;
    if (again) again.click();
  });
  const part = { headers: { "x-desk": "part" }, credentials: "same-origin" };
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const link = event.target.closest("a[data-edit]");
    if (link) {
      event.preventDefault();
      fetch(link.href, part).then((answer) => text(answer, link)).then((page) => edit(link, page)).catch(() => { location.href = link.href; });
    } else if (editing && editing.form.contains(event.target) && event.target.closest("[data-close]")) {
      event.preventDefault();
      stop();
    }
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && editing && editing.form.contains(event.target)) stop(); });
  // Before the script that sends the forms of dialogs.
  document.addEventListener("submit", (event) => {
    if (!editing || event.target !== editing.form) return;
    event.preventDefault();
    event.stopPropagation();
    const { form, link } = editing, button = event.submitter;
    if (form.dataset.sent) return;
    form.dataset.sent = "yes";
    fetch(form.action, { ...part, method: "post", body: new URLSearchParams(new FormData(form, button)) }).then(async (answer) => {
      // What is gone has no form: the page says so.
      const isGone = [404, 410].includes(answer.status);
      if (answer.status === 401 || !answer.redirected && !isGone) return edit(link, await text(answer, link));
      editing = null;
      after = link.id;
      if (answer.redirected) report("sent", form);
      report("arrived", answer);
    }).catch(() => {
      delete form.dataset.sent;
      report("say", document.body.dataset.lost);
    });
  }, true);
})();
