/**
 * `<chart-view kind="line|bar|stacked" data-labels='[…]' data-series='[{"name":…,"values":[…]}]' data-unit="円">`
 *
 * Draws with the colours of the page, in order c1…c8; a line also has its dash and its name at its end. The table beside
 * it, written by the server, says the same. A button `data-save-chart` in its figure saves it as a picture.
 */
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TitleComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";

use([LineChart, BarChart, GridComponent, LegendComponent, TitleComponent, TooltipComponent, CanvasRenderer, SVGRenderer]);

export interface Series {
  name: string;
  values: (number | null)[];
}
export interface Ink {
  ink: string;
  soft: string;
  line: string;
  surface: string;
  colours: string[];
}

const DASHES: (string | number[])[] = ["solid", [6, 3], [2, 3], [8, 3, 2, 3], [1, 2], [10, 4], [4, 2, 1, 2], [12, 3, 3, 3]];

/** Long figures as the page's language counts them: 12,400,000 → 1,240万, 12.4M. */
export function shortFigure(value: number, language = document.documentElement.lang): string {
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  const short = { notation: "compact", maximumSignificantDigits: 4, useGrouping: "always" } as const;
  return sign + size.toLocaleString(language || "ja", size >= 100_000 ? short : {});
}

/** The drawing, as ECharts wants it told. */
export function optionFor(kind: string, labels: string[], series: Series[], unit: string, ink: Ink): EChartsCoreOption {
  const line = kind === "line";
  const small = { color: ink.soft, fontSize: 11 };
  const longest = Math.max(0, ...series.map((one) => one.name.length));
  return {
    animation: false,
    color: ink.colours,
    grid: { left: 4, right: line ? Math.max(84, 12 + longest * 11) : 8, top: 12, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis",
      backgroundColor: ink.surface,
      borderColor: ink.line,
      textStyle: { color: ink.ink, fontSize: 12 },
      renderMode: "richText",
      valueFormatter: (value: unknown) => (typeof value === "number" ? `${value.toLocaleString("ja-JP")}${unit}` : "―"),
    },
    xAxis: { type: "category", data: labels, axisTick: { show: false }, axisLine: { lineStyle: { color: ink.line } }, axisLabel: small, boundaryGap: !line },
    yAxis: { type: "value", splitNumber: 4, splitLine: { lineStyle: { color: ink.line } }, axisLabel: { ...small, formatter: (value: number) => shortFigure(value) } },
    series: series.map((one, at) => ({
      name: one.name,
      type: line ? "line" : "bar",
      data: one.values,
      ...(kind === "stacked" ? { stack: "all" } : {}),
      ...(line
        ? {
            symbol: "none",
            lineStyle: { width: 2, type: DASHES[at % DASHES.length] },
            endLabel: { show: true, formatter: "{a}", color: ink.ink, fontSize: 11 },
            labelLayout: { moveOverlap: "shiftY" },
          }
        : { barMaxWidth: 28 }),
    })),
  };
}

/** The drawing as a picture that stands alone: under its title, with the names of its series. */
export function pictureOption(option: EChartsCoreOption, title: string, ink: Ink): EChartsCoreOption {
  const grid = option["grid"] as Record<string, unknown>;
  return {
    ...option,
    backgroundColor: ink.surface,
    title: { text: title, left: 12, top: 10, textStyle: { color: ink.ink, fontSize: 15 } },
    legend: { left: 12, top: 36, itemWidth: 10, itemHeight: 10, textStyle: { color: ink.soft, fontSize: 11 } },
    grid: { ...grid, left: 16, right: Number(grid["right"]) + 12, top: 68, bottom: 16 },
  };
}

/** A name that every file system takes. */
export function fileName(title: string): string {
  return `${title.replace(/[\\/:*?"<>|\s]+/g, "_").slice(0, 80) || "chart"}.png`;
}

/** What a JSON attribute holds, or `fallback` where it does not hold JSON. */
export function jsonOf<T>(text: string | undefined, fallback: T): T {
  try {
    return text ? (JSON.parse(text) as T) : fallback;
  } catch {
    return fallback;
  }
}

class ChartView extends HTMLElement {
  #chart: EChartsType | null = null;
  #size: ResizeObserver | null = null;
  #theme: MutationObserver | null = null;
  #night = window.matchMedia("(prefers-color-scheme: dark)");
  #button: Element | null = null;
  #option = (ink: Ink): EChartsCoreOption => {
    const labels = jsonOf<string[]>(this.dataset["labels"], []);
    const series = jsonOf<Series[]>(this.dataset["series"], []);
    return optionFor(this.getAttribute("kind") ?? "line", labels, series, this.dataset["unit"] ?? "", ink);
  };
  #draw = (): void => this.#chart?.setOption(this.#option(this.#ink()), true);
  #save = (): void => {
    const title = this.getAttribute("aria-label") ?? "";
    const ink = this.#ink();
    const picture = init(document.createElement("div"), null, { renderer: "canvas", width: 960, height: 480 });
    picture.setOption(pictureOption(this.#option(ink), title, ink));
    const link = document.createElement("a");
    link.href = picture.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: ink.surface });
    link.download = fileName(title);
    link.click();
    picture.dispose();
  };

  connectedCallback(): void {
    this.#chart = init(this, null, { renderer: "svg" });
    this.#draw();
    this.#button = this.closest("figure")?.querySelector("[data-save-chart]") ?? null;
    this.#button?.addEventListener("click", this.#save);
    this.#size = new ResizeObserver(() => this.#chart?.resize());
    this.#size.observe(this);
    this.#theme = new MutationObserver(this.#draw);
    this.#theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.#night.addEventListener("change", this.#draw);
  }

  disconnectedCallback(): void {
    this.#button?.removeEventListener("click", this.#save);
    this.#size?.disconnect();
    this.#theme?.disconnect();
    this.#night.removeEventListener("change", this.#draw);
    this.#chart?.dispose();
    this.#chart = null;
  }

  /** The colours of the page as they are now. A token is resolved by wearing it. */
  #ink(): Ink {
    const probe = document.createElement("span");
    probe.hidden = true;
    this.parentElement?.append(probe);
    const resolve = (token: string): string => {
      probe.style.color = `var(--${token})`;
      return getComputedStyle(probe).color;
    };
    const ink = {
      ink: resolve("ink"),
      soft: resolve("ink-soft"),
      line: resolve("line"),
      surface: resolve("surface"),
      colours: ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"].map(resolve),
    };
    probe.remove();
    return ink;
  }
}
customElements.define("chart-view", ChartView);
