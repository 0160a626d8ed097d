
// Sorting and filtering. Without this the page says the same, in the order of the run.
(() => {
  "use strict";
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const order = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const grouped = (number) => number.toLocaleString("en");
  document.documentElement.classList.add("js");

  for (const section of document.querySelectorAll("section.table")) {
    const table = section.querySelector("table");
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    if (rows.length < 2) continue;
    const heads = Array.from(table.tHead.rows[0].cells);

    heads.forEach((head, column) => {
      const button = make("button", { type: "button", textContent: head.textContent });
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((it) => it.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = (row) => row.cells[column].textContent;
        rows.sort((a, b) => (up ? 1 : -1) * order.compare(key(a), key(b)));
        body.append(...rows);
      });
      head.dataset.label = head.textContent;
      head.replaceChildren(button);
    });

    const texts = new Map(rows.map((row) => [row, plain(row.textContent)]));
    const name = section.querySelector("h2").firstChild.textContent.trim();
    const label = make("label", { className: "filter", textContent: "Filter " + name.toLowerCase() });
    const input = make("input", { type: "search", autocomplete: "off", spellcheck: false });
    const status = make("p", { className: "found" });
    status.setAttribute("role", "status");
    label.append(input);
    section.querySelector(".note").after(label, status);
    input.addEventListener("input", () => {
      const words = plain(input.value).split(/\s+/).filter(Boolean);
      let found = 0;
      for (const row of rows) {
        row.hidden = !words.every((word) => texts.get(row).includes(word));
        found += row.hidden ? 0 : 1;
      }
      const all = grouped(rows.length) + (rows.length === 1 ? " row" : " rows");
      status.textContent = words.length ? grouped(found) + " of " + all + " with “" + input.value.trim() + "”" : "";
    });
  }

  addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
  });
})();
