/**
 * `<chart-view kind="line|bar|stacked" data-labels='[…]' data-series='[{"name":…,"values":[…]}]' data-unit="円">`
 *
 * Draws with the colours of the page, in order c1…c8; a line also has its dash and its name at its end. The table beside
 * it, written by the server, says the same.
 */
import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import type { EChartsCoreOption, EChartsType } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([LineChart, BarChart, GridComponent, TooltipComponent, SVGRenderer]);

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
  return {
    animation: false,
    color: ink.colours,
    grid: { left: 4, right: line ? 84 : 8, top: 12, bottom: 4, containLabel: true },
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
  #draw = (): void => {
    const labels = jsonOf<string[]>(this.dataset["labels"], []);
    const series = jsonOf<Series[]>(this.dataset["series"], []);
    this.#chart?.setOption(optionFor(this.getAttribute("kind") ?? "line", labels, series, this.dataset["unit"] ?? "", this.#ink()), true);
  };

  connectedCallback(): void {
    this.#chart = init(this, null, { renderer: "svg" });
    this.#draw();
    this.#size = new ResizeObserver(() => this.#chart?.resize());
    this.#size.observe(this);
    this.#theme = new MutationObserver(this.#draw);
    this.#theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.#night.addEventListener("change", this.#draw);
  }

  disconnectedCallback(): void {
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
