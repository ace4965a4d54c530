import { beforeEach, expect, test } from "vitest";

import { isUpperHalf, moveWords, placeAfter } from "./column-order";

test("a row stays within the list", () => {
  expect(placeAfter(0, -1, 3)).toBe(0);
  expect(placeAfter(1, 1, 3)).toBe(2);
  expect(placeAfter(2, 1, 3)).toBe(2);
});
test("the upper half of a row means before it", () => {
  expect(isUpperHalf(10, 0, 40)).toBe(true);
  expect(isUpperHalf(30, 0, 40)).toBe(false);
});
test("a move is told by name and place", () => {
  expect(moveWords("{name} を {place}番目に移しました", "売上（$&）", 2)).toBe("売上（$&） を 2番目に移しました");
});

function build(): HTMLElement {
  const host = document.createElement("column-order");
  host.dataset["moved"] = "{name}:{place}";
  const list = document.createElement("ol");
  for (const key of ["a", "b", "c"]) {
    const row = document.createElement("li");
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.name = "columns";
    box.value = key;
    label.append(box, key);
    row.append(label);
    for (const part of ["up", "down"]) {
      const button = document.createElement("button");
      button.type = "button";
      button.dataset["part"] = part;
      row.append(button);
    }
    list.append(row);
  }
  const said = document.createElement("p");
  said.dataset["part"] = "said";
  host.append(list, said);
  document.body.replaceChildren(host);
  return host;
}
function order(host: HTMLElement): string {
  return [...host.querySelectorAll<HTMLInputElement>("input")].map((box) => box.value).join("");
}

let host: HTMLElement;
beforeEach(() => {
  host = build();
});

test("buttons move a row, and say so", () => {
  host.querySelectorAll<HTMLButtonElement>('[data-part="down"]')[0]?.click();
  expect(order(host)).toBe("bac");
  expect(host.querySelector('[data-part="said"]')?.textContent).toBe("a:2");
  host.querySelectorAll<HTMLButtonElement>('[data-part="up"]')[2]?.click();
  expect(order(host)).toBe("bca");
});
test("the first row goes no further up", () => {
  host.querySelectorAll<HTMLButtonElement>('[data-part="up"]')[0]?.click();
  expect(order(host)).toBe("abc");
});
test("Alt with an arrow moves the row of the focus", () => {
  const box = host.querySelectorAll<HTMLInputElement>("input")[2];
  box?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp", altKey: true, bubbles: true }));
  expect(order(host)).toBe("acb");
  box?.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowUp", bubbles: true }));
  expect(order(host)).toBe("acb");
});
