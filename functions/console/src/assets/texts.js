// The editor of a text: the preview follows what is typed, and a variable is inserted where somebody types. Without this script, a button
// shows the preview.
"use strict";
(() => {
  const FORM = "form[data-preview]";
  let timer = 0, latest = 0, field = null;

  function errors(form, page) {
    form.querySelectorAll(".error").forEach((error) => { error.closest(".field")?.classList.remove("wrong"); error.remove(); });
    form.querySelectorAll("[aria-invalid]").forEach((input) => { input.removeAttribute("aria-invalid"); input.removeAttribute("aria-describedby"); });
    for (const error of page.querySelectorAll(`${FORM} .error[id]`)) {
      const input = form.querySelector(`#${CSS.escape(error.id.replace(/-error$/, ""))}`);
      if (!input) continue;
      input.before(document.adoptNode(error));
      input.setAttribute("aria-invalid", "true");
      input.setAttribute("aria-describedby", error.id);
      input.closest(".field")?.classList.add("wrong");
    }
  }
  async function follow(form) {
    const fields = new URLSearchParams(new FormData(form)), mine = ++latest;
    fields.set("do", "preview");
    const answer = await fetch(form.action, { method: "post", body: fields, headers: { "x-desk": "part" }, credentials: "same-origin" });
    const text = await answer.text(), old = document.querySelector("#preview");
    if (mine !== latest || !form.isConnected || form.dataset.sent || !old) return;
    const page = new DOMParser().parseFromString(text, "text/html"), shown = page.querySelector("#preview");
    if (!shown) return;
    errors(form, page);
    old.replaceWith(document.adoptNode(shown));
  }
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !form.matches(FORM)) return;
    clearTimeout(timer);
    timer = setTimeout(() => follow(form).catch(() => {}), 800);
  });
  document.addEventListener("desk:filled", ({ target }) => { if (target.matches(FORM)) follow(target).catch(() => {}); });
  document.addEventListener("focusin", (event) => {
    if (event.target.matches(`${FORM} [name=subject], ${FORM} [name=text]`)) field = event.target;
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button) return;
    const input = field && field.isConnected ? field : document.querySelector(`${FORM} [name=text]`);
    if (!input) return;
    input.setRangeText(button.dataset.insert, input.selectionStart, input.selectionEnd, "end");
    input.focus();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
})();
