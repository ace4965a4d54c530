/**
 * `<file-upload data-url="…" data-limit="50000000" data-event="enishi:files">` around a form with a file input.
 *
 * Several files may be chosen or dropped; each is sent by itself, one after the other, with its progress. A refusal stays
 * beside the name of its file, in the server's words; what was cut off can be sent again. When all have been tried, the
 * event is told to the page, whose list asks again. Words come by `data-waiting`, `data-finishing`, `data-too-large`,
 * `data-too-many`, `data-offline` and the inner `<template>`.
 *
 * In a larger form (`data-most`: how many files) the answer is the line that the form then holds, with the file's id, in
 * `[data-part="kept"]`. One file alone takes the place of the one before. A form that is sent meanwhile waits for its files.
 */
import { withoutCode } from "@frontend/lib/code";
import { csrfToken } from "@frontend/lib/templates";

/** How an answer of the server ends the sending of one file; a status of 0 is a line that was cut. */
export type Ending = "done" | "refused" | "cut";
export function endingOf(status: number): Ending {
  if (status === 0 || status >= 500) return "cut";
  return status < 400 ? "done" : "refused";
}

/** The share that was sent, in whole percents. */
export function percentOf(loaded: number, total: number): number {
  return total > 0 ? Math.min(100, Math.floor((100 * loaded) / total)) : 0;
}

interface Line {
  file: File;
  row: HTMLElement;
}

class FileUpload extends HTMLElement {
  #awake = new AbortController();
  #waiting: Line[] = [];
  #sending: XMLHttpRequest | null = null;
  #anyKept = false;
  #form: HTMLFormElement | null = null; // that was sent while files were on their way

  connectedCallback(): void {
    const { signal } = (this.#awake = new AbortController());
    const input = this.#input;
    if (input) input.multiple = this.#most > 1;
    const area = this.parentElement ?? this; // a file may be dropped anywhere on the panel
    area.addEventListener("dragover", (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      this.toggleAttribute("data-over", true);
    }, { signal });
    area.addEventListener("dragleave", () => { this.toggleAttribute("data-over", false); }, { signal });
    area.addEventListener("drop", (event) => {
      event.preventDefault();
      this.toggleAttribute("data-over", false);
      this.#take(event.dataTransfer?.files);
    }, { signal });
    this.addEventListener("change", () => { this.#takeChosen(); }, { signal });
    window.addEventListener("beforeunload", (event) => { if (this.#sending) event.preventDefault(); }, { signal });
    this.addEventListener("click", (event) => { this.#takeOut(event); }, { signal });
    this.closest("form")?.addEventListener("submit", (event) => {
      if (!this.#sending) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      this.#form = event.target instanceof HTMLFormElement ? event.target : null;
    }, { signal, capture: true });
    this.#takeChosen(); // by somebody who was faster than this script
  }

  disconnectedCallback(): void {
    this.#awake.abort();
    this.#waiting = [];
    this.#sending?.abort();
  }

  get #input(): HTMLInputElement | null {
    return this.querySelector('input[type="file"]');
  }

  get #most(): number {
    return Number(this.dataset["most"] ?? Infinity);
  }
  get #kept(): HTMLElement | null {
    return this.querySelector('[data-part="kept"]');
  }
  get #isFull(): boolean {
    const coming = this.#waiting.length + (this.#sending ? 1 : 0);
    return this.#most > 1 && (this.#kept?.childElementCount ?? 0) + coming >= this.#most;
  }

  #takeChosen(): void {
    const input = this.#input;
    if (!input?.files?.length) return;
    this.#take(input.files);
    input.value = "";
  }

  #takeOut(event: Event): void {
    const button = event.target instanceof Element ? event.target.closest('[data-part="drop"]') : null;
    if (!button) return;
    button.closest("li")?.remove();
    this.#input?.focus();
  }

  #take(files: FileList | null | undefined): void {
    for (const file of [...(files ?? [])].slice(this.#most === 1 ? -1 : 0)) {
      const row = this.querySelector("template")?.content.firstElementChild?.cloneNode(true);
      if (!(row instanceof HTMLElement)) return;
      const line = { file, row };
      this.#part(line, "name").textContent = file.name;
      this.#part(line, "again").addEventListener("click", () => { this.#wait(line); this.#next(); });
      this.#part(line, "close").addEventListener("click", () => { this.#drop(line); });
      this.querySelector('[data-part="queue"]')?.append(row);
      if (this.#isFull) this.#fail(line, this.dataset["tooMany"] ?? "", false);
      else if (file.size > Number(this.dataset["limit"] ?? "0")) this.#fail(line, this.dataset["tooLarge"] ?? "", false);
      else this.#wait(line);
    }
    this.#next();
  }

  #part(line: Line, name: string): HTMLElement {
    return line.row.querySelector<HTMLElement>(`[data-part="${name}"]`) ?? line.row;
  }

  #wait(line: Line): void {
    line.row.removeAttribute("data-failed");
    this.#part(line, "again").hidden = true;
    this.#part(line, "words").textContent = this.dataset["waiting"] ?? "";
    this.#waiting.push(line);
  }

  #drop(line: Line): void {
    this.#waiting = this.#waiting.filter((other) => other !== line);
    if (line.row.hasAttribute("data-sending")) this.#sending?.abort();
    line.row.remove();
  }

  #fail(line: Line, words: string, mayTryAgain: boolean): void {
    line.row.toggleAttribute("data-failed", true);
    this.#part(line, "words").textContent = words;
    this.#part(line, "again").hidden = !mayTryAgain;
  }

  #next(): void {
    if (this.#sending) return;
    const line = this.#waiting.shift();
    if (line) this.#send(line);
    else this.#finish();
  }

  /** Nothing is on its way any more. A form that waited goes, unless a file was refused: that is looked at first. */
  #finish(): void {
    const event = this.dataset["event"];
    if (this.#anyKept && event) document.body.dispatchEvent(new CustomEvent(event));
    this.#anyKept = false;
    const form = this.#form;
    this.#form = null;
    if (form && !this.querySelector("[data-failed]")) form.requestSubmit();
  }

  /** What the server says of a file that it has taken, as a line of the form. */
  #hold(answer: string): void {
    const line = new DOMParser().parseFromString(withoutCode(answer), "text/html").querySelector("li");
    if (!line) return;
    if (this.#most === 1) this.#kept?.replaceChildren();
    this.#kept?.append(document.importNode(line, true));
  }

  #send(line: Line): void {
    const sending = (this.#sending = new XMLHttpRequest());
    const bar = this.#part(line, "progress");
    line.row.toggleAttribute("data-sending", true);
    sending.open("POST", this.dataset["url"] ?? "");
    sending.setRequestHeader("X-CSRFToken", csrfToken());
    sending.setRequestHeader("HX-Request", "true");
    sending.upload.addEventListener("progress", (event) => {
      const percent = event.lengthComputable ? percentOf(event.loaded, event.total) : 0;
      if (bar instanceof HTMLProgressElement) bar.value = percent;
      this.#part(line, "words").textContent = percent < 100 ? `${String(percent)} %` : (this.dataset["finishing"] ?? "");
    });
    sending.addEventListener("loadend", () => {
      this.#sending = null;
      line.row.removeAttribute("data-sending");
      this.#end(line, sending);
      this.#next();
    });
    const form = new FormData();
    form.append("file", line.file);
    sending.send(form);
  }

  #end(line: Line, sending: XMLHttpRequest): void {
    const ending = endingOf(sending.status);
    if (ending === "done") {
      this.#anyKept = true;
      if (this.#kept) this.#hold(sending.responseText);
      line.row.remove();
    } else if (ending === "refused" && sending.getResponseHeader("Content-Type")?.startsWith("text/plain")) {
      this.#fail(line, sending.responseText, false);
    } else {
      this.#fail(line, this.dataset["offline"] ?? "", true);
    }
  }
}
customElements.define("file-upload", FileUpload);
