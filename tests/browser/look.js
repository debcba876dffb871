// Returns what does not fit on a page: text that is cut or overlaps, a page that is wider than the screen, targets that are too small.
// Texts that are hidden from sight are no fault, nor those in a box that scrolls.
() => {
  const faults = [], shown = [], boxes = new Set();
  const root = document.querySelector("dialog[open]") || document.body, wide = document.documentElement.clientWidth;
  const short = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 160);
  const scrolls = (element) => {
    for (let box = element; box && box !== root; box = box.parentElement) if (/auto|scroll/.test(getComputedStyle(box).overflowX)) return true;
    return false;
  };
  const isApart = (element) => {
    if (!element.checkVisibility() || element.closest(".hidden, .skip, .sticky, #alert, svg, option")) return true;
    const head = element.closest("thead");
    return head !== null && getComputedStyle(head).position === "absolute";
  };

  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node; (node = walker.nextNode());) {
    const element = node.parentElement, text = node.data.trim().slice(0, 60);
    if (!text || isApart(element)) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) if (box.width > 1 && box.height > 1) shown.push({ element, box, text });
  }
  // Words are not broken where they are short enough for a line.
  const broken = new Set(shown.filter(({ element, box, text }, i) => i && shown[i - 1].element === element && shown[i - 1].text === text
    && box.top > shown[i - 1].box.top + 4).map(({ element }) => element));
  for (const element of broken) {
    if (scrolls(element)) continue;
    for (const node of element.childNodes) {
      if (node.nodeType !== Node.TEXT_NODE) continue;
      for (const word of node.data.matchAll(/(?<![\p{L}\p{N}./@:_-])[\p{L}\p{N}.]{2,16}(?![\p{L}\p{N}/@:_-])/gu)) {
        const range = document.createRange();
        range.setStart(node, word.index);
        range.setEnd(node, word.index + word[0].length);
        const lines = [...range.getClientRects()];
        if (lines.length > 1 && lines[1].top > lines[0].top + 4) faults.push(`breaks the word ${word[0]} in ${short(element)}`);
      }
    }
  }
  const overflow = document.documentElement.scrollWidth - wide;
  if (overflow > 0) faults.push(`is ${overflow} pixels wider than the screen`);
  for (const { element, box, text } of shown) {
    if (scrolls(element)) continue;
    if (box.right > wide + 1 || box.left < -1) faults.push(`is cut at the side: ${text} in ${short(element)}`);
    for (let outer = element; outer && outer !== root; outer = outer.parentElement) {
      const style = getComputedStyle(outer), edge = outer.getBoundingClientRect();
      const clips = /hidden|clip/.test(style.overflowX + style.overflowY);
      const isPainted = style.backgroundColor !== "rgba(0, 0, 0, 0)" || outer.matches("button, .button, .tag, td, th, a, summary");
      if (boxes.has(outer) || style.display === "inline" || !(clips || isPainted)) continue;
      if (box.right > edge.right + 1 || box.left < edge.left - 1 || (clips && box.bottom > edge.bottom + 2)) {
        boxes.add(outer);
        faults.push(`does not fit into its box: ${text} in ${short(outer)}`);
      }
    }
  }

  shown.sort((one, other) => one.box.top - other.box.top);
  shown.forEach((one, i) => {
    for (let k = i + 1; k < shown.length && shown[k].box.top < one.box.bottom - 4; k++) {
      const other = shown[k];
      const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const down = Math.min(one.box.bottom, other.box.bottom) - other.box.top;
      if (across > 3 && down > 4 && one.element !== other.element && !scrolls(one.element) && !scrolls(other.element)) {
        faults.push(`overlaps: ${one.text} and ${other.text} in ${short(other.element)}`);
      }
    }
  });

  // WCAG 2.2, 2.5.8: targets are at least 24 pixels wide and high. The label of an input belongs to it.
  for (const target of root.querySelectorAll("button, summary, a.button, nav a, a.add, input:not([type=hidden]), select")) {
    const box = target.getBoundingClientRect();
    const labels = [...(target.labels || [])].some((label) => label.getBoundingClientRect().height >= 24);
    if (box.width > 1 && !isApart(target) && !labels && (box.width < 24 || box.height < 24)) faults.push(`is too small to hit: ${short(target)}`);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const twice = ids.find((id, i) => ids.indexOf(id) !== i);
  if (twice) faults.push(`has the id ${twice} twice`);
  // A key of a text, or a value without one.
  const odd = root.innerText.match(/\b(undefined|NaN|Invalid Date|(?:form|label|field|error|nav|done|settings)\.[a-z_.]+)\b|\{[a-z_]*\}|\[object/);
  if (odd) faults.push(`shows ${odd[0]}`);
  return faults;
}
