/**
 * `<choice-search><div data-filter-box hidden><input data-filter></div>…<fieldset data-group>…<label class="choice">`: typing leaves the choices that hold every word;
 * what is chosen stays in sight, so that nothing is sent that nobody sees.
 */

/** One writing of letters that differ in width, case or kana alone. */
export function plain(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\u30a1-\u30f6]/gu, (letter) => String.fromCodePoint((letter.codePointAt(0) ?? 0) - 0x60));
}

/** Whether a choice holds every word that was typed. */
export function isFound(choice: string, typed: string): boolean {
  const words = plain(typed).split(/\s+/u).filter(Boolean);
  return words.every((word) => plain(choice).includes(word));
}

class ChoiceSearch extends HTMLElement {
  #awake = new AbortController();

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    const box = this.querySelector("input[data-filter]");
    if (!(box instanceof HTMLInputElement)) return;
    const place = box.closest<HTMLElement>("[data-filter-box]");
    if (place) place.hidden = false;
    box.addEventListener("input", () => { this.#narrow(box.value); }, { signal });
    this.closest("form")?.addEventListener("change", (event) => { this.#openWith(event.target); }, { signal });
    box.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); }, { signal });
  }

  /** Choosing what the choices belong to (`opens-with="shows=chosen"`) opens them. */
  #openWith(changed: EventTarget | null): void {
    const details = this.closest("details");
    if (!details || !(changed instanceof HTMLInputElement)) return;
    if (`${changed.name}=${changed.value}` === this.getAttribute("opens-with")) details.open = true;
  }

  #narrow(typed: string): void {
    let found = 0;
    for (const group of this.querySelectorAll<HTMLElement>("[data-group]")) {
      let inGroup = 0;
      for (const choice of group.querySelectorAll<HTMLElement>(".choice")) {
        const isChosen = choice.querySelector<HTMLInputElement>("input")?.checked ?? false;
        choice.hidden = !isChosen && !isFound(choice.textContent, typed);
        if (!choice.hidden) inGroup += 1;
      }
      group.hidden = inGroup === 0;
      found += inGroup;
    }
    const none = this.querySelector<HTMLElement>("[data-none]");
    if (none) none.hidden = found > 0;
  }

  disconnectedCallback(): void {
    this.#awake.abort();
  }
}
customElements.define("choice-search", ChoiceSearch);
