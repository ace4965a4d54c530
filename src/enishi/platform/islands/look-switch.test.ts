import { beforeEach, expect, test } from "vitest";

import { wear } from "./look-switch";

beforeEach(() => {
  document.body.innerHTML = `
    <look-switch data-name="theme"><button value=""></button><button value="dark"></button></look-switch>
    <look-switch data-name="text"><button value=""></button><button value="large"></button></look-switch>`;
});

function pressed(name: string): (string | null)[] {
  return [...document.querySelectorAll(`[data-name="${name}"] button`)].map((one) => one.getAttribute("aria-pressed"));
}

test("a look stands on the page and on its own switch alone", () => {
  wear("text", "large");
  expect(document.documentElement.getAttribute("data-text")).toBe("large");
  expect(pressed("text")).toEqual(["false", "true"]);
  expect(pressed("theme")).toEqual([null, null]);
});

test("the usual look takes the attribute away", () => {
  wear("theme", "dark");
  wear("theme", "");
  expect(document.documentElement.hasAttribute("data-theme")).toBe(false);
  expect(pressed("theme")).toEqual(["true", "false"]);
});
