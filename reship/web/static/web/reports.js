// Draws each chart of a report from the table beside it, so that both always say the same.

const MOST_BARS = 12;
const root = document.documentElement;
const drawn = [];

/** A colour of the style sheet as the theme has it now: its tokens are written with light-dark(). */
function colour(token) {
  const probe = document.createElement("span");
  probe.style.color = `var(${token})`;
  probe.hidden = true;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

const SERIES = { bar: "--rs-blue-dot", line: "--rs-orange-dot" };

function series(table, head, column, rows, isLying) {
  const type = head.dataset.drawn;
  const line = colour(SERIES[type]);
  const values = rows.map((row) => {
    const text = row.cells[column].dataset.value;
    return text === "" ? null : Number(text);
  });
  return {
    type,
    label: head.textContent.trim(),
    data: values,
    order: type === "line" ? 0 : 1,
    borderColor: line,
    backgroundColor: line,
    borderWidth: type === "line" ? 2 : 0,
    borderRadius: 3,
    maxBarThickness: isLying ? 22 : 36,
    pointRadius: values.length > 60 ? 0 : 2.5,
    cubicInterpolationMode: "monotone",
    ...(isLying ? {} : { yAxisID: type === "line" ? "rate" : "y" }),
  };
}

function axis(words, text, more = {}) {
  return {
    beginAtZero: true,
    title: { display: Boolean(words), text: words, color: text },
    ticks: { color: text, precision: 0, maxRotation: 45, autoSkipPadding: 12 },
    grid: { color: colour("--rs-line") },
    border: { display: false },
    ...more,
  };
}

function draw(canvas) {
  const table = document.getElementById(canvas.dataset.chartOf);
  const isLying = "lying" in canvas.dataset;
  const all = [...table.tBodies[0].rows];
  const rows = isLying ? all.slice(0, MOST_BARS) : all;
  const heads = [...table.tHead.rows[0].cells];
  const datasets = heads.flatMap((head, column) => (head.dataset.drawn ? [series(table, head, column, rows, isLying)] : []));
  const text = colour("--rs-text-2");
  const noGrid = { grid: { display: false } };
  const labels = datasets.map((dataset) => dataset.label);
  const scales = isLying
    ? { x: axis(labels[0], text), y: axis("", text, noGrid) }
    : {
        x: axis("", text, noGrid),
        y: axis(labels[0], text),
        rate: axis(labels[1], text, { position: "right", grid: { display: false }, ticks: { color: text } }),
      };
  return new globalThis.Chart(canvas, {
    data: { labels: rows.map((row) => row.cells[0].textContent.trim()), datasets },
    options: {
      animation: false,
      maintainAspectRatio: false,
      indexAxis: isLying ? "y" : "x",
      interaction: { mode: "index", intersect: false, axis: isLying ? "y" : "x" },
      font: { family: getComputedStyle(document.body).fontFamily },
      plugins: { legend: { display: datasets.length > 1, labels: { color: text, boxWidth: 12 } } },
      scales,
    },
  });
}

function drawAll() {
  while (drawn.length) drawn.pop().destroy();
  for (const canvas of document.querySelectorAll("canvas[data-chart-of]")) drawn.push(draw(canvas));
}

drawAll();
new MutationObserver(drawAll).observe(root, { attributes: true, attributeFilter: ["data-bs-theme"] });
