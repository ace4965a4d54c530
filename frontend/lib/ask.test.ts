import { afterEach, expect, test, vi } from "vitest";

import "./ask";

function ask(): { issueRequest: () => void; dropRequest: () => void } {
  const page = `
    <template id="ask"><dialog><p data-words></p><button data-close>No</button><button data-yes></button></dialog></template>
    <form><button type="submit">Revoke<span class="unseen"> (of the shop)</span></button></form>`;
  document.body.replaceChildren(...new DOMParser().parseFromString(page, "text/html").body.children);
  const answers = { issueRequest: vi.fn(), dropRequest: vi.fn() };
  const event = new CustomEvent("htmx:confirm", { bubbles: true, cancelable: true, detail: { ctx: { confirm: "Sure?" }, ...answers } });
  expect(document.querySelector("form")?.dispatchEvent(event)).toBe(false); // the browser's own question is held back
  return answers;
}

function press(selector: string): void {
  document.querySelector<HTMLElement>(`dialog ${selector}`)?.click();
}

afterEach(() => { document.body.replaceChildren(); });

test("the question is asked with the words of the form and the word of its button", () => {
  ask();
  expect(document.querySelector("body > dialog p")?.textContent).toBe("Sure?");
  expect(document.querySelector("body > dialog [data-yes]")?.textContent).toBe("Revoke");
});

test("yes lets the request go, and the dialog is gone", () => {
  const answers = ask();
  press("[data-yes]");
  expect(answers.issueRequest).toHaveBeenCalledOnce();
  expect(answers.dropRequest).not.toHaveBeenCalled();
  expect(document.querySelector("body > dialog")).toBeNull();
});

test("to close it is to say no", () => {
  const answers = ask();
  document.querySelector("dialog")?.close();
  expect(answers.dropRequest).toHaveBeenCalledOnce();
  expect(answers.issueRequest).not.toHaveBeenCalled();
});
