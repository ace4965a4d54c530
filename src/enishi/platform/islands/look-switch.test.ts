import { beforeEach, expect, test } from "vitest";

import { wear } from "./look-switch";

function put(name: string, values: string[]): void {
  const place = document.createElement("look-switch");
  place.dataset["name"] = name;
  place.append(
    ...values.map((value) => {
      const button = document.createElement("button");
      button.value = value;
      return button;
    }),
  );
  document.body.append(place);
}

beforeEach(() => {
  document.body.replaceChildren();
  put("theme", ["", "dark"]);
  put("text", ["", "large"]);
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
