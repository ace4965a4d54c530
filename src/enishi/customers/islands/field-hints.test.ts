import { afterEach, expect, test, vi } from "vitest";

import { lineOf, typedAnew } from "./field-hints";

function input(name: string, before: string, now: string): HTMLInputElement {
  const control = document.createElement("input");
  control.type = "text";
  control.name = name;
  control.defaultValue = before;
  control.value = now;
  return control;
}

afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("only what was typed anew is asked about", () => {
  const controls = [input("street", "六本木１", "六本木１"), input("city", "", "港区"), input("building", "A棟", "")];
  expect([...typedAnew(controls)]).toEqual([["city", "港区"]]);
});
test("a hint without a right writing has no button", () => {
  const line = lineOf({ words: "<b>使えません</b>", tone: "refuse", text: "", act: "" });
  expect(line.querySelector("button")).toBeNull();
  expect(line.textContent).toBe("<b>使えません</b>");
});
test("one press writes what is right and asks again; what is right is told nothing", async () => {
  vi.useFakeTimers();
  const asked: string[] = [];
  vi.stubGlobal("fetch", (_url: string, { body }: { body: URLSearchParams }) => {
    asked.push(body.toString());
    const wrong = body.get("street") === "１－２";
    const hints = wrong ? { street: [{ words: "直します", tone: "fix", text: "1-2", act: "「1-2」にする" }] } : {};
    return Promise.resolve({ ok: true, json: () => Promise.resolve(hints) });
  });
  const [street, note] = [input("street", "", ""), input("note", "", "")];
  const around = document.createElement("field-hints");
  Object.assign(around.dataset, { url: "/hints/", fields: "street", kind: "person" });
  around.append(street, note);
  document.body.append(around);
  note.value = "メモ";
  note.dispatchEvent(new Event("change", { bubbles: true }));
  street.value = "１－２";
  street.dispatchEvent(new Event("change", { bubbles: true }));
  await vi.runAllTimersAsync();
  const button = document.querySelector<HTMLButtonElement>(".hints .hint-act");
  expect(street.getAttribute("aria-describedby")).toBe(document.querySelector(".hints")?.id);
  button?.click();
  await vi.runAllTimersAsync();
  expect(street.value).toBe("1-2");
  expect(document.querySelector(".hint")).toBeNull();
  expect(asked).toEqual(["kind=person&street=%EF%BC%91%EF%BC%8D%EF%BC%92", "kind=person&street=1-2"]);
});
