"use strict";
// The page says everything without this; with it, the table can be filtered and sorted.
(() => {
  const body = document.querySelector("#places tbody");
  const rows = [...body.rows];
  const filter = document.getElementById("filter");
  const toggles = [...document.querySelectorAll(".controls [type=checkbox]")];
  const texts = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));

  const show = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(toggles.filter((toggle) => toggle.checked).map((toggle) => toggle.value));
    let count = 0;
    for (const row of rows) {
      const matches = wanted.has(row.dataset.protection) && words.every((word) => texts.get(row).includes(word));
      row.hidden = !matches;
      count += matches;
    }
    document.getElementById("shown").textContent = `${count} of ${rows.length} rows`;
    document.getElementById("nothing").hidden = count > 0;
  };

  const key = (row, column) => (column === 0 ? row.dataset.rank : row.cells[column].textContent.trim());
  const sort = (column, ascending) => {
    const compare = new Intl.Collator("en", { numeric: true }).compare;
    const sign = ascending ? 1 : -1;
    // What says nothing comes last, either way.
    const order = (one, other) => {
      const [first, second] = [key(one, column), key(other, column)];
      return !first - !second || sign * compare(first, second) || rows.indexOf(one) - rows.indexOf(other);
    };
    body.append(...[...rows].sort(order));
  };

  const headers = [...document.querySelectorAll("#places thead th")];
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = header.textContent;
    header.replaceChildren(button);
    button.addEventListener("click", () => {
      const ascending = header.getAttribute("aria-sort") !== "ascending";
      headers.forEach((each) => each.removeAttribute("aria-sort"));
      header.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      sort(column, ascending);
    });
  });

  filter.addEventListener("input", show);
  toggles.forEach((toggle) => toggle.addEventListener("change", show));
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
  document.querySelector(".controls").hidden = false;
  show();
})();
