import { expect, test } from "vitest";

import { evaluates, withoutCode } from "./code";

function element(attributes: Record<string, string>): Element {
  const made = document.createElement("a");
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

test("attributes that would run code are recognised", () => {
  expect(evaluates(element({ "hx-on:click": "x()" }))).toBe(true);
  expect(evaluates(element({ "hx-vals": "js:{a: x()}" }))).toBe(true);
  expect(evaluates(element({ "hx-trigger": "click[ctrlKey]" }))).toBe(true);
  expect(evaluates(element({ "hx-get": "javascript:x()" }))).toBe(true);
});
test("plain requests are not code", () => {
  expect(evaluates(element({ "hx-get": "/a", "hx-trigger": "input changed delay:200ms", "hx-vals": '{"a": 1}' }))).toBe(false);
});
test("scripts are taken out of an answer", () => {
  expect(withoutCode("<p>a</p><script>x()</script><p>b</p>")).toBe("<p>a</p><p>b</p>");
  expect(withoutCode("<SCRIPT src=x>")).toBe("");
  expect(withoutCode("<p>script</p>")).toBe("<p>script</p>");
});
