// Charts: time series and heat maps only. Colours are read from the CSS, so a theme change redraws them.
// The library is fetched when a page has a chart, from the address beside the page's own script.

const address = document.querySelector("script[data-echarts]")?.dataset.echarts;
const drawn = new Map();
let loading = null;

function library() {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.echarts);
    script.onerror = reject;
    document.head.append(script);
  });
  return loading;
}

function colour(name) {
  const probe = document.createElement("i");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

const TONES = { act: "qing", ok: "song", soon: "zhe", late: "zhu", stop: "zi", idle: "ink-3", plain: "rule-2" };

function axis(ink, rule) {
  return {
    axisLine: { lineStyle: { color: rule } }, axisTick: { show: false },
    axisLabel: { color: ink }, splitLine: { lineStyle: { color: rule } },
  };
}

function series(one, ink) {
  const tone = colour(TONES[one.tone ?? "act"]);
  const end = one.end
    ? { show: true, formatter: one.end, color: one.tone === "plain" ? ink : tone, fontWeight: 600 }
    : { show: false };
  if (one.kind === "bar") {
    return { name: one.name, type: "bar", barMaxWidth: one.bare ? 26 : 14, itemStyle: { color: tone }, data: one.data,
      label: { show: !one.bare, position: "top", color: ink, fontSize: 11, formatter: ({ value }) => (value ? `${value}` : "") } };
  }
  const dash = one.kind === "dash";
  return { name: one.name, type: "line", data: one.data, endLabel: end, itemStyle: { color: tone },
    symbol: one.kind === "line" ? "emptyCircle" : "none", symbolSize: 6,
    lineStyle: { color: tone, width: dash ? 1 : 2, type: dash ? "dashed" : "solid" },
    step: one.kind === "step" ? "end" : undefined,
    areaStyle: one.kind === "area" ? { color: tone, opacity: 0.12 } : undefined };
}

function options(spec) {
  const ink = colour("ink-2");
  const rule = colour("rule");
  const font = getComputedStyle(document.body).fontFamily;
  const base = {
    animation: false, textStyle: { fontFamily: font, fontSize: 12 },
    tooltip: { trigger: spec.heat ? "item" : "axis", renderMode: "richText" },
    grid: { left: 8, right: 74, top: 26, bottom: 4, containLabel: true },
  };
  if (spec.heat) {
    const largest = Math.max(1, ...spec.data.map(([, , value]) => value));
    return { ...base, grid: { ...base.grid, right: 8 },
      xAxis: { type: "category", data: spec.x, ...axis(ink, rule) },
      yAxis: { type: "category", data: spec.y, ...axis(ink, rule) },
      visualMap: { show: false, min: 0, max: largest, inRange: { color: [colour("sunk"), colour("qing")] } },
      series: [{ type: "heatmap", data: spec.data }] };
  }
  const lines = spec.series.map((one) => series(one, ink));
  if (spec.mark) {
    lines.push({ name: spec.mark.label, type: "line", data: [], markLine: { symbol: "none", silent: true,
      lineStyle: { color: ink, type: "solid", width: 1 },
      label: { formatter: spec.mark.label, position: "insideStartBottom", color: ink },
      data: [{ yAxis: spec.mark.at }] } });
  }
  const bars = spec.series.some((one) => one.kind === "bar");
  return { ...base,
    xAxis: { type: "category", boundaryGap: bars, data: spec.x, ...axis(ink, rule) },
    yAxis: { type: "value", min: spec.from ?? 0, max: spec.max, ...axis(ink, rule), axisLine: { show: false } },
    series: lines };
}

export async function drawCharts() {
  const places = [...document.querySelectorAll("[data-chart]")];
  if (places.length === 0 || !address) return;
  const echarts = await library();
  for (const place of places) {
    const chart = drawn.get(place) ?? echarts.init(place, null, { renderer: "svg" });
    if (!drawn.has(place)) new ResizeObserver(() => chart.resize()).observe(place);
    drawn.set(place, chart);
    chart.setOption(options(JSON.parse(place.dataset.chart)), true);
    place.dataset.drawn = "";
  }
}
