// The queue by keyboard: J K move, ↵ opens, X ticks, Esc clears. The peek column follows; the bulk bar counts.

export function watchQueue(announce) {
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const boxes = () => [...document.querySelectorAll("[data-row] input[name=task]")];
  const current = () => rows().find((row) => row.classList.contains("cur"));

  function settle(row) {
    for (const other of rows()) {
      other.classList.toggle("cur", other === row);
      if (other === row) other.setAttribute("aria-current", "true");
      else other.removeAttribute("aria-current");
    }
    row.scrollIntoView({ block: "nearest" });
    row.querySelector("a")?.focus({ preventScroll: true });
    const peek = document.getElementById("peek");
    if (row.dataset.peek && peek?.checkVisibility?.()) {
      window.htmx?.ajax("GET", row.dataset.peek, { target: "#peek", swap: "outerHTML" });
    }
  }

  function move(step) {
    const all = rows();
    if (all.length === 0) return;
    const at = all.indexOf(current());
    settle(all[Math.min(Math.max(at + step, 0), all.length - 1)]);
  }

  function count() {
    const picked = boxes().filter((box) => box.checked);
    const bar = document.getElementById("bulk");
    const kind = picked[0]?.dataset.kind;
    for (const box of boxes()) {
      box.dataset.allowed ??= box.disabled ? "no" : "yes";
      box.disabled = box.dataset.allowed === "no" || (kind !== undefined && box.dataset.kind !== kind);
      box.closest("[data-row]").classList.toggle("sel", box.checked);
    }
    if (!bar) return;
    bar.hidden = picked.length === 0;
    for (const place of document.querySelectorAll("[data-picked]")) place.textContent = picked.length;
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      const kind = (boxes().find((box) => box.checked) ?? boxes().find((box) => !box.disabled))?.dataset.kind;
      for (const box of boxes()) {
        if (!box.disabled && box.dataset.kind === kind) box.checked = event.target.checked;
      }
      count();
      announce(`已选 ${boxes().filter((box) => box.checked).length} 件`);
    } else if (event.target.matches("[data-row] input[name=task]")) {
      count();
    }
  });

  function clear() {
    if (!boxes().some((box) => box.checked)) return;
    for (const box of boxes()) box.checked = false;
    const all = document.querySelector("[data-pick-all]");
    if (all) all.checked = false;
    count();
    announce("已取消选择");
  }

  document.addEventListener("click", (event) => event.target.closest("[data-clear]") && clear());
  document.addEventListener("fengbu:key", ({ detail: { key, event } }) => {
    if (key === "j" || key === "k") move(key === "j" ? 1 : -1);
    else if (key === "x") current()?.querySelector("input[name=task]:not(:disabled)")?.click();
    else if (key === "Escape") clear();
    else if (key === "Enter" && !event.target.closest("a, button, summary, input")) {
      current()?.querySelector("a")?.click();
    }
  });
  document.addEventListener("htmx:afterSettle", count);
  count();
}
