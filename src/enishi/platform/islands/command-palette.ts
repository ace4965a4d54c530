/** `<command-palette>` around the search dialog: ⌘K or Ctrl+K opens it, the arrow keys walk the answers, Enter opens one. */

/** The index after a step through `count` answers, going round at both ends; -1 where there are none. */
export function stepped(current: number, step: number, count: number): number {
  if (count === 0) return -1;
  if (current < 0) return step > 0 ? 0 : count - 1;
  return (current + step + count) % count;
}

/** Whether a key press asks for the palette. */
export function asksForPalette(key: { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean; shiftKey: boolean; isComposing: boolean }): boolean {
  return key.key.toLowerCase() === "k" && (key.ctrlKey || key.metaKey) && !key.altKey && !key.shiftKey && !key.isComposing;
}

class CommandPalette extends HTMLElement {
  #awake = new AbortController();

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    document.addEventListener("keydown", (event) => { this.#onAnyKey(event); }, { signal });
    this.addEventListener("keydown", (event) => { this.#onKey(event); }, { signal });
    this.addEventListener("submit", (event) => { event.preventDefault(); this.#open(); }, { signal });
    this.addEventListener("htmx:after:swap", () => { this.#mark(0); }, { signal });
    this.addEventListener("toggle", () => this.#input?.select(), { signal, capture: true });
  }

  disconnectedCallback(): void {
    this.#awake.abort();
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector("dialog");
  }
  get #input(): HTMLInputElement | null {
    return this.querySelector("input");
  }
  get #answers(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>('[role="option"]:not([aria-disabled="true"])')];
  }

  #onAnyKey(event: KeyboardEvent): void {
    if (!asksForPalette(event)) return;
    event.preventDefault();
    if (this.#dialog?.open === false) this.#dialog.showModal();
    this.#input?.select();
  }

  #onKey(event: KeyboardEvent): void {
    if (event.isComposing || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    const current = this.#answers.findIndex((answer) => answer.getAttribute("aria-selected") === "true");
    this.#mark(stepped(current, event.key === "ArrowDown" ? 1 : -1, this.#answers.length));
  }

  #mark(index: number): void {
    this.#answers.forEach((answer, at) => {
      answer.id ||= `palette-answer-${at}`;
      answer.setAttribute("aria-selected", String(at === index));
      if (at !== index) return;
      answer.scrollIntoView({ block: "nearest" });
      this.#input?.setAttribute("aria-activedescendant", answer.id);
    });
  }

  #open(): void {
    const chosen = this.#answers.find((answer) => answer.getAttribute("aria-selected") === "true") ?? this.#answers[0];
    chosen?.click();
  }
}
customElements.define("command-palette", CommandPalette);
