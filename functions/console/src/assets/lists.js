// Ticks all rows of a list, and moves events of the calendar by dragging them to another day or hour.
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
