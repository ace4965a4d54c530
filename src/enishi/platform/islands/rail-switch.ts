/** `<rail-switch data-url="…">` with one button: the rail with words, or icons alone. The server keeps the choice. */
import { postForm } from "@frontend/lib/templates";

/** The next value of the cookie: "icons" after a full rail, "" after a small one. */
export function nextRail(isSmall: boolean): "" | "icons" {
  return isSmall ? "" : "icons";
}

class RailSwitch extends HTMLElement {
  #press = (event: Event): void => {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    const frame = document.querySelector<HTMLElement>(".frame");
    if (!button || !frame) return;
    const next = nextRail(frame.dataset["rail"] === "icons");
    if (next) frame.dataset["rail"] = "icons";
    else delete frame.dataset["rail"];
    button.setAttribute("aria-pressed", String(next !== ""));
    void postForm(this.dataset["url"] ?? "", { rail: next });
  };

  connectedCallback(): void {
    this.addEventListener("click", this.#press);
  }
  disconnectedCallback(): void {
    this.removeEventListener("click", this.#press);
  }
}
customElements.define("rail-switch", RailSwitch);
