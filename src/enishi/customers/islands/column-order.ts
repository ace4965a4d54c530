/**
 * `<column-order data-moved="{name} を {place}番目に移しました">` around an `<ol>` of columns: each can be dragged to another place, or moved by
 * its buttons and by Alt with an arrow key. The order of the boxes in the page is what the form sends.
 */

/** The place that a row at `from` of `count` gets when it moves by `step`; the ends hold. */
export function placeAfter(from: number, step: number, count: number): number {
  return Math.max(0, Math.min(count - 1, from + step));
}

/** Whether a row dragged to `y` belongs before the one that spans `top` to `bottom`. */
export function isUpperHalf(y: number, top: number, bottom: number): boolean {
  return y < (top + bottom) / 2;
}

/** The words of a move. */
export function moveWords(pattern: string, name: string, place: number): string {
  return pattern.replace("{place}", String(place)).replace("{name}", () => name);
}

class ColumnOrder extends HTMLElement {
  #awake = new AbortController();
  #dragged: HTMLElement | null = null;

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    this.addEventListener("click", (event) => { this.#onClick(event); }, { signal });
    this.addEventListener("keydown", (event) => { this.#onKey(event); }, { signal });
    this.addEventListener("dragstart", (event) => { this.#onStart(event); }, { signal });
    this.addEventListener("dragover", (event) => { this.#onOver(event); }, { signal });
    this.addEventListener("drop", (event) => { event.preventDefault(); }, { signal });
    this.addEventListener("dragend", () => { this.#onEnd(); }, { signal });
  }

  disconnectedCallback(): void {
    this.#awake.abort();
  }

  get #rows(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>("ol > li")];
  }

  #rowOf(target: EventTarget | null): HTMLElement | null {
    return target instanceof Element ? target.closest<HTMLElement>("ol > li") : null;
  }

  #onClick(event: MouseEvent): void {
    if (!(event.target instanceof Element)) return;
    const button = event.target.closest<HTMLElement>('[data-part="up"], [data-part="down"]');
    const row = this.#rowOf(button);
    if (button && row) this.#move(row, button.dataset["part"] === "up" ? -1 : 1, button);
  }

  #onKey(event: KeyboardEvent): void {
    if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
    const row = this.#rowOf(event.target);
    if (!row || !(event.target instanceof HTMLElement)) return;
    event.preventDefault();
    this.#move(row, event.key === "ArrowUp" ? -1 : 1, event.target);
  }

  /** Moves a row by a step, keeps the focus where it was, and says where the row stands now. */
  #move(row: HTMLElement, step: number, focused: HTMLElement): void {
    const rows = this.#rows;
    const to = placeAfter(rows.indexOf(row), step, rows.length);
    const other = rows[to];
    if (!other || other === row) return;
    if (step < 0) other.before(row);
    else other.after(row);
    focused.focus();
    row.scrollIntoView({ block: "nearest" });
    this.#say(row);
  }

  #onStart(event: DragEvent): void {
    this.#dragged = this.#rowOf(event.target);
    if (!this.#dragged) return;
    this.#dragged.dataset["dragged"] = "";
    event.dataTransfer?.setData("text/plain", "");
    if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
  }

  #onOver(event: DragEvent): void {
    if (!this.#dragged) return;
    event.preventDefault();
    const over = this.#rowOf(event.target);
    if (!over || over === this.#dragged) return;
    const { top, bottom } = over.getBoundingClientRect();
    if (isUpperHalf(event.clientY, top, bottom)) over.before(this.#dragged);
    else over.after(this.#dragged);
  }

  #onEnd(): void {
    const row = this.#dragged;
    this.#dragged = null;
    if (!row) return;
    delete row.dataset["dragged"];
    this.#say(row);
  }

  #say(row: HTMLElement): void {
    const said = this.querySelector('[data-part="said"]');
    const name = row.querySelector("label")?.textContent.trim() ?? "";
    if (said) said.textContent = moveWords(this.dataset["moved"] ?? "", name, this.#rows.indexOf(row) + 1);
  }
}
customElements.define("column-order", ColumnOrder);
