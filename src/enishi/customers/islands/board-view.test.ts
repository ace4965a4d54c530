import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { counted, yen } from "./board-view";

type End = (event: { item: HTMLElement; from: HTMLElement; to: HTMLElement; oldIndex: number }) => void;
const ends = vi.hoisted(() => ({ all: [] as End[] }));
const ajax = vi.hoisted(() => vi.fn<(verb: string, path: string, options: Record<string, unknown>) => Promise<void>>());
vi.mock("@frontend/lib/htmx", () => ({ default: { ajax } }));
vi.mock("sortablejs", () => ({
  default: class {
    constructor(_list: HTMLElement, options: { onEnd: End }) { ends.all.push(options.onEnd); }
    destroy(): void { /* nothing is held */ }
  },
}));

const column = (group: string, count: string, cards: string): string =>
  `<section class="board-column"><span data-part="count"${count}></span><span data-part="sum" data-sum="${group === "" ? "12000" : "-500"}"></span><ul data-group="${group}">${cards}</ul></section>`;
const card = (n: number): string => `<li class="board-card" data-movable data-number="C-00000${String(n)}"${n === 1 ? ' data-amount="9800"' : ""}></li>`;

function build(): { list: (group: string) => HTMLElement; words: (group: string) => string; drop: (n: number, from: string, to: string) => void } {
  const markup = `<div id="customer-list"><board-view data-by="owner" data-base="/customers/">${column("", ' data-count="2"', card(1) + card(2))}${column("7", ' data-count="1204"', "")}${column("8", "", "")}</board-view></div>`;
  document.body.replaceChildren(...new DOMParser().parseFromString(markup, "text/html").body.childNodes);
  const list = (group: string): HTMLElement => document.querySelector(`ul[data-group="${group}"]`) as HTMLElement;
  return {
    list,
    words: (group) => list(group).closest("section")?.querySelector("span")?.textContent ?? "",
    drop: (n, from, to) => {
      const item = document.querySelector(`[data-number="C-00000${String(n)}"]`) as HTMLElement;
      const oldIndex = [...list(from).children].indexOf(item);
      list(to).append(item); // as the browser leaves it
      ends.all[0]?.({ item, from: list(from), to: list(to), oldIndex });
    },
  };
}

beforeEach(() => {
  ends.all = [];
  ajax.mockReset().mockImplementation(() => Promise.resolve());
  window.matchMedia = (() => ({ matches: true })) as unknown as typeof window.matchMedia;
  window.scrollTo = vi.fn();
});
afterEach(() => { document.body.replaceChildren(); });

test("a count follows the cards, unless it was not counted to the end", () => {
  expect([counted("2", -1), counted("0", -1), counted(undefined, 1)]).toEqual([1, 0, null]);
});
test("a card that is dropped says from where to where, and both columns count it", () => {
  const board = build();
  board.drop(1, "", "7");
  expect(ajax.mock.calls[0]?.slice(0, 2)).toEqual(["POST", "/customers/C-000001/board/owner/"]);
  expect(ajax.mock.calls[0]?.[2]["values"]).toEqual({ from: "", to: "7", dragged: "1" });
  expect([board.words(""), board.words("7")]).toEqual(["1", "1,205"]);
  document.dispatchEvent(new CustomEvent("enishi:cells", { detail: { rows: ["C-000001"] } }));
  expect(ajax).toHaveBeenCalledOnce();
});
test("the sums of both columns follow a card, and follow it back", () => {
  const board = build();
  const sums = (): (string | null | undefined)[] => ["", "7"].map((group) => board.list(group).closest("section")?.querySelector('[data-part="sum"]')?.textContent);
  board.drop(1, "", "7");
  expect(sums()).toEqual(["¥2,200", "¥9,300"]);
  document.dispatchEvent(new CustomEvent("enishi:stays", { detail: { number: "C-000001" } }));
  expect(sums()).toEqual(["¥12,000", "−¥500"]);
  expect(yen(1234567)).toBe("¥1,234,567");
});
test("what the server refuses goes back to its place", () => {
  const board = build();
  board.drop(1, "", "8");
  document.dispatchEvent(new CustomEvent("enishi:stays", { detail: { number: "C-000001" } }));
  expect([...board.list("").children].map((one) => (one as HTMLElement).dataset["number"])).toEqual(["C-000001", "C-000002"]);
  expect([board.words(""), board.words("8")]).toEqual(["2", ""]);
});
test("dropped where it was, nothing is sent; what others changed is read again", () => {
  const board = build();
  board.drop(2, "", "");
  expect(ajax).not.toHaveBeenCalled();
  document.dispatchEvent(new CustomEvent("enishi:cells", { detail: { rows: ["C-000009"] } }));
  expect(ajax.mock.calls[0]?.[0]).toBe("GET");
});
