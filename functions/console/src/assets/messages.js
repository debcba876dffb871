// Counts the parts of a text message while somebody types it. Without this script, a button counts them.
"use strict";
(() => {
  let waiting = 0, turn = 0;
  async function count(form) {
    const mine = ++turn, fields = new URLSearchParams(new FormData(form));
    fields.set("do", "count");
    const answer = await fetch(form.action, { method: "post", body: fields, headers: { "x-desk": "part" }, credentials: "same-origin" });
    if (!answer.ok) return;
    const page = document.createElement("div");
    page.innerHTML = await answer.text();
    const counted = page.querySelector("[data-parts]"), shown = form.querySelector("[data-parts]");
    if (mine === turn && counted && shown) shown.replaceChildren(...counted.childNodes);
  }
  document.addEventListener("input", ({ target }) => {
    if (target.name !== "text" || !target.form || !target.form.querySelector("[data-parts]")) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => count(target.form).catch(() => {}), 500);
  });
  document.addEventListener("desk:filled", ({ target }) => { if (target.querySelector("[data-parts]")) count(target).catch(() => {}); });
})();
