/** `<copy-button><button data-copy="text" data-done="コピーしました"><span>コピー</span></button></copy-button>` */

/** What the button says `ms` after it was pressed. */
export function labelAt(ms: number, label: string, done: string): string {
  return ms < 2_000 ? done : label;
}

class CopyButton extends HTMLElement {
  #press = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-copy]") : null;
    const words = button?.querySelector("span");
    if (!button || !words) return;
    const label = words.textContent;
    void navigator.clipboard.writeText(button.dataset["copy"] ?? "").then(() => {
      words.textContent = labelAt(0, label, button.dataset["done"] ?? label);
      window.setTimeout(() => { words.textContent = label; }, 2_000);
    });
  };

  connectedCallback(): void {
    this.addEventListener("click", this.#press);
  }
  disconnectedCallback(): void {
    this.removeEventListener("click", this.#press);
  }
}
customElements.define("copy-button", CopyButton);
