import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { endingOf, percentOf } from "./file-upload";

test("a cut line and a server in trouble may be tried again, a refusal not", () => {
  expect([0, 500, 503].map(endingOf)).toEqual(["cut", "cut", "cut"]);
  expect([403, 404, 409, 422].map(endingOf)).toEqual(["refused", "refused", "refused", "refused"]);
  expect([200, 204].map(endingOf)).toEqual(["done", "done"]);
});
test("the share never passes a hundred and knows an empty file", () => {
  expect([percentOf(1, 3), percentOf(3, 3), percentOf(4, 3), percentOf(0, 0)]).toEqual([33, 100, 100, 0]);
});

/** Stands for the browser's request: what was sent, and an answer when the test gives one. */
class Sending extends EventTarget {
  static all: Sending[] = [];
  status = 0;
  responseText = "";
  upload = new EventTarget();
  file: File | null = null;
  #type = "text/html";
  open = vi.fn();
  setRequestHeader = vi.fn();
  abort = vi.fn();
  constructor() {
    super();
    Sending.all.push(this);
  }
  send(form: FormData): void {
    this.file = form.get("file") as File;
  }
  getResponseHeader(): string {
    return this.#type;
  }
  answer(status: number, text: string, type = "text/html"): void {
    [this.status, this.responseText, this.#type] = [status, text, type];
    this.dispatchEvent(new Event("loadend"));
  }
}

const line = (id: number): string => `<li class="kept">${String(id)}.pdf<input type="hidden" name="cf_1" value="${String(id)}"><button type="button" data-part="drop"></button></li>`;

function build(most: number, kept = ""): { form: HTMLFormElement; choose: (...names: string[]) => void; ids: () => FormDataEntryValue[] } {
  const markup = `<form><file-upload data-url="/hold/" data-limit="1000" data-most="${String(most)}" data-too-many="多すぎます">
    <ul data-part="kept">${kept}</ul><ul data-part="queue"></ul><input type="file">
    <template><li><span data-part="name"></span><span data-part="words"></span><progress data-part="progress"></progress><button data-part="again"></button><button data-part="close"></button></li></template></file-upload></form>`;
  document.body.replaceChildren(...new DOMParser().parseFromString(markup, "text/html").body.childNodes);
  const form = document.querySelector("form") as HTMLFormElement;
  return {
    form,
    choose: (...names) => {
      const input = form.querySelector('input[type="file"]') as HTMLInputElement;
      Object.defineProperty(input, "files", { configurable: true, value: names.map((name) => new File(["x"], name)) });
      input.dispatchEvent(new Event("change", { bubbles: true }));
    },
    ids: () => new FormData(form).getAll("cf_1"),
  };
}

describe("in a form", () => {
  beforeEach(() => {
    Sending.all = [];
    vi.stubGlobal("XMLHttpRequest", Sending);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
    document.body.replaceChildren();
  });

  test("what the server took is a line of the form, and is taken out again", () => {
    const { choose, ids, form } = build(3);
    choose("a.pdf", "b.pdf");
    Sending.all[0]?.answer(201, line(1));
    Sending.all[1]?.answer(201, line(2));
    expect(ids()).toEqual(["1", "2"]);
    form.querySelector<HTMLElement>('[data-part="drop"]')?.click();
    expect(ids()).toEqual(["2"]);
  });
  test("a file that was chosen before this script was there is sent as well", () => {
    const { form } = build(3);
    const upload = form.querySelector("file-upload") as HTMLElement;
    upload.remove();
    Object.defineProperty(upload.querySelector("input"), "files", { configurable: true, value: [new File(["x"], "a.pdf")] });
    form.append(upload);
    expect(Sending.all.map((sending) => sending.file?.name)).toEqual(["a.pdf"]);
  });
  test("one file alone takes the place of the one before; of more there is an end, told before anything is sent", () => {
    const one = build(1, line(7));
    one.choose("a.pdf", "b.pdf");
    expect(Sending.all.map((sending) => sending.file?.name)).toEqual(["b.pdf"]);
    Sending.all[0]?.answer(201, line(8));
    expect(one.ids()).toEqual(["8"]);
    const two = build(2, line(1) + line(2));
    two.choose("c.pdf");
    expect([Sending.all.length, document.querySelector('[data-part="words"]')?.textContent]).toEqual([1, "多すぎます"]);
  });
  test("a form that is sent meanwhile waits for its files, and stays where one was refused", () => {
    const { choose, form } = build(3);
    const submitted = vi.fn((event: Event) => { event.preventDefault(); });
    form.addEventListener("submit", submitted);
    choose("a.pdf");
    form.requestSubmit();
    expect(submitted).not.toHaveBeenCalled();
    Sending.all[0]?.answer(201, line(1));
    expect(submitted).toHaveBeenCalledOnce();
    choose("b.exe");
    form.requestSubmit();
    Sending.all[1]?.answer(422, "受け付けていません", "text/plain");
    expect(submitted).toHaveBeenCalledOnce();
  });
});
