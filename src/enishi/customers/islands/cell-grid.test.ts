import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { numberIn, textOf } from "./cell-grid";

type Ajax = (verb: string, path: string, options: { target: Element }) => Promise<void>;
const ajax = vi.hoisted(() => vi.fn<Ajax>());
vi.mock("@frontend/lib/htmx", () => ({ default: { ajax, process: vi.fn() } }));

/** Put markup in the place of what an element holds, as a swap does. */
const fill = (element: Element, markup: string): void => {
  element.replaceChildren(...new DOMParser().parseFromString(markup, "text/html").body.childNodes);
};

const EDITOR = '<form><input name="phone" value="03-1234-5678"><button>保存する</button></form>';

/** Three rows with a box, a name, a column that opens and one that does not. */
function build(on = true): HTMLElement {
  const rows = [1, 2, 3].map(
    (n) => `<tr><td><input type="checkbox" name="ids" value="${n}"></td>
      <td data-col="name"><button class="star"></button><a class="opens" href="/customers/C-00000${n}/"><ruby>山田 ${n}<rt>やまだ</rt></ruby></a><small>C-00000${n}</small></td>
      <td>090-${n}</td><td class="num">¥${n}</td></tr>`,
  );
  fill(document.body, `<button id="switch" aria-pressed="${String(on)}"></button>
    <cell-grid data-url="/customers/cells/" data-base="/customers/" data-keep="/appearance/" switch="switch">
      <div data-part="tools" hidden><button data-part="undo" disabled></button></div><div id="cell-editor" popover="manual"></div>
      <form data-part="paste-form"><input name="rows"><input name="cols"><input name="height"><input name="width"><input type="hidden" name="text"></form>
      <form data-part="fill-form"><input name="rows"><input name="cols"></form>
      <form data-part="clear-form"><input name="rows"><input name="cols"></form>
      <table class="list"><colgroup><col><col data-key="name" data-opens><col data-key="phone" data-opens><col data-key="sales"></colgroup>
      <tbody>${rows.join("")}</tbody></table></cell-grid><div id="dialog-host"></div>`);
  return document.querySelector("cell-grid") as HTMLElement;
}
const at = (row: number, col: number): HTMLTableCellElement =>
  document.querySelectorAll("tbody tr")[row]?.children[col] as HTMLTableCellElement;
const press = (key: string, more: KeyboardEventInit = {}): void => {
  document.activeElement?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
};
const choose = (row: number, col: number, more: MouseEventInit = {}): void => {
  at(row, col).dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true, button: 0, ...more }));
  document.dispatchEvent(new MouseEvent("mouseup"));
};
const chosen = (): string[] => [...document.querySelectorAll("td[aria-selected]")].map((cell) => cell.textContent.trim());
const fields = (part: string): Record<string, unknown> => Object.fromEntries(new FormData(document.querySelector(`[data-part="${part}"]`) as HTMLFormElement));
const clipboard = (type: string, text = ""): { event: Event; got: () => string } => {
  let held = text;
  const event = new Event(type, { bubbles: true, cancelable: true });
  Object.defineProperty(event, "clipboardData", { value: { getData: () => held, setData: (_kind: string, said: string) => { held = said; } } });
  return { event, got: () => held };
};

beforeEach(() => {
  window.matchMedia = ((query: string) => ({ matches: query.includes("hover") })) as unknown as typeof window.matchMedia;
  HTMLElement.prototype.showPopover = function (this: HTMLElement): void { this.toggleAttribute("data-shown", true); };
  HTMLElement.prototype.hidePopover = function (this: HTMLElement): void { this.removeAttribute("data-shown"); };
  // The browser of the tests has no popovers: what is shown is told by an attribute.
  const matches = Reflect.get(Element.prototype, "matches") as (this: Element, selector: string) => boolean;
  vi.spyOn(Element.prototype, "matches").mockImplementation(function (this: Element, selector: string) {
    return matches.call(this, selector.replace(":popover-open", "[data-shown]"));
  });
  ajax.mockReset().mockImplementation((verb, _path, options) => {
    if (verb === "GET") fill(options.target, EDITOR);
    return Promise.resolve();
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

test("a row is known by the number in its link, a cell by what it says", () => {
  expect(numberIn("/customers/C-000042/")).toBe("C-000042");
  build();
  expect(textOf(at(0, 1))).toBe("山田 1");
  fill(at(0, 2), '<span class="none">―</span>');
  expect(textOf(at(0, 2))).toBe("");
  fill(at(0, 2), '<span class="tag">常連</span> <span class="tag">卸</span><small>+1</small>');
  expect(textOf(at(0, 2))).toBe("常連、卸");
});
test("one stop of the Tab key, arrows walk, and Shift selects", () => {
  build();
  expect(document.querySelectorAll("tbody [tabindex='0']").length).toBe(1);
  choose(0, 2);
  press("ArrowDown");
  expect(document.activeElement).toBe(at(1, 2));
  press("ArrowDown", { shiftKey: true });
  press("ArrowRight", { shiftKey: true });
  expect(chosen()).toEqual(["090-2", "¥2", "090-3", "¥3"]);
  press("Escape");
  expect(chosen()).toEqual([]);
});
test("switched off it is the list that it was", () => {
  build(false);
  choose(0, 2);
  expect(document.querySelector("table")?.getAttribute("role")).toBeNull();
  expect(document.querySelectorAll("tbody [tabindex]").length).toBe(0);
});
test("on a phone nothing changes, whatever was kept", () => {
  window.matchMedia = (() => ({ matches: true })) as unknown as typeof window.matchMedia;
  build();
  expect(document.querySelector("table")?.getAttribute("role")).toBeNull();
});
test("Shift and a press selects a rectangle, which is copied as spreadsheets paste it", () => {
  build();
  choose(0, 1);
  choose(1, 2, { shiftKey: true });
  const { event, got } = clipboard("copy");
  at(1, 2).dispatchEvent(event);
  expect(got()).toBe("山田 1\t090-1\r\n山田 2\t090-2");
  expect(event.defaultPrevented).toBe(true);
});
test("a paste names the rows below and the columns to the right of where it begins", () => {
  const grid = build();
  const submit = vi.fn((event: Event) => { event.preventDefault(); });
  grid.addEventListener("submit", submit);
  choose(1, 2);
  at(1, 2).dispatchEvent(clipboard("paste", "a\tb\r\n").event);
  expect(fields("paste-form")).toEqual({ rows: "C-000002,C-000003", cols: "phone,sales", height: "1", width: "1", text: "a\tb\r\n" });
  expect(submit).toHaveBeenCalledOnce();
});
test("copying down names the first row as the source; a single row takes the one above", () => {
  const grid = build();
  grid.addEventListener("submit", (event) => { event.preventDefault(); });
  choose(0, 2);
  press("ArrowDown", { shiftKey: true });
  press("d", { ctrlKey: true });
  expect(fields("fill-form")).toEqual({ rows: "C-000001,C-000002", cols: "phone" });
  choose(2, 2);
  press("d", { ctrlKey: true });
  expect(fields("fill-form")).toEqual({ rows: "C-000002,C-000003", cols: "phone" });
});
test("F2 opens a cell; Escape gives it back; what was typed goes on with Enter, and one stands below once it is saved", async () => {
  const grid = build();
  const submit = vi.fn((event: Event) => { event.preventDefault(); });
  grid.addEventListener("submit", submit);
  choose(0, 2);
  press("F2");
  await vi.waitFor(() => { expect(document.activeElement).toBeInstanceOf(HTMLInputElement); });
  expect(ajax.mock.calls[0]?.[1]).toBe("/customers/C-000001/cells/phone/");
  press("Escape");
  expect(document.activeElement).toBe(at(0, 2));
  press("F2");
  await vi.waitFor(() => { expect(document.activeElement).toBeInstanceOf(HTMLInputElement); });
  (document.activeElement as HTMLInputElement).value = "03-9999-9999";
  press("Enter", { isComposing: true });
  expect(submit).not.toHaveBeenCalled();
  press("Enter");
  expect(submit).toHaveBeenCalledOnce();
  document.dispatchEvent(new CustomEvent("enishi:cells", { detail: { rows: [], undo: "/undo/1/" } }));
  expect(document.activeElement).toBe(at(1, 2));
  press("z", { ctrlKey: true });
  expect(ajax.mock.calls.at(-1)?.slice(0, 2)).toEqual(["POST", "/undo/1/"]);
});
test("a refusal is read from its field; what else changes on the page leaves the typing alone", async () => {
  build();
  choose(0, 2);
  press("F2");
  await vi.waitFor(() => { expect(document.activeElement).toBeInstanceOf(HTMLInputElement); });
  const field = document.activeElement as HTMLInputElement;
  field.setSelectionRange(1, 1);
  document.dispatchEvent(new CustomEvent("htmx:after:swap", { detail: { ctx: { target: document.getElementById("dialog-host") } } }));
  expect([field.selectionStart, field.selectionEnd]).toEqual([1, 1]);
  const editor = document.getElementById("cell-editor") as HTMLElement;
  fill(editor, EDITOR.replace("<input", '<p role="alert">だめ</p><input aria-invalid="true"'));
  document.dispatchEvent(new CustomEvent("htmx:after:swap", { detail: { ctx: { target: editor } } }));
  expect((document.activeElement as HTMLElement).getAttribute("aria-invalid")).toBe("true");
});
test("nothing typed is nothing sent: Tab only goes on", async () => {
  const grid = build();
  const submit = vi.fn();
  grid.addEventListener("submit", submit);
  choose(0, 2);
  press("F2");
  await vi.waitFor(() => { expect(document.activeElement).toBeInstanceOf(HTMLInputElement); });
  press("Tab");
  expect(document.activeElement).toBe(at(0, 3));
  expect(submit).not.toHaveBeenCalled();
});
test("a row that changed is put in its place, with the box as it was ticked", async () => {
  build();
  (at(1, 0).firstElementChild as HTMLInputElement).checked = true;
  choose(1, 2);
  const fresh = '<tr><td><input type="checkbox" name="ids"></td><td><a class="opens" href="/customers/C-000002/">山田</a></td><td>03-2222-2222</td><td></td></tr>';
  const fetched = vi.spyOn(window, "fetch").mockResolvedValue(new Response(`<tbody>${fresh}</tbody>`));
  document.dispatchEvent(new CustomEvent("enishi:cells", { detail: { rows: ["C-000002", "C-000009"], undo: "" } }));
  await vi.waitFor(() => { expect(at(1, 2).textContent).toBe("03-2222-2222"); });
  expect((at(1, 0).firstElementChild as HTMLInputElement).checked).toBe(true);
  expect(document.activeElement).toBe(at(1, 2));
  expect(fetched.mock.calls[0]?.[0]).toBe("/customers/cells/?rows=C-000002&cols=name%2Cphone%2Csales&choose=1");
});

const compose = (cell: HTMLElement, text: string): void => {
  cell.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
  fill(cell, text); // as the browser writes it while it is converted
  const end = new Event("compositionend", { bubbles: true });
  Object.defineProperty(end, "data", { value: text });
  cell.dispatchEvent(end);
};
const field = async (): Promise<HTMLInputElement> => {
  await vi.waitFor(() => { expect(document.activeElement).toBeInstanceOf(HTMLInputElement); });
  return document.activeElement as HTMLInputElement;
};

test("typing opens the cell with what was typed, also while it is on its way", async () => {
  build();
  choose(0, 2);
  press("0");
  press("3");
  press(" ");
  press("9");
  press("Backspace");
  press("1");
  expect((await field()).value).toBe("03 1");
  expect(ajax).toHaveBeenCalledOnce();
  press("Escape");
  expect(at(0, 2).textContent).toBe("090-1");
});
test("Enter that came before the cell saves it and goes on", async () => {
  const grid = build();
  const submit = vi.fn((event: Event) => { event.preventDefault(); });
  grid.addEventListener("submit", submit);
  choose(0, 2);
  press("7");
  press("Enter");
  await vi.waitFor(() => { expect(submit).toHaveBeenCalledOnce(); });
  document.dispatchEvent(new CustomEvent("enishi:cells", { detail: { rows: [] } }));
  expect(document.activeElement).toBe(at(1, 2));
});
test("a conversion from kana begins in the cell; the cell says again what it said and opens with what came of it", async () => {
  build();
  choose(0, 2);
  expect(at(0, 2).getAttribute("contenteditable")).toBe("plaintext-only");
  press("Process");
  compose(at(0, 2), "金沢");
  expect(at(0, 2).textContent).toBe("090-1");
  compose(at(0, 2), "市");
  expect((await field()).value).toBe("金沢市");
  press("Escape");
  choose(0, 3);
  expect([at(0, 2), at(0, 3)].map((cell) => cell.hasAttribute("contenteditable"))).toEqual([false, false]);
});
test("Delete empties one cell at once, and asks about many", async () => {
  const grid = build();
  grid.addEventListener("submit", (event) => { event.preventDefault(); });
  ajax.mockImplementation(() => Promise.resolve());
  choose(0, 2);
  press("Delete");
  expect(ajax.mock.calls[0]?.slice(0, 2)).toEqual(["POST", "/customers/C-000001/cells/phone/clear/"]);
  await Promise.resolve();
  expect(document.querySelector("#cell-editor")?.hasAttribute("data-shown")).toBe(false);
  press("ArrowDown", { shiftKey: true });
  press("Backspace");
  expect(fields("clear-form")).toEqual({ rows: "C-000001,C-000002", cols: "phone" });
  ajax.mockImplementation((_verb, _path, options) => { fill(options.target, EDITOR); return Promise.resolve(); });
  choose(1, 2);
  press("Delete");
  expect((await field()).value).toBe("03-1234-5678");
});
