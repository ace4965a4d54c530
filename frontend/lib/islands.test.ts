import { expect, test } from "vitest";

import { sleepingIn, tagOf } from "./islands";

test("the file's name is the element's name", () => {
  expect(tagOf("../src/enishi/segments/islands/segment-builder.ts")).toBe("segment-builder");
});
test("only islands that the page has and that are not awake yet are loaded", () => {
  const page = document.createElement("div");
  page.append(document.createElement("segment-builder"), document.createElement("chart-view"));
  const awake = new Set(["chart-view"]);
  expect(sleepingIn(page, ["segment-builder", "chart-view", "flow-editor"], (tag) => awake.has(tag))).toEqual(["segment-builder"]);
});
