/**
 * `<file-drop data-url="…">` around a file input: a file may be dropped on it. With `data-url` the form is sent at once,
 * with its progress; the answer's `HX-Redirect`, or the address it ended at, opens next. Without, the form's own button
 * sends it.
 */
import { cloneTemplate, csrfToken } from "@frontend/lib/templates";

/** Whether a file's name ends as `accept` asks (".csv,.xlsx"); an empty `accept` takes everything. */
export function isAccepted(name: string, accept: string): boolean {
  const endings = accept.split(",").map((one) => one.trim().toLowerCase()).filter((one) => one.startsWith("."));
  return endings.length === 0 || endings.some((ending) => name.toLowerCase().endsWith(ending));
}

/** 3 MB, 420 KB: the size of a file as people say it. */
export function sizeInWords(bytes: number): string {
  if (bytes >= 1_000_000) return `${(bytes / 1_000_000).toLocaleString("ja-JP", { maximumFractionDigits: 1 })} MB`;
  return `${Math.max(1, Math.round(bytes / 1_000)).toLocaleString("ja-JP")} KB`;
}

class FileDrop extends HTMLElement {
  #awake = new AbortController();

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    this.addEventListener("dragover", (event) => { event.preventDefault(); this.toggleAttribute("data-over", true); }, { signal });
    this.addEventListener("dragleave", () => { this.toggleAttribute("data-over", false); }, { signal });
    this.addEventListener("drop", (event) => { this.#onDrop(event); }, { signal });
    this.addEventListener("change", () => { this.#onChosen(); }, { signal });
  }

  disconnectedCallback(): void {
    this.#awake.abort();
  }

  get #input(): HTMLInputElement | null {
    return this.querySelector('input[type="file"]');
  }

  #onDrop(event: DragEvent): void {
    event.preventDefault();
    this.toggleAttribute("data-over", false);
    const files = event.dataTransfer?.files;
    const first = files?.[0];
    if (!this.#input || !files || !first || !isAccepted(first.name, this.#input.accept)) return;
    this.#input.files = files;
    this.#input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  #onChosen(): void {
    const file = this.#input?.files?.[0];
    const chosen = this.querySelector<HTMLElement>('[data-part="chosen"]');
    if (chosen) {
      chosen.hidden = !file;
      chosen.textContent = file ? `${file.name} (${sizeInWords(file.size)})` : "";
    }
    if (file && this.dataset["url"]) this.#send(this.dataset["url"]);
  }

  #send(url: string): void {
    const form = this.closest("form");
    const bar = this.querySelector<HTMLProgressElement>('[data-part="progress"]');
    const sending = new XMLHttpRequest();
    const failed = (): void => {
      if (bar) bar.hidden = true;
      const words = cloneTemplate("toast-failed");
      if (words) document.getElementById("toasts")?.append(words);
    };
    sending.open("POST", url);
    sending.setRequestHeader("X-CSRFToken", csrfToken());
    sending.upload.addEventListener("progress", (event) => {
      if (!bar || !event.lengthComputable) return;
      bar.hidden = false;
      bar.value = (100 * event.loaded) / event.total;
    });
    sending.addEventListener("load", () => {
      const next = sending.getResponseHeader("HX-Redirect") ?? sending.responseURL;
      if (sending.status < 400 && next) window.location.assign(next);
      else if (sending.status === 422 && form) form.submit(); // let the page say what is wrong
      else failed();
    });
    sending.addEventListener("error", failed);
    sending.send(form ? new FormData(form) : new FormData());
  }
}
customElements.define("file-drop", FileDrop);
