import { beforeEach, expect, test } from "vitest";

import { pageState, rangeBetween } from "./list-selection";

test("a range holds both ends, in either direction", () => {
  expect(rangeBetween(2, 4)).toEqual([2, 3, 4]);
  expect(rangeBetween(4, 2)).toEqual([2, 3, 4]);
});
test("the box over the page says all, some or none", () => {
  expect(pageState(0, 50)).toBe("none");
  expect(pageState(3, 50)).toBe("some");
  expect(pageState(50, 50)).toBe("all");
  expect(pageState(0, 0)).toBe("none");
});

function build(rows: number): HTMLElement {
  const list = document.createElement("list-selection");
  list.dataset["total"] = "12,430";
  const bar = document.createElement("div");
  bar.dataset["part"] = "bar";
  for (const part of ["count", "all", "clear"]) {
    const element = document.createElement(part === "count" ? "span" : "button");
    element.dataset["part"] = part;
    bar.append(element);
  }
  const scope = document.createElement("input");
  scope.type = "hidden";
  scope.dataset["part"] = "scope";
  bar.append(scope);
  list.append(bar);
  for (let at = 0; at < rows; at += 1) {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.name = "ids";
    box.value = String(at);
    list.append(box);
  }
  document.body.append(list);
  return list;
}
const boxes = (list: HTMLElement): HTMLInputElement[] => [...list.querySelectorAll<HTMLInputElement>('input[name="ids"]')];
const part = (list: HTMLElement, name: string): HTMLElement => list.querySelector<HTMLElement>(`[data-part="${name}"]`) ?? list;

beforeEach(() => {
  document.body.replaceChildren();
});

test("Shift takes everything between two presses, and the bar counts them", () => {
  const list = build(5);
  boxes(list)[1]?.click();
  boxes(list)[3]?.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: true, cancelable: true }));
  expect(boxes(list).map((box) => box.checked)).toEqual([false, true, true, true, false]);
  expect(part(list, "count").textContent).toBe("3");
  expect(part(list, "bar").hidden).toBe(false);
});
test("all that match goes to the server as a scope, and one press more takes it back", () => {
  const list = build(3);
  part(list, "all").click();
  expect(part(list, "count").textContent).toBe("12,430");
  expect((part(list, "scope") as HTMLInputElement).value).toBe("all");
  boxes(list)[0]?.click();
  expect((part(list, "scope") as HTMLInputElement).value).toBe("some");
});
