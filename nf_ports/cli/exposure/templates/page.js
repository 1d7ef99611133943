"use strict";
// The page says everything without this; with it, ports can be filtered and ordered, and a theme is kept.
(() => {
  const KEY = "nf-ports-theme";
  const root = document.documentElement;
  // A browser may refuse to keep anything for a file.
  const kept = (change) => { try { return change(localStorage); } catch { return null; } };
  const setTheme = (theme) => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  setTheme(kept((store) => store.getItem(KEY)));

  const start = () => {
    const filter = document.getElementById("filter");
    const order = document.getElementById("order");
    const theme = document.getElementById("theme");
    const all = document.getElementById("all");
    const list = document.getElementById("services");
    const services = [...list.children];
    const ports = [...list.querySelectorAll(".port")];
    const details = ports.map((port) => port.querySelector("details"));
    const toggles = [...document.querySelectorAll("fieldset [type=checkbox]")];
    const texts = new Map(ports.map((port) => [port, `${port.id} ${port.textContent}`.toLowerCase()]));

    const show = () => {
      const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = new Set(toggles.filter((toggle) => toggle.checked).map((toggle) => toggle.value));
      let hits = 0;
      for (const port of ports) {
        port.hidden = !wanted.has(port.dataset.protection) || !words.every((word) => texts.get(port).includes(word));
        hits += !port.hidden;
      }
      for (const service of services) service.hidden = !service.querySelector(".port:not([hidden])");
      document.getElementById("shown").textContent = `${hits} of ${ports.length} ports`;
      document.getElementById("nothing").hidden = hits > 0 || ports.length === 0;
    };
    const reset = () => {
      filter.value = "";
      toggles.forEach((toggle) => { toggle.checked = true; });
      show();
    };
    const sort = () => {
      const compare = new Intl.Collator("en", { numeric: true }).compare;
      const name = (service) => service.querySelector("h3").id;
      list.append(...(order.value ? [...services].sort((one, other) => compare(name(one), name(other))) : services));
    };

    const target = () => {
      const fragment = location.hash.slice(1);
      let decoded = fragment;
      try { decoded = decodeURIComponent(fragment); } catch { /* as it is */ }
      return document.getElementById(fragment) ?? document.getElementById(decoded);
    };
    const follow = () => {
      const found = target();
      if (!found || !list.contains(found)) return;
      if (found.closest("[hidden]")) reset();
      found.querySelectorAll(":scope > details").forEach((each) => { each.open = true; });
      found.focus({ preventScroll: true });
      found.scrollIntoView();
    };
    const step = (by) => {
      const visible = [...list.children].filter((service) => !service.hidden);
      const here = visible.findIndex((service) => service.contains(document.activeElement));
      const next = here < 0 ? visible[by > 0 ? 0 : visible.length - 1] : visible[here + by];
      if (!next) return;
      next.querySelector("h3").focus({ preventScroll: true });
      next.scrollIntoView();
    };

    filter.addEventListener("input", show);
    toggles.forEach((toggle) => toggle.addEventListener("change", show));
    order.addEventListener("change", sort);
    all.addEventListener("change", () => details.forEach((each) => { each.open = all.checked; }));
    theme.value = root.dataset.theme ?? "";
    theme.addEventListener("change", () => {
      setTheme(theme.value);
      kept((store) => (theme.value ? store.setItem(KEY, theme.value) : store.removeItem(KEY)));
    });
    addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
      if (event.key === "Escape") reset();
      else if (event.target.matches("input[type=search], select")) return;
      else if (event.key === "/") { event.preventDefault(); filter.focus(); filter.select(); }
      else if (event.key === "j") step(1);
      else if (event.key === "k") step(-1);
    });
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = details.filter((each) => !each.open);
      closed.forEach((each) => { each.open = true; });
    });
    addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));
    addEventListener("hashchange", follow);
    document.querySelector(".controls").hidden = false;
    document.querySelector(".theme").hidden = false;
    show();
    follow();
  };
  addEventListener("DOMContentLoaded", start);
})();
