// Lists: ticks all rows, marks the leads that were opened, and moves events of the calendar by dragging them to another day or hour.
"use strict";
(() => {
  document.documentElement.classList.add("scripted");

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-tick-all]");
    if (!button) return;
    const boxes = [...document.querySelectorAll("input[type=checkbox]")].filter((box) => box.form === button.form);
    const tick = boxes.some((box) => !box.checked);
    boxes.forEach((box) => { box.checked = tick; });
  });

  // The leads that were opened in this tab, or from it.
  const OPENED = "desk-opened";
  const lead = (address) => (new URL(address, location).pathname.match(/^\/desk\/leads\/([^/]+)$/) || [])[1];
  function known() {
    try { return JSON.parse(sessionStorage.getItem(OPENED)) || []; } catch { return []; }
  }
  function opened(address) {
    const id = lead(address);
    if (!id || known().includes(id)) return;
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
})();
