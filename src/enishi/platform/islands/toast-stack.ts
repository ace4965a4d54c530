/** `<toast-stack popover="manual">`: shows what is put into it above everything, and takes it away in time. */

/** How long a toast stays: reading time, longer where there is something to press; an error stays until it is closed. */
export function staysFor(words: number, canAct: boolean, isError: boolean): number {
  if (isError) return Infinity;
  return Math.min(15_000, 3_000 + words * 120 + (canAct ? 4_000 : 0));
}

class ToastStack extends HTMLElement {
  #arrivals = new MutationObserver(() => { this.#show(); });
  #timers = new Map<Element, number>();
  #press = (event: Event): void => {
    if (!(event.target instanceof Element)) return;
    const toast = event.target.closest<HTMLElement>(".toast");
    if (event.target.closest('[data-part="close"]')) toast?.remove();
    // What is pressed may ask the server, and must stand in the page for that: out of sight until its time is over.
    else if (toast && event.target.closest(".toast-act")) toast.hidden = true;
  };

  connectedCallback(): void {
    this.#arrivals.observe(this, { childList: true });
    this.addEventListener("click", this.#press);
    this.#show();
  }

  disconnectedCallback(): void {
    this.#arrivals.disconnect();
    this.removeEventListener("click", this.#press);
    this.#timers.forEach((timer) => { window.clearTimeout(timer); });
  }

  #show(): void {
    const toasts = [...this.querySelectorAll(".toast")];
    // Shown anew each time: a popover opened after a dialog stands above it.
    if (this.matches(":popover-open")) this.hidePopover();
    if (toasts.length > 0) this.showPopover();
    for (const toast of toasts) {
      if (this.#timers.has(toast)) continue;
      const isError = toast.getAttribute("data-tone") === "error";
      const stay = staysFor(toast.textContent.trim().length, toast.querySelector("a, .toast-act") !== null, isError);
      if (stay !== Infinity) this.#timers.set(toast, window.setTimeout(() => { toast.remove(); }, stay));
    }
  }
}
customElements.define("toast-stack", ToastStack);
