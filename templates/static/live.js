// Live counts: what arrived in the queue and what others took. Nothing moves under the reader: a bar offers to reload,
// a row that is no longer theirs says so where it stands. Only visible windows listen.

export function listen(announce) {
  const { events: address } = document.body.dataset;
  if (!address || !window.EventSource) return;
  let source = null;
  let told = 0;

  function count(counts) {
    for (const [key, number] of Object.entries(counts)) {
      const link = document.querySelector(`.rail [data-go="${CSS.escape(key)}"]`);
      let badge = link?.querySelector("[data-count]");
      if (!link || (!badge && !number)) continue;
      if (!badge) {
        badge = Object.assign(document.createElement("span"), { className: "badge" });
        badge.dataset.count = key;
        link.append(badge);
      }
      badge.textContent = number;
      badge.hidden = !number;
    }
  }

  function arrived(number) {
    const bars = document.querySelectorAll("[data-arrived]");
    if (bars.length === 0 || number === told) return;
    told = number;
    const words = `有 ${number} 件新任务，点击刷新`;
    for (const bar of bars) {
      bar.hidden = number === 0;
      bar.querySelector("a").textContent = words;
    }
    if (number) announce(words);
  }

  function gone(ids) {
    for (const id of ids) {
      const row = document.querySelector(`[data-row][data-task="${id}"]`);
      if (!row || row.classList.contains("gone")) continue;
      row.classList.add("gone");
      const place = row.querySelector(".c-st");
      if (place) place.textContent = "已不在待办中";
      const box = row.querySelector("input[name=task]");
      if (box) {
        box.checked = false;
        box.dataset.allowed = "no";
        box.disabled = true;
        box.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }
  }

  function open() {
    if (source || document.hidden) return;
    source = new EventSource(address);
    source.addEventListener("queue", (event) => {
      const said = JSON.parse(event.data);
      count(said.counts);
      arrived(said.arrived);
      if (document.querySelector("[data-live=mine]")) gone(said.gone);
    });
    source.addEventListener("over", close); // the session ended, or a newer window took the place
  }

  function close() {
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
}
