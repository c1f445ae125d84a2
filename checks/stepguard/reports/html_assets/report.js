"use strict";
// Shows and hides what is on the page already. Nothing is made of text, and nothing is loaded.
const all = (selector) => Array.from(document.querySelectorAll(selector));
const panel = document.getElementById("filters");
const search = document.getElementById("search");
const shown = document.getElementById("shown");
const boxes = all("#filters input[type=checkbox]");
const items = all(".item").map((node) => ({ node, text: node.textContent.toLowerCase() }));

const chosen = (group) => {
  const own = boxes.filter((box) => box.name === group);
  return own.length ? new Set(own.filter((box) => box.checked).map((box) => box.value)) : null;
};

const allows = (set, value) => set === null || value === undefined || set.has(value);

function apply() {
  const severities = chosen("severity");
  const statuses = chosen("status");
  const families = chosen("family");
  const kinds = chosen("kind");
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let visible = 0;
  let total = 0;
  for (const { node, text } of items) {
    const { kind, severity, status, family } = node.dataset;
    const passes =
      (kind === "violation" || allows(kinds, kind)) &&
      allows(severities, severity) &&
      (kind !== "violation" || allows(statuses, status)) &&
      allows(families, family) &&
      words.every((word) => text.includes(word));
    node.hidden = !passes;
    if (kind === "violation") {
      total += 1;
      visible += passes ? 1 : 0;
    }
  }
  for (const note of all(".nothing")) {
    note.hidden = visible > 0;
  }
  shown.textContent = `${visible} of ${total} findings shown`;
}

function reset() {
  search.value = "";
  for (const box of boxes) {
    box.checked = box.defaultChecked;
  }
  apply();
}

function reveal() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target === null) {
    return;
  }
  if (target.hidden) {
    for (const box of boxes) {
      box.checked = true;
    }
    search.value = "";
    apply();
  }
  for (let node = target; node !== null; node = node.parentElement) {
    if (node.tagName === "DETAILS") {
      node.open = true;
    }
  }
  target.scrollIntoView();
}

const foldAll = (open) => {
  for (const node of all(".finding, .machine, .role")) {
    node.open = open;
  }
};

// A drawing that is wider than its box is shown from its start, wherever that stands.
function centre(details) {
  for (const figure of details.querySelectorAll(".figure")) {
    const start = figure.querySelector(".terminal");
    if (start !== null) {
      const box = figure.getBoundingClientRect();
      const own = start.getBoundingClientRect();
      figure.scrollLeft += own.left + own.width / 2 - box.left - box.width / 2;
    }
  }
}

for (const machine of all(".machine")) {
  machine.addEventListener("toggle", () => centre(machine));
  centre(machine);
}

panel.hidden = false;
panel.open = matchMedia("(min-width: 60rem)").matches;
panel.addEventListener("change", apply);
search.addEventListener("input", apply);
document.getElementById("reset").addEventListener("click", reset);
document.getElementById("open-all").addEventListener("click", () => foldAll(true));
document.getElementById("close-all").addEventListener("click", () => foldAll(false));
addEventListener("hashchange", reveal);
addEventListener("beforeprint", () => foldAll(true));
apply();
if (location.hash) {
  reveal();
}
