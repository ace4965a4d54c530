/**
 * `<cell-grid data-url data-base data-keep switch="id">` around a list: its cells as a sheet that one walks and edits.
 *
 * Off, the list is what it is. On, the table is a grid: arrows walk, Shift selects, Enter, F2 or a double click opens a cell
 * (the server sends the editor), typing opens it with what is typed, Delete empties (many: with a preview), Ctrl+C copies,
 * Ctrl+V and Ctrl+D ask the server for a preview, Ctrl+Z takes back. The cell one stands at can be written into, so that a
 * conversion from kana begins there with its first letter; what comes of it is what the open cell begins with. A cell
 * is told by its row's number, which its link names, and its column's `data-key`. After a change the server says which rows
 * are out of date (`enishi:cells`), and they are asked for again.
 */
import { copied, fillRange, isTyped, moved, putInto, rangeOf, within, type CopiedCell, type Range, type Spot } from "@frontend/lib/cells";
import { withoutCode } from "@frontend/lib/code";
import { Composing } from "@frontend/lib/composing";
import htmx from "@frontend/lib/htmx";
import { placeBeside } from "@frontend/lib/popovers";
import { cloneTemplate, postForm } from "@frontend/lib/templates";

const PHONE = "(max-width: 640px)";
const BY_HAND = "(hover: hover) and (pointer: fine)"; // with a finger, a cell to write into would bring up the keyboard
const INNER = "a, button, input";

/** The customer's number at the end of a record's address: /customers/C-000042/ → C-000042. */
export function numberIn(address: string): string {
  return address.split("/").filter(Boolean).at(-1) ?? "";
}

/** What a cell says, as it is copied: no mark for nothing, no reading, no note beside it. */
export function textOf(cell: Element): string {
  const copy = cell.cloneNode(true) as Element;
  copy.querySelectorAll("rt, small, button, svg, .none, input").forEach((part) => { part.remove(); });
  const tags = [...copy.querySelectorAll(".tag")];
  return (tags.length > 0 ? tags.map((tag) => tag.textContent.trim()).join("、") : copy.textContent).trim();
}

function cellsOf(row: HTMLElement): HTMLElement[] {
  return [...row.querySelectorAll<HTMLElement>(":scope > td")];
}

/** The cell that an event is about, if it is one itself and not something in it: of the clipboard, that one stands at. */
function cellOf(event: Event): HTMLElement | null {
  const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("td") : null;
  return cell && (cell === event.target || cell === document.activeElement) ? cell : null;
}

interface Changed {
  rows?: string[];
  undo?: string;
  undone?: string;
}

class CellGrid extends HTMLElement {
  #awake = new AbortController();
  #on = false;
  #focus: Spot = { row: 0, col: 0 };
  #anchor: Spot = { row: 0, col: 0 };
  #dragging = false;
  #then: Spot | null = null; // where one goes once the open cell is saved
  #opened = "";
  #undo: string[] = [];
  #ahead: string | null = null; // typed while the cell was on its way
  #hurry: Spot | null = null; // and where Enter or Tab led meanwhile
  #composing: Composing | null = null;

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    this.#switch?.addEventListener("click", () => { this.#turn(!this.#on, true); }, { signal });
    this.addEventListener("keydown", (event) => { this.#press(event); }, { signal });
    this.addEventListener("mousedown", (event) => { this.#grasp(event); }, { signal });
    this.addEventListener("mouseover", (event) => { this.#drag(event); }, { signal });
    document.addEventListener("mouseup", () => { this.#dragging = false; }, { signal });
    this.addEventListener("dblclick", (event) => { this.#double(event); }, { signal });
    this.addEventListener("click", (event) => { this.#click(event); }, { signal });
    this.addEventListener("focusin", (event) => { this.#arrive(event); }, { signal });
    this.addEventListener("compositionstart", (event) => { this.#beginComposing(event); }, { signal });
    this.addEventListener("compositionend", (event) => { this.#endComposing(event); }, { signal });
    this.addEventListener("beforeinput", (event) => {
      if (!cellOf(event) || event.isComposing) return;
      event.preventDefault(); // a cell is written by its editor alone
      if (event.inputType === "insertText" && event.data) this.#type(event.data); // from a board of signs, or spoken
    }, { signal });
    this.addEventListener("copy", (event) => { this.#copy(event); }, { signal });
    this.addEventListener("paste", (event) => { this.#paste(event); }, { signal });
    document.addEventListener("enishi:cells", (event) => { this.#changed((event as CustomEvent<Changed>).detail); }, { signal });
    document.addEventListener("htmx:after:swap", (event) => { this.#swapped(event); }, { signal });
    document.addEventListener("mousedown", (event) => { this.#pressElsewhere(event); }, { signal });
    window.addEventListener("scroll", () => { this.#place(); }, { signal, capture: true, passive: true });
    window.addEventListener("resize", () => { this.#place(); }, { signal });
    const first = Math.max(0, this.#cols.findIndex((col) => col.dataset["key"] !== undefined));
    this.#focus = this.#anchor = { row: 0, col: first };
    this.#turn(this.#switch?.getAttribute("aria-pressed") === "true", false);
  }

  disconnectedCallback(): void {
    this.#awake.abort();
  }

  // ---- the sheet

  get #switch(): HTMLElement | null {
    return document.getElementById(this.getAttribute("switch") ?? "");
  }
  get #table(): HTMLElement | null {
    return this.querySelector("table.list");
  }
  get #rows(): HTMLElement[] {
    return [...(this.#table?.querySelectorAll<HTMLElement>("tbody > tr") ?? [])];
  }
  get #cols(): HTMLElement[] {
    return [...(this.#table?.querySelectorAll<HTMLElement>("col") ?? [])];
  }
  get #editor(): HTMLElement | null {
    return this.querySelector("#cell-editor");
  }
  get #range(): Range {
    return rangeOf(this.#anchor, this.#focus);
  }
  get #size(): { rows: number; cols: number } {
    return { rows: this.#rows.length, cols: this.#cols.length };
  }
  #part(name: string): HTMLElement | null {
    return this.querySelector(`[data-part="${name}"]`);
  }
  #cell(spot: Spot): HTMLElement | null {
    const row = this.#rows[spot.row];
    return row ? (cellsOf(row)[spot.col] ?? null) : null;
  }
  #spotOf(target: EventTarget | null): Spot | null {
    const cell = target instanceof Element ? target.closest("td") : null;
    const row = cell?.parentElement;
    if (!cell || !row || !this.#table?.contains(row)) return null;
    return { row: this.#rows.indexOf(row), col: cellsOf(row).indexOf(cell) };
  }
  #number(row: number): string {
    return numberIn(this.#rows[row]?.querySelector<HTMLAnchorElement>("a.opens")?.getAttribute("href") ?? "");
  }
  /** The columns of a range as the server calls them; the box to tick is none. */
  #keys(from: number, to: number): string[] {
    return this.#cols.slice(from, to + 1).flatMap((col) => col.dataset["key"] ?? []);
  }
  #numbers(from: number, to: number): string[] {
    return this.#rows.slice(from, to + 1).map((_row, at) => this.#number(from + at));
  }

  #turn(on: boolean, kept: boolean): void {
    this.#on = on && !window.matchMedia(PHONE).matches;
    this.#switch?.setAttribute("aria-pressed", String(on));
    if (kept) void postForm(this.dataset["keep"] ?? "", { cells: on ? "on" : "" });
    const tools = this.#part("tools");
    if (tools) tools.hidden = !this.#on;
    const copy = this.#part("copy");
    if (copy) copy.hidden = !window.isSecureContext; // elsewhere the browser lets Ctrl+C alone copy
    this.#leave();
    this.#dress();
    if (kept && this.#on) this.#go(this.#focus);
  }

  /** The table as a grid, or as the list it was. What stands in the cells is reached through them. */
  #dress(): void {
    const table = this.#table;
    if (!table) return;
    if (this.#on) {
      table.setAttribute("role", "grid");
      table.setAttribute("aria-multiselectable", "true");
    } else {
      table.removeAttribute("role");
      table.removeAttribute("aria-multiselectable");
    }
    this.#rows.forEach((row) => { this.#dressRow(row); });
    this.#focus = this.#anchor = within(this.#focus, this.#size);
    const cell = this.#cell(this.#focus);
    if (this.#on && cell) cell.tabIndex = 0;
    this.#paint();
  }

  #dressRow(row: HTMLElement): void {
    row.querySelectorAll<HTMLElement>(INNER).forEach((inner) => {
      inner.removeAttribute("tabindex");
      inner.removeAttribute("contenteditable");
      if (!this.#on) return;
      inner.tabIndex = -1;
      inner.setAttribute("contenteditable", "false"); // a link is followed, also in a cell to write into
    });
    for (const cell of cellsOf(row)) {
      if (this.#on) cell.tabIndex = -1;
      else cell.removeAttribute("tabindex");
      cell.removeAttribute("contenteditable");
    }
  }

  #paint(): void {
    const range = this.#range;
    const many = range.bottom > range.top || range.right > range.left;
    this.querySelectorAll("td[aria-selected]").forEach((cell) => { cell.removeAttribute("aria-selected"); });
    if (!this.#on || !many) return;
    for (let row = range.top; row <= range.bottom; row += 1)
      for (let col = range.left; col <= range.right; col += 1) this.#cell({ row, col })?.setAttribute("aria-selected", "true");
  }

  /** Stand at a cell; `extend`: the range grows to it. */
  #go(spot: Spot, extend = false): void {
    const before = this.#cell(this.#focus);
    const cell = this.#cell(spot);
    if (!cell) return;
    if (before) before.tabIndex = -1;
    before?.removeAttribute("contenteditable");
    this.#focus = spot;
    if (!extend) this.#anchor = spot;
    cell.tabIndex = 0;
    if (!this.#opens(spot.col)) cell.setAttribute("aria-readonly", "true");
    else if (window.matchMedia(BY_HAND).matches) cell.setAttribute("contenteditable", "plaintext-only");
    cell.spellcheck = false;
    cell.focus();
    if (cell.isContentEditable) getSelection()?.selectAllChildren(cell); // a conversion takes the place of what stands there
    this.#paint();
  }

  #opens(col: number): boolean {
    return this.#cols[col]?.hasAttribute("data-opens") ?? false;
  }

  #swapped(event: Event): void {
    const editor = this.#editor;
    const { ctx } = (event as CustomEvent<{ ctx?: { target?: unknown } } | null>).detail ?? {};
    if (editor?.matches(":popover-open") && ctx?.target === editor) {
      if (editor.querySelector("form")) this.#enter(); // an answer with a refusal
    } else if (this.#table && this.#on && this.#table.getAttribute("role") !== "grid") this.#dress(); // another page of the list
  }

  // ---- by keyboard

  #press(event: KeyboardEvent): void {
    if (event.isComposing) return; // the Enter that ends a conversion
    if (this.#editor?.contains(event.target as Node)) {
      this.#pressInEditor(event);
      return;
    }
    const cell = cellOf(event);
    if (!this.#on || !cell || event.altKey) return;
    const command = event.ctrlKey || event.metaKey;
    if (this.#ahead !== null && !command) {
      this.#pressAhead(event);
      return;
    }
    const to = moved(this.#focus, event.key, this.#size, command);
    if (to) this.#go(to, event.shiftKey);
    else if (command && event.key.toLowerCase() === "d") this.#fill();
    else if (command && event.key.toLowerCase() === "z") this.#back();
    else if (command && event.key.toLowerCase() === "a") this.#all();
    else if (command) return;
    else if (event.key === "F2") void this.#open(this.#focus);
    else if (event.key === "Enter") this.#act(cell);
    else if (event.key === " ") cell.querySelector<HTMLElement>("input, button")?.click();
    else if (event.key === "Escape") this.#go(this.#focus);
    else if (event.key === "Delete" || event.key === "Backspace") void this.#clear();
    else if (isTyped(event.key)) this.#type(event.key);
    else return;
    event.preventDefault();
  }

  #all(): void {
    this.#anchor = { row: 0, col: 0 };
    this.#go({ row: this.#size.rows - 1, col: this.#size.cols - 1 }, true);
  }

  /** Enter follows the name's link, and opens any other cell. */
  #act(cell: HTMLElement): void {
    const link = cell.querySelector<HTMLElement>("a.opens");
    if (link) link.click();
    else void this.#open(this.#focus);
  }

  // ---- typing into a cell that is closed

  #type(text: string): void {
    if (this.#ahead !== null) {
      this.#ahead += text;
      return;
    }
    this.#ahead = text;
    void this.#open(this.#focus);
  }

  /** The cell is on its way: what is pressed meanwhile is meant for it. */
  #pressAhead(event: KeyboardEvent): void {
    const ahead = this.#ahead ?? "";
    const { row, col } = this.#focus;
    if (event.key === "Enter") this.#hurry = { row: row + 1, col };
    else if (event.key === "Tab") this.#hurry = { row, col: col + (event.shiftKey ? -1 : 1) };
    else if (event.key === "Backspace") this.#ahead = ahead.replace(/.$/su, "");
    else if (event.key === "Escape") this.#ahead = this.#hurry = null;
    else if (event.key === " " || isTyped(event.key)) this.#ahead = ahead + event.key;
    else return;
    event.preventDefault();
  }

  #beginComposing(event: CompositionEvent): void {
    const cell = cellOf(event);
    if (this.#on && cell) this.#composing = new Composing(cell);
  }

  /** The cell says again what it said, and opens with what was written. */
  #endComposing(event: CompositionEvent): void {
    const composing = this.#composing;
    if (!composing) return;
    this.#composing = null;
    composing.restore();
    htmx.process(composing.cell);
    if (this.#on && event.data) this.#type(event.data);
    composing.end();
  }

  /** What was typed before the cell stood open goes into it, and on where Enter led. */
  #putAhead(ahead: string): void {
    const field = this.#fields[0];
    if (field) putInto(field, ahead);
    const hurry = this.#hurry;
    this.#hurry = null;
    if (hurry) this.#save(hurry);
  }

  /** One cell is emptied at once, and a refusal opens it; of many there is a preview. */
  async #clear(): Promise<void> {
    const { top, left, bottom, right } = this.#range;
    if (bottom > top || right > left) {
      this.#ask("clear-form", this.#range, {});
      return;
    }
    const editor = this.#editor;
    if (!editor) return;
    editor.replaceChildren();
    const key = this.#cols[left]?.dataset["key"];
    if (!key) return;
    if (this.#opens(left)) {
      const url = `${this.dataset["base"] ?? ""}${this.#number(top)}/cells/${key}/clear/`;
      await htmx.ajax("POST", url, { source: this, target: editor, swap: "innerHTML" });
    } else this.#note("cell-fixed");
    if (editor.childElementCount > 0) this.#show();
  }

  #pressInEditor(event: KeyboardEvent): void {
    const target = event.target as HTMLElement;
    if (event.key === "Escape") this.#leave(this.#focus);
    else if (event.key === "Enter" && !target.matches("button, a") && (!target.matches("textarea") || event.ctrlKey || event.metaKey))
      this.#save({ row: this.#focus.row + 1, col: this.#focus.col });
    else if (event.key === "Tab" && this.#isAtEnd(target, event.shiftKey))
      this.#save({ row: this.#focus.row, col: this.#focus.col + (event.shiftKey ? -1 : 1) });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Whether Tab would leave the fields of the editor. In a note, and on its buttons, it does what it always does. */
  #isAtEnd(target: HTMLElement, back: boolean): boolean {
    const fields = this.#fields;
    const at = fields.indexOf(target);
    return at >= 0 && at === (back ? 0 : fields.length - 1);
  }

  get #fields(): HTMLElement[] {
    return [...(this.#editor?.querySelectorAll<HTMLElement>("input:not([type=hidden]), select, textarea") ?? [])];
  }

  // ---- by mouse

  #grasp(event: MouseEvent): void {
    const spot = this.#spotOf(event.target);
    if (!this.#on || !spot || event.button !== 0 || (event.target as Element).closest(INNER)) return;
    event.preventDefault(); // no text is selected
    if (this.#editor?.matches(":popover-open")) {
      if (this.#isTouched) { this.#save(spot); return; }
      this.#leave();
    }
    this.#go(spot, event.shiftKey);
    this.#dragging = true;
  }

  /** An open cell into which nothing was typed does not stay behind. */
  #pressElsewhere(event: MouseEvent): void {
    const editor = this.#editor;
    if (!editor?.matches(":popover-open") || editor.contains(event.target as Node) || this.#spotOf(event.target)) return;
    if (!this.#isTouched) this.#leave();
  }

  #drag(event: MouseEvent): void {
    const spot = this.#dragging ? this.#spotOf(event.target) : null;
    if (spot && (spot.row !== this.#focus.row || spot.col !== this.#focus.col)) this.#go(spot, true);
  }

  #double(event: MouseEvent): void {
    const spot = this.#spotOf(event.target);
    if (!spot || (event.target as Element).closest(INNER) || window.matchMedia(PHONE).matches) return;
    if (!this.#on) this.#turn(true, true);
    this.#go(spot);
    void this.#open(spot);
  }

  #click(event: MouseEvent): void {
    const part = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-part]")?.dataset["part"] : "";
    if (part === "leave") this.#leave(this.#focus);
    else if (part === "fill") this.#fill();
    else if (part === "undo") this.#back();
    else if (part === "copy") {
      void navigator.clipboard.writeText(this.#copied());
      this.#cell(this.#focus)?.focus();
    }
  }

  /** Focus that came from elsewhere: by Tab, or back from a dialog. */
  #arrive(event: FocusEvent): void {
    const spot = this.#on ? this.#spotOf(cellOf(event)) : null;
    if (spot && (spot.row !== this.#focus.row || spot.col !== this.#focus.col)) this.#go(spot);
  }

  // ---- an open cell

  async #open(spot: Spot): Promise<void> {
    const editor = this.#editor;
    const key = this.#cols[spot.col]?.dataset["key"];
    if (!editor || !key) {
      this.#ahead = null;
      return;
    }
    editor.replaceChildren();
    if (this.#opens(spot.col)) {
      const url = `${this.dataset["base"] ?? ""}${this.#number(spot.row)}/cells/${key}/`;
      await htmx.ajax("GET", url, { source: this, target: editor, swap: "innerHTML" });
    } else this.#note("cell-fixed");
    await this.#composing?.ended; // the next word of what is being written
    const ahead = this.#ahead;
    this.#ahead = null;
    if (editor.childElementCount > 0) this.#show();
    if (ahead) this.#putAhead(ahead);
    else this.#hurry = null;
  }

  #note(template: string): void {
    const words = cloneTemplate(template);
    if (words) this.#editor?.replaceChildren(words);
  }

  #show(): void {
    const editor = this.#editor;
    if (!editor) return;
    if (!editor.matches(":popover-open")) editor.showPopover();
    this.#opened = this.#typed;
    this.#place();
    this.#enter();
  }

  /** Into the field that is wrong, else the first one. */
  #enter(): void {
    const field = this.#editor?.querySelector<HTMLElement>('[aria-invalid="true"]') ?? this.#fields[0] ?? this.#editor?.querySelector<HTMLElement>("p");
    field?.focus();
    if (field instanceof HTMLInputElement && field.type === "text" && !field.matches('[aria-invalid="true"]')) field.select();
    this.#place();
  }

  #place(): void {
    const editor = this.#editor;
    const cell = this.#cell(this.#focus);
    if (!editor?.matches(":popover-open") || !cell) return;
    const box = cell.getBoundingClientRect();
    const view = { width: document.documentElement.clientWidth, height: window.innerHeight };
    const over = { left: box.left, right: box.right, top: box.bottom + 4, bottom: box.top - 5 };
    const place = placeBeside(over, { width: editor.offsetWidth, height: editor.offsetHeight }, view);
    editor.style.left = `${Math.max(8, Math.min(place.left, view.width - editor.offsetWidth - 8))}px`;
    editor.style.top = `${place.top}px`;
    editor.style.minWidth = `${Math.min(box.width, 320)}px`;
  }

  get #form(): HTMLFormElement | null {
    return this.#editor?.querySelector("form") ?? null;
  }
  get #typed(): string {
    return this.#form ? JSON.stringify([...new FormData(this.#form)].map(([name, value]) => [name, typeof value === "string" ? value : ""])) : "";
  }
  get #isTouched(): boolean {
    return this.#form !== null && this.#typed !== this.#opened;
  }

  /** What was typed goes to the server, and one goes on to `then`; nothing typed, nothing sent. */
  #save(then: Spot): void {
    const form = this.#form;
    const to = within(then, this.#size);
    if (!form || (!this.#isTouched && !form.querySelector("[role=alert]"))) {
      this.#leave(to);
      return;
    }
    this.#then = to;
    form.requestSubmit();
  }

  #leave(to: Spot | null = null): void {
    const editor = this.#editor;
    if (editor?.matches(":popover-open")) editor.hidePopover();
    editor?.replaceChildren();
    this.#then = null;
    if (to) this.#go(to);
  }

  // ---- what the server changed

  #changed({ rows = [], undo = "", undone = "" }: Changed): void {
    this.#undo = this.#undo.filter((url) => url !== undone);
    if (undo) this.#undo.push(undo);
    this.#part("undo")?.toggleAttribute("disabled", this.#undo.length === 0);
    if (this.#editor?.matches(":popover-open")) this.#leave(this.#then ?? this.#focus);
    else if (this.#on && this.#isLost) this.#go(this.#focus);
    if (rows.length > 0) void this.#refresh(rows);
  }

  /** Whether what was pressed is gone with its toast or its dialog. */
  get #isLost(): boolean {
    const here = document.activeElement;
    return here === null || here === document.body || here.closest("toast-stack, dialog") !== null;
  }

  async #refresh(numbers: string[]): Promise<void> {
    const shown = new Set(this.#numbers(0, this.#size.rows - 1));
    const wanted = numbers.filter((number) => shown.has(number));
    const query = new URLSearchParams({ rows: wanted.join(","), cols: this.#keys(0, this.#size.cols - 1).join(",") });
    if (this.#cols[0]?.dataset["key"] === undefined) query.set("choose", "1");
    const answer = await fetch(`${this.dataset["url"] ?? ""}?${query.toString()}`, { mode: "same-origin", headers: { "HX-Request": "true" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(`<table>${withoutCode(await answer.text())}</table>`, "text/html");
    const rows = this.#rows;
    page.querySelectorAll<HTMLElement>("tbody > tr").forEach((fresh) => {
      const number = numberIn(fresh.querySelector("a.opens")?.getAttribute("href") ?? "");
      const old = rows.find((_row, at) => this.#number(at) === number);
      if (old) this.#replace(old, document.importNode(fresh, true));
    });
    this.#paint();
  }

  #replace(old: HTMLElement, fresh: HTMLElement): void {
    const col = old.contains(document.activeElement) ? this.#focus.col : -1;
    const chosen = old.querySelector<HTMLInputElement>('input[name="ids"]')?.checked ?? false;
    const tabbable = cellsOf(old).findIndex((cell) => cell.getAttribute("tabindex") === "0");
    old.replaceWith(fresh);
    const box = fresh.querySelector<HTMLInputElement>('input[name="ids"]');
    if (box) box.checked = chosen;
    htmx.process(fresh);
    this.#dressRow(fresh);
    const cell = cellsOf(fresh)[tabbable];
    if (cell) cell.tabIndex = 0;
    if (col >= 0) cellsOf(fresh)[col]?.focus();
  }

  #back(): void {
    const url = this.#undo.at(-1);
    if (url) void htmx.ajax("POST", url, { source: this, target: "#dialog-host", swap: "none" });
  }

  // ---- many cells

  #copied(): string {
    const { top, left, bottom, right } = this.#range;
    const rows: CopiedCell[][] = this.#rows.slice(top, bottom + 1).map((row) =>
      cellsOf(row).slice(left, right + 1).map((cell) => ({ text: textOf(cell), isNumber: cell.classList.contains("num") })),
    );
    return copied(rows);
  }

  #copy(event: ClipboardEvent): void {
    if (!this.#on || !cellOf(event) || !event.clipboardData) return;
    event.clipboardData.setData("text/plain", this.#copied());
    event.preventDefault();
  }

  #paste(event: ClipboardEvent): void {
    if (!this.#on || !cellOf(event)) return;
    event.preventDefault();
    const { top, left, bottom, right } = this.#range;
    this.#ask("paste-form", { top, left, bottom: this.#size.rows - 1, right: this.#size.cols - 1 }, {
      height: String(bottom - top + 1),
      width: String(right - left + 1),
      text: event.clipboardData?.getData("text/plain") ?? "",
    });
  }

  #fill(): void {
    const range = fillRange(this.#range);
    if (range) this.#ask("fill-form", range, {});
  }

  /** A preview of what a range would become. */
  #ask(part: string, range: Range, more: Record<string, string>): void {
    const form = this.#part(part);
    if (!(form instanceof HTMLFormElement)) {
      this.#note("cell-alone");
      this.#show();
      return;
    }
    const values = { ...more, rows: this.#numbers(range.top, range.bottom).join(","), cols: this.#keys(range.left, range.right).join(",") };
    for (const [name, value] of Object.entries(values)) {
      const field = form.elements.namedItem(name);
      if (field instanceof HTMLInputElement) field.value = value;
    }
    form.requestSubmit();
  }
}
customElements.define("cell-grid", CellGrid);
