(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);

  const copy = byId("copy");
  if (copy) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(byId("snippet").textContent);
        copy.textContent = "Copied";
        setTimeout(() => { copy.textContent = "Copy"; }, 2000);
      } catch {
        getSelection().selectAllChildren(byId("snippet"));
      }
    });
  }

  const plot = byId("plot");
  const source = byId("front-figure");
  if (!plot || !source || !window.Plotly) return;
  const narrow = matchMedia("(max-width: 640px)");
  const dark = matchMedia("(prefers-color-scheme: dark)");

  // The figure names CSS variables ("--accent"), so the plot wears the page's colours, light or dark.
  const coloured = (value, styles) => {
    if (typeof value === "string") return /^--[a-z-]+$/.test(value) ? styles.getPropertyValue(value).trim() : value;
    if (Array.isArray(value)) return value.map((item) => coloured(item, styles));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, coloured(item, styles)]));
  };

  // A narrow screen gets small margins, fewer ticks, and the text of a dot below the plot instead of over it.
  const fitted = (figure) => {
    const { data, layout } = figure;
    layout.height = narrow.matches ? 380 : 520;
    if (!narrow.matches) return figure;
    layout.margin = { t: 16, r: 8, b: 56, l: 56 };
    layout.font.size = 12;
    layout.yaxis.title.text = "";
    layout.annotations[0].text = "limit";
    const [low, high] = layout.xaxis.range;
    const inside = layout.xaxis.tickvals.map((tick, at) => at)
      .filter((at) => Math.log10(layout.xaxis.tickvals[at]) >= low && Math.log10(layout.xaxis.tickvals[at]) <= high);
    const every = Math.ceil(inside.length / 4);
    const one = inside.findIndex((at) => layout.xaxis.tickvals[at] === 1);
    const kept = inside.filter((_, place) => (place - Math.max(one, 0)) % every === 0);
    layout.xaxis.ticktext = kept.map((at) => layout.xaxis.ticktext[at]);
    layout.xaxis.tickvals = kept.map((at) => layout.xaxis.tickvals[at]);
    data.forEach((trace) => {
      if (trace.marker) trace.marker.size = trace.marker.size.map((px) => trace.name === "halo" ? px : Math.max(8, px * 0.75));
      if (trace.hovertemplate) { delete trace.hovertemplate; trace.hoverinfo = "none"; }
    });
    return figure;
  };

  const draw = () => {
    const styles = getComputedStyle(document.documentElement);
    const { data, layout } = fitted(coloured(JSON.parse(source.textContent), styles));
    return Plotly.newPlot(plot, data, layout, { responsive: true, displayModeBar: false, doubleClick: false });
  };

  const picked = byId("picked");
  const show = (texts) => {
    picked.hidden = false;
    picked.querySelectorAll("p").forEach((line, at) => { line.textContent = texts[at]; });
  };
  const listen = () => {
    ["plotly_hover", "plotly_click"].forEach((event) => plot.on(event, ({ points: [point] }) => {
      if (point && point.customdata) show(point.customdata);
    }));
  };
  const redraw = () => { Plotly.purge(plot); draw(); listen(); };

  draw();
  listen();
  const traces = plot.data.filter((trace) => trace.customdata);
  show((traces.find((trace) => trace.name === "chosen") || traces[0]).customdata[0]);
  dark.addEventListener("change", redraw);
  narrow.addEventListener("change", redraw);

  const all = byId("show-all");
  if (all) {
    all.hidden = false;
    all.addEventListener("click", () => {
      const [worse, better] = plot.layout.yaxis.range;
      Plotly.relayout(plot, { "yaxis.autorange": worse < better ? true : "reversed" });
      all.parentElement.remove();
    });
  }
})();
