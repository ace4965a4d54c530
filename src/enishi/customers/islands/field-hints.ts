/**
 * `<field-hints data-url="/customers/hints/" data-fields="family_name street" data-kind="company">` around fields of a form
 *
 * What the input standards say of a text that was just typed stands below it, with one press to put it right. The server judges; it
 * answers JSON, field by field. `data-kind` where the form does not ask for it. Nothing keeps anybody from typing on or from saving.
 */
import { csrfToken } from "@frontend/lib/templates";

export interface Hint {
  words: string;
  tone: string;
  text: string; // the right writing, "" where only the writer knows it
  act: string; // what the button for it says
}
export type Hints = Record<string, Hint[]>;
type Control = HTMLInputElement | HTMLTextAreaElement;

const WAIT = 500; // milliseconds after the last letter

/** The texts that were typed anew, by field: what stood there when the page came is nobody's matter today. */
export function typedAnew(controls: Iterable<Control>): Map<string, string> {
  const found = new Map<string, string>();
  for (const control of controls) {
    if (control.value.trim() !== "" && control.value !== control.defaultValue) found.set(control.name, control.value);
  }
  return found;
}

/** One hint as it stands below its field. */
export function lineOf(hint: Hint): HTMLElement {
  const line = document.createElement("p");
  line.className = "hint";
  line.dataset["tone"] = hint.tone;
  const words = document.createElement("span");
  words.textContent = hint.words;
  line.append(words);
  if (hint.text) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "hint-act";
    button.dataset["text"] = hint.text;
    button.textContent = hint.act;
    line.append(button);
  }
  return line;
}

let places = 0;

class FieldHints extends HTMLElement {
  #awake = new AbortController();
  #asking = new AbortController();
  #timer = 0;
  #shown = "";
  #places = new Map<string, HTMLElement>();

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    if (!this.dataset["fields"]) return;
    for (const control of this.#controls()) this.#prepare(control);
    this.addEventListener("input", (event) => { if (!(event).isComposing) this.#soon(WAIT); }, { signal });
    this.addEventListener("compositionend", () => { this.#soon(WAIT); }, { signal });
    this.addEventListener("change", () => { this.#soon(0); }, { signal });
    this.addEventListener("click", (event) => { this.#putRight(event); }, { signal });
  }

  disconnectedCallback(): void {
    this.#awake.abort();
    this.#asking.abort();
    window.clearTimeout(this.#timer);
  }

  #controls(): Control[] {
    const names = (this.dataset["fields"] ?? "").split(" ");
    const texts = this.querySelectorAll<Control>('input[type="text"], textarea');
    return [...texts].filter((control) => names.includes(control.name) && !control.readOnly && !control.disabled);
  }

  /** A place below the field that is read out when something comes to stand in it. */
  #prepare(control: Control): void {
    const place = document.createElement("div");
    place.className = "hints";
    place.id = `hints-${String(++places)}`;
    place.setAttribute("aria-live", "polite");
    (control.closest(".input-group") ?? control).after(place);
    this.#places.set(control.name, place);
  }

  #soon(wait: number): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#ask(), wait);
  }

  async #ask(): Promise<void> {
    const typed = typedAnew(this.#controls());
    const kind = this.dataset["kind"] ?? this.querySelector<HTMLInputElement>('[name="kind"]:checked')?.value ?? "person";
    const body = new URLSearchParams([["kind", kind], ...typed]);
    if (body.toString() === this.#shown) return;
    this.#shown = body.toString();
    this.#asking.abort();
    const { signal } = (this.#asking = new AbortController());
    try {
      this.#show(typed.size ? await this.#answer(body, signal) : {});
    } catch {
      this.#shown = ""; // no network, or somebody typed on: the next letter asks again
    }
  }

  async #answer(body: URLSearchParams, signal: AbortSignal): Promise<Hints> {
    const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
    const answer = await fetch(this.dataset["url"] ?? "", { method: "POST", mode: "same-origin", headers, body, signal });
    return answer.ok ? ((await answer.json()) as Hints) : {};
  }

  #show(hints: Hints): void {
    for (const [name, place] of this.#places) {
      place.replaceChildren(...(hints[name] ?? []).map(lineOf));
      const control = this.#controls().find((one) => one.name === name);
      const others = (control?.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== place.id);
      control?.setAttribute("aria-describedby", [...others, ...(place.childElementCount ? [place.id] : [])].join(" "));
      if (control?.getAttribute("aria-describedby") === "") control.removeAttribute("aria-describedby");
    }
  }

  #putRight(event: Event): void {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>(".hint-act") : null;
    const place = button?.closest(".hints");
    const name = [...this.#places].find(([, one]) => one === place)?.[0];
    const control = this.#controls().find((one) => one.name === name);
    if (!button || !control) return;
    control.value = button.dataset["text"] ?? control.value;
    control.focus();
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
customElements.define("field-hints", FieldHints);
