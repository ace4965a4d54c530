import { expect, test } from "vitest";

import { fileName, jsonOf, optionFor, pictureOption, shortFigure } from "./chart-view";

const ink = { ink: "#000", soft: "#555", line: "#ddd", surface: "#fff", colours: ["#1", "#2"] };

test("long figures are told as the language counts", () => {
  expect(shortFigure(9_800, "ja")).toBe("9,800");
  expect(shortFigure(12_400_000, "ja")).toBe("1,240万");
  expect(shortFigure(-250_000_000, "ja")).toBe("−2.5億");
  expect(shortFigure(12_400_000, "en")).toBe("12.4M");
});
test("a line has its dash and its name at its end", () => {
  const option = optionFor("line", ["1"], [{ name: "自社EC", values: [1] }, { name: "楽天店", values: [null] }], "円", ink) as {
    series: { type: string; lineStyle: { type: unknown }; endLabel: { show: boolean } }[];
  };
  expect(option.series.map((one) => one.lineStyle.type)).toEqual(["solid", [6, 3]]);
  expect(option.series.every((one) => one.endLabel.show)).toBe(true);
});
test("stacked bars share one stack", () => {
  const option = optionFor("stacked", [], [{ name: "a", values: [] }, { name: "b", values: [] }], "", ink) as { series: { stack: string }[] };
  expect(new Set(option.series.map((one) => one.stack)).size).toBe(1);
});
test("an attribute that is not JSON is passed over", () => {
  expect(jsonOf("[1,2]", [])).toEqual([1, 2]);
  expect(jsonOf("[1,", [0])).toEqual([0]);
  expect(jsonOf(undefined, [0])).toEqual([0]);
});
test("a picture stands alone: under its title, with the names of its series", () => {
  const option = pictureOption(optionFor("bar", ["1"], [{ name: "割合", values: [1] }], "%", ink), "売上の割合", ink) as {
    title: { text: string };
    legend: object;
    series: { name: string }[];
    backgroundColor: string;
  };
  expect(option.title.text).toBe("売上の割合");
  expect(option.legend).toBeDefined();
  expect(option.series[0]?.name).toBe("割合");
  expect(option.backgroundColor).toBe("#fff");
});
test("a picture has a name that every file system takes", () => {
  expect(fileName("売上 / 累計: 2026?")).toBe("売上_累計_2026_.png");
  expect(fileName("")).toBe("chart.png");
});
