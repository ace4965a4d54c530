/**
 * `<list-selection data-total="12430">` around a list: check boxes named `ids`, Shift takes a range, "all that match"
 * sets the hidden field `selection` to `all`, and the bar appears while anything is chosen.
 */

/** The places between two presses, both included, in either direction. */
export function rangeBetween(from: number, to: number): number[] {
  const [first, last] = from < to ? [from, to] : [to, from];
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

/** How the box over the whole page stands: "all", "some" or "none" of it chosen. */
export function pageState(chosen: number, count: number): "all" | "some" | "none" {
  if (chosen === 0 || count === 0) return "none";
  return chosen === count ? "all" : "some";
}

class ListSelection extends HTMLElement {
  #awake = new AbortController();
  #last = -1;
  #all = false;

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    this.addEventListener("click", (event) => { this.#onClick(event); }, { signal });
    this.addEventListener("change", (event) => { this.#onChange(event); }, { signal });
    document.addEventListener("htmx:after:swap", () => { this.#show(); }, { signal });
    this.#show();
  }

  disconnectedCallback(): void {
    this.#awake.abort();
  }

  get #boxes(): HTMLInputElement[] {
    return [...this.querySelectorAll<HTMLInputElement>('input[type="checkbox"][name="ids"]')];
  }
  #part(name: string): HTMLElement | null {
    return this.querySelector(`[data-part="${name}"]`);
  }

  #onClick(event: MouseEvent): void {
    if (!(event.target instanceof Element)) return;
    const box = event.target.closest<HTMLInputElement>('input[name="ids"]');
    if (box) {
      const at = this.#boxes.indexOf(box);
      if (event.shiftKey && this.#last >= 0) {
        for (const place of rangeBetween(this.#last, at)) {
          const other = this.#boxes[place];
          if (other) other.checked = box.checked;
        }
      }
      this.#last = at;
      this.#all = false;
    } else if (event.target.closest('[data-part="all"]')) {
      this.#choosePage(true);
      this.#all = true;
      // What was pressed goes out of sight: whoever walks by keyboard stands at what can be done now.
      this.#part("bar")?.querySelector<HTMLElement>(".button:not([data-part])")?.focus();
    } else if (event.target.closest('[data-part="clear"]')) {
      this.#choosePage(false);
      this.#all = false;
      this.#boxes[0]?.focus();
    } else return;
    this.#show();
  }

  #onChange(event: Event): void {
    if (!(event.target instanceof HTMLInputElement) || event.target.dataset["part"] !== "page") return;
    this.#all = false;
    this.#choosePage(event.target.checked);
    this.#show();
  }

  #choosePage(chosen: boolean): void {
    this.#boxes.forEach((box) => { box.checked = chosen; });
  }

  #show(): void {
    const chosen = this.#boxes.filter((box) => box.checked).length;
    const state = pageState(chosen, this.#boxes.length);
    const bar = this.#part("bar");
    if (bar) bar.hidden = chosen === 0;
    this.querySelectorAll<HTMLInputElement>('input[data-part="page"]').forEach((box) => {
      box.checked = state === "all";
      box.indeterminate = state === "some";
    });
    const scope = this.#part("scope");
    if (scope instanceof HTMLInputElement) scope.value = this.#all ? "all" : "some";
    const count = this.#part("count");
    if (count) count.textContent = this.#all ? (this.dataset["total"] ?? "") : chosen.toLocaleString("ja-JP");
    const all = this.#part("all");
    if (all) all.hidden = this.#all;
  }
}
customElements.define("list-selection", ListSelection);
