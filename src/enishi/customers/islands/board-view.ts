/**
 * `<board-view data-by="owner" data-base="/customers/">` around columns with lists `ul[data-group]` of cards: a card that may be moved
 * is dragged into another column, by mouse or, after a moment, by finger. It stands there at once; the server's word brings it back
 * where it refuses. The menu of a card does the same by keyboard. What changed otherwise is asked for again. Count and sum of a column
 * go with its cards.
 */
import htmx from "@frontend/lib/htmx";
import Sortable from "sortablejs";

interface Changed {
  rows?: string[];
}
interface Moved {
  card: HTMLElement;
  from: HTMLElement;
  before: Element | null;
}

/** The count of a column with cards more or less; what is not counted to the end stays as it is. */
export function counted(count: string | undefined, by: number): number | null {
  const now = Number(count);
  return count === undefined || Number.isNaN(now) ? null : Math.max(0, now + by);
}

/** Yen as the server writes them. */
export function yen(amount: number): string {
  return `${amount < 0 ? "−" : ""}¥${Math.abs(amount).toLocaleString("en")}`;
}

class BoardView extends HTMLElement {
  #awake = new AbortController();
  #lists: Sortable[] = [];
  #moved = new Map<string, Moved>();

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    this.#dress();
    this.addEventListener("htmx:after:swap", () => { this.#dress(); }, { signal });
    document.addEventListener("enishi:cells", (event) => { this.#changed((event as CustomEvent<Changed>).detail); }, { signal });
    document.addEventListener("enishi:stays", (event) => { this.#goBack((event as CustomEvent<{ number: string }>).detail.number); }, { signal });
  }
  disconnectedCallback(): void {
    this.#awake.abort();
    this.#lists.forEach((list) => { list.destroy(); });
  }

  #dress(): void {
    this.#lists.forEach((list) => { list.destroy(); });
    this.#lists = [...this.querySelectorAll<HTMLElement>("ul[data-group]")].map(
      (list) =>
        new Sortable(list, {
          group: "board",
          sort: false,
          draggable: ".board-card[data-movable]",
          delay: 250, // with a finger: else nobody could scroll
          delayOnTouchOnly: true,
          animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 120,
          onEnd: (event) => { this.#dropped(event.item, event.from, event.to, event.oldIndex ?? 0); },
        }),
    );
  }

  #dropped(card: HTMLElement, from: HTMLElement, to: HTMLElement, place: number): void {
    const number = card.dataset["number"] ?? "";
    const [source, target] = [from.dataset["group"] ?? "", to.dataset["group"] ?? ""];
    if (source === target) return;
    this.#moved.set(number, { card, from, before: from.children[place] ?? null });
    this.#count(from, -1, card);
    this.#count(to, 1, card);
    const url = `${this.dataset["base"] ?? ""}${number}/board/${this.dataset["by"] ?? ""}/`;
    const values = { from: source, to: target, dragged: "1" };
    // Each card asks for itself: of one element htmx keeps one request waiting, and drops the rest.
    void htmx.ajax("POST", url, { source: card, target: "#dialog-host", swap: "none", values }).catch(() => { this.#goBack(number); });
  }

  #count(list: HTMLElement, by: number, card: HTMLElement): void {
    const column = list.closest(".board-column");
    const sum = column?.querySelector<HTMLElement>('[data-part="sum"]');
    if (sum) {
      const amount = Number(sum.dataset["sum"]) + by * Number(card.dataset["amount"] ?? 0);
      sum.dataset["sum"] = String(amount);
      sum.textContent = yen(amount);
    }
    const words = column?.querySelector<HTMLElement>('[data-part="count"]');
    const count = counted(words?.dataset["count"], by);
    if (!words || count === null) return;
    words.dataset["count"] = String(count);
    words.textContent = count.toLocaleString("en");
  }

  #goBack(number: string): void {
    const moved = this.#moved.get(number);
    if (!moved) return;
    this.#moved.delete(number);
    const to = moved.card.closest<HTMLElement>("ul[data-group]");
    if (to) this.#count(to, -1, moved.card);
    this.#count(moved.from, 1, moved.card);
    moved.from.insertBefore(moved.card, moved.before?.parentElement === moved.from ? moved.before : null);
  }

  /** A card that was dragged stands where it is; for anything else the board is read again, where one was looking. */
  #changed({ rows = [] }: Changed): void {
    const dragged = rows.length > 0 && rows.every((number) => this.#moved.delete(number));
    if (dragged || rows.length === 0) return;
    const [left, page] = [this.scrollLeft, window.scrollY];
    const headers = { "HX-Target": "div#customer-list" };
    void htmx.ajax("GET", location.href, { source: this, target: "#customer-list", swap: "innerHTML", headers }).then(() => {
      const board = document.querySelector("board-view");
      if (board) board.scrollLeft = left;
      window.scrollTo({ top: page });
    });
  }
}
customElements.define("board-view", BoardView);
