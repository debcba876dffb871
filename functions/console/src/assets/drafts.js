// Keeps what somebody types until it is sent: for this tab, by user, path and subject of the form. A draft survives a dialog that was closed, a
// session that has ended and a network that is away. It has the version of what was changed, so that nothing of others is overwritten.
"use strict";
(() => {
  const body = document.body, main = document.querySelector("#main"), dialog = document.querySelector("#dialog"), user = body.dataset.user;
  const FORMS = "form[method=post]:not([action='/desk/sign-out'])";
  // A browser may refuse to store anything.
  const safely = (action) => { try { return action(); } catch { return null; } };
  if (!user || !main || !safely(() => sessionStorage)) return;
  const MINE = `draft:${user}:`, WAITING = `form:${user}`;
  const names = (start) => safely(() => Object.keys(sessionStorage).filter((name) => name.startsWith(start))) || [];
  const forget = (name) => safely(() => sessionStorage.removeItem(name));
  const read = (name) => safely(() => JSON.parse(sessionStorage.getItem(name)));
  const write = (name, value) => safely(() => sessionStorage.setItem(name, JSON.stringify(value)));
  // Forms of several subjects may share a path: all new texts of a dealer do. The input "draft" has the subject then.
  function nameOf(form) {
    const path = new URL(form.getAttribute("action") || location.href, location.href).pathname, subject = form.querySelector("input[name=draft]");
    return MINE + path + (subject ? `?${subject.value}` : "");
  }
  const isCheck = (input) => input.type === "checkbox" || input.type === "radio";
  const inputs = (form) => [...form.elements].filter((input) => input.name && !["submit", "button", "file", "password", "reset"].includes(input.type));
  // Nothing stays for the next person who signs in here.
  names("draft:").filter((name) => !name.startsWith(MINE)).forEach(forget);
  names("form:").filter((name) => name !== WAITING).forEach(forget);

  function keep(form, sent = false) {
    write(nameOf(form), { sent, values: inputs(form).map((input) => [input.name, input.value, input.checked]) });
  }
  // Of what the user does not see, only the version goes back, and the key of a form that may have arrived: it is carried out once.
  // What the address of the form gives is newer than the draft.
  function fill(form, draft, address) {
    const before = new Map(), left = [...draft.values], given = new URL(address, location.href).searchParams;
    for (const input of inputs(form)) {
      const at = left.findIndex(([name, value]) => name === input.name && (!isCheck(input) || value === input.value));
      if (at < 0) continue;
      const [[name, value, checked]] = left.splice(at, 1);
      if (given.has(name)) continue;
      if (input.type === "hidden" && name !== "version" && name !== "was" && !(draft.sent && name === "key")) continue;
      before.set(input, [input.value, input.checked]);
      if (isCheck(input)) input.checked = checked; else input.value = value;
    }
    return before;
  }
  // What is shown beside a form follows its draft: the preview of a text, the parts of a message.
  const filled = (form) => setTimeout(() => form.dispatchEvent(new CustomEvent("desk:filled", { bubbles: true })));
  function restore(root, form, quiet, address) {
    const name = nameOf(form), draft = read(name);
    if (!draft || !Array.isArray(draft.values)) return;
    // The server shows what was sent: that is the draft now.
    if (root.querySelector("[data-typed]")) return keep(form);
    const before = fill(form, draft, address);
    filled(form);
    if (quiet) return;
    const note = Object.assign(document.createElement("p"), { className: "note draft" }), button = document.createElement("button");
    note.setAttribute("role", "status");
    Object.assign(button, { type: "button", className: "plain small", textContent: body.dataset.discard });
    button.addEventListener("click", () => {
      forget(name);
      before.forEach(([value, checked], input) => { if (isCheck(input)) input.checked = checked; else input.value = value; });
      note.remove();
      filled(form);
    });
    note.append(`${body.dataset.restored} `, button);
    form.prepend(note);
  }
  function shown(root, quiet, address) {
    if (root.querySelector("[data-done]")) names(MINE).filter((name) => (read(name) || {}).sent).forEach(forget);
    root.querySelectorAll(FORMS).forEach((form) => restore(root, form, quiet, address));
  }

  const typed = (event) => { const form = event.target.form; if (form && form.matches(FORMS)) keep(form); };
  document.addEventListener("input", typed);
  document.addEventListener("change", typed);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("action") === "/desk/sign-out") names(MINE).concat(WAITING).forEach(forget);
    else if (form.matches(FORMS) && read(nameOf(form))) keep(form, true);
  }, true);
  document.addEventListener("desk:sent", (event) => forget(nameOf(event.detail)));
  document.addEventListener("desk:shown", ({ detail: { root, address } }) => shown(root, root === main, address));
  document.addEventListener("desk:expired", (event) => { if (event.detail) write(WAITING, event.detail); });
  if (dialog) dialog.addEventListener("cancel", () => {
    const form = dialog.querySelector(FORMS);
    if (form && read(nameOf(form))) document.dispatchEvent(new CustomEvent("desk:say", { detail: body.dataset.kept }));
  });

  shown(main, false, location.href);
  // The form that was open when the session ended opens again.
  const waiting = read(WAITING);
  forget(WAITING);
  if (typeof waiting === "string" && new URL(waiting, location.href).origin === location.origin) {
    const link = Object.assign(document.createElement("a"), { href: waiting, hidden: true });
    link.dataset.dialog = "";
    main.append(link);
    link.click();
    link.remove();
  }
})();
