// Uploads: the browser sends the file to the store of files by a signed link, and shows the progress. Without this script, the form brings it.
"use strict";
(() => {
  const dialog = document.querySelector("#dialog");
  const PART = { "x-desk": "part" };

  async function ask(url, fields) {
    const answer = await fetch(url, { method: "post", body: new URLSearchParams(fields), headers: PART, credentials: "same-origin" });
    if (answer.status === 401) { location.assign(location.pathname + location.search); return new Promise(() => {}); }
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw body.problems || new Error("no answer");
    return body;
  }
  function put(link, file, progress) {
    return new Promise((done, failed) => {
      const request = new XMLHttpRequest();
      request.open("PUT", link.url);
      request.setRequestHeader("content-type", link.content_type);
      request.upload.onprogress = (event) => { if (event.lengthComputable) progress.value = 100 * event.loaded / event.total; };
      request.onload = () => (request.status < 300 ? done() : failed([]));
      request.onerror = () => failed([]);
      request.send(file);
    });
  }
  async function upload(form) {
    const file = form.elements.file.files[0], bar = form.querySelector("[data-progress]"), button = form.querySelector("button");
    const problems = form.parentElement.querySelector("[data-problems]"), progress = bar.querySelector("progress");
    if (!file) return void form.elements.file.focus();
    const key = form.elements.key.value, back = form.elements.back.value;
    problems.hidden = true;
    bar.hidden = false;
    progress.value = 0;
    button.disabled = true;
    try {
      const type = (file.type || "application/octet-stream").split(";")[0];
      const title = form.elements.title.value.trim() || file.name;
      const link = await ask(`${form.action}/announcement`, { title, content_type: type, bytes: file.size, key });
      await put(link, file, progress);
      const { to } = await ask(`${form.action}/completion`, { element: link.element, key, back });
      location.assign(to);
    } catch (texts) {
      const shown = Array.isArray(texts) && texts.length ? texts : [form.dataset.failed];
      problems.replaceChildren(...shown.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
      problems.hidden = false;
      bar.hidden = true;
      button.disabled = false;
      // If an answer was lost, the document may have arrived, and the next attempt is the same one. Otherwise it is another document.
      if (Array.isArray(texts)) form.elements.key.value = crypto.randomUUID();
    }
  }
  // Before the forms of the dialog, which are sent without files.
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-upload]")) return;
    event.preventDefault();
    event.stopPropagation();
    upload(event.target);
  }, true);

  // A file that is dropped on the page of a lead opens the form with it.
  let dropped = null;
  const hasFile = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (hasFile(event) && (event.target.closest(".drop") || document.querySelector("[data-drop]"))) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!hasFile(event)) return;
    const input = event.target.closest(".drop")?.querySelector("input[type=file]") || dialog?.querySelector("form[data-upload] input[type=file]");
    const link = document.querySelector("a[data-document]");
    if (input) {
      event.preventDefault();
      input.files = event.dataTransfer.files;
    } else if (link) {
      event.preventDefault();
      dropped = event.dataTransfer.files;
      link.click();
    }
  });
  if (dialog) new MutationObserver(() => {
    const input = dialog.querySelector("form[data-upload] input[type=file]");
    if (dropped && input) { input.files = dropped; dropped = null; }
  }).observe(dialog, { childList: true });
})();
