/**
 * `<mention-box data-url="/customers/C-000042/colleagues/"><label>…</label><textarea>…</textarea></mention-box>`
 *
 * An @ opens the list of colleagues who may see the customer; arrows choose, Enter or Tab takes, Escape closes. The
 * server answers `<li role="option" id="…">name</li>` for each. Without it the name is typed by hand.
 */

/** The name that is being typed after an @ in front of the caret, with where its @ stands; null where none is. */
export function beingTyped(text: string, caret: number): { start: number; name: string } | null {
  const before = text.slice(0, caret);
  const start = Math.max(before.lastIndexOf("@"), before.lastIndexOf("＠"));
  if (start < 0 || /[a-z0-9._-]/i.test(before.charAt(start - 1))) return null; // the @ of a mail address
  const name = before.slice(start + 1);
  return name.length <= 20 && !/[\s、。]/.test(name) ? { start, name } : null;
}

/** Whether a name begins with what was typed, in whole or in its given name. */
export function fits(name: string, typed: string): boolean {
  const squeezed = name.replace(/[\s\u3000]/g, "");
  return squeezed.startsWith(typed) || name.split(/[\s\u3000]/).some((part) => part.startsWith(typed));
}

let boxes = 0;

class MentionBox extends HTMLElement {
  #awake = new AbortController();
  #list = document.createElement("ul");
  #all: HTMLElement[] | null = null;
  #chosen = 0;

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    const area = this.#area;
    if (!area) return;
    this.#list.id = `mention-list-${String(++boxes)}`;
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", area.labels[0]?.textContent ?? "");
    this.#list.hidden = true;
    this.append(this.#list);
    area.setAttribute("aria-controls", this.#list.id);
    area.setAttribute("aria-autocomplete", "list");
    area.addEventListener("input", (event) => { if (!(event).isComposing) void this.#look(); }, { signal });
    area.addEventListener("compositionend", () => void this.#look(), { signal });
    area.addEventListener("keydown", (event) => { this.#press(event); }, { signal });
    area.addEventListener("blur", () => { this.#close(); }, { signal });
    this.#list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the text keeps the caret
      const option = event.target instanceof Element ? event.target.closest<HTMLElement>("[role='option']") : null;
      if (option) this.#take(option);
    }, { signal });
  }

  disconnectedCallback(): void {
    this.#awake.abort();
    this.#list.remove();
  }

  get #area(): HTMLTextAreaElement | null {
    return this.querySelector("textarea");
  }

  get #options(): HTMLElement[] {
    return [...this.#list.querySelectorAll<HTMLElement>("[role='option']")];
  }

  async #look(): Promise<void> {
    const typed = this.#typed();
    if (!typed) { this.#close(); return; }
    this.#all ??= await this.#fetched();
    const now = this.#typed();
    const fitting = now ? this.#all.filter((option) => fits(option.textContent, now.name)).slice(0, 8) : [];
    this.#list.replaceChildren(...fitting);
    if (fitting.length === 0) { this.#close(); return; }
    this.#list.hidden = false;
    this.#choose(0);
  }

  #typed(): ReturnType<typeof beingTyped> {
    const area = this.#area;
    return area ? beingTyped(area.value, area.selectionStart) : null;
  }

  async #fetched(): Promise<HTMLElement[]> {
    const answer = await fetch(this.dataset["url"] ?? "", { mode: "same-origin", headers: { "HX-Request": "true" } });
    if (!answer.ok) return [];
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return [...page.querySelectorAll<HTMLElement>("[role='option']")];
  }

  #press(event: KeyboardEvent): void {
    if (this.#list.hidden || event.isComposing) return;
    const options = this.#options;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.#choose((this.#chosen + (event.key === "ArrowDown" ? 1 : options.length - 1)) % options.length);
    } else if (event.key === "Enter" || event.key === "Tab") {
      const option = options[this.#chosen];
      if (option) this.#take(option);
    } else if (event.key === "Escape") {
      this.#close();
    } else return;
    event.preventDefault();
  }

  #choose(place: number): void {
    this.#chosen = place;
    this.#options.forEach((option, index) => { option.setAttribute("aria-selected", String(index === place)); });
    this.#area?.setAttribute("aria-activedescendant", this.#options[place]?.id ?? "");
    this.#options[place]?.scrollIntoView({ block: "nearest" });
  }

  #take(option: HTMLElement): void {
    const area = this.#area;
    const typed = this.#typed();
    if (area && typed) area.setRangeText(`@${option.textContent} `, typed.start, area.selectionStart, "end");
    this.#close();
  }

  #close(): void {
    this.#list.hidden = true;
    this.#area?.removeAttribute("aria-activedescendant");
  }
}
customElements.define("mention-box", MentionBox);
