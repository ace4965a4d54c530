/**
 * `<count-down due-at="2026-11-22T18:10:00+09:00" data-minutes="あと{n}分" data-seconds="あと{n}秒" data-past="過ぎました">…</count-down>`
 *
 * The inner text is the no-script view. When the time has come it sends `enishi:due`, so that htmx can ask again.
 */

/** Whole seconds until `dueAt`, never below zero. */
export function secondsLeft(dueAt: Date, now: Date): number {
  return Math.max(0, Math.ceil((dueAt.getTime() - now.getTime()) / 1000));
}

export interface Words {
  minutes: string;
  seconds: string;
  past: string;
}

/** The words for that many seconds: minutes are rounded down, so that nobody is promised more than there is. */
export function wordsFor(seconds: number, words: Words): string {
  if (seconds === 0) return words.past;
  return seconds >= 60 ? words.minutes.replace("{n}", String(Math.floor(seconds / 60))) : words.seconds.replace("{n}", String(seconds));
}

class CountDown extends HTMLElement {
  #timer = 0;

  connectedCallback(): void {
    const dueAt = new Date(this.getAttribute("due-at") ?? "");
    if (Number.isNaN(dueAt.getTime())) return; // keep what the server wrote
    // The server's clock may be ahead of this one (the demo moves it), so only the difference counts.
    const serverNow = new Date(this.getAttribute("now") ?? "");
    const ahead = Number.isNaN(serverNow.getTime()) ? 0 : serverNow.getTime() - Date.now();
    const words = { minutes: this.dataset["minutes"] ?? "{n}", seconds: this.dataset["seconds"] ?? "{n}", past: this.dataset["past"] ?? "" };
    const show = (): void => {
      const left = secondsLeft(dueAt, new Date(Date.now() + ahead));
      this.textContent = wordsFor(left, words);
      this.toggleAttribute("past", left === 0);
      if (left > 0) return;
      window.clearInterval(this.#timer);
      this.dispatchEvent(new CustomEvent("enishi:due", { bubbles: true }));
    };
    this.#timer = window.setInterval(show, 1000);
    show();
  }

  disconnectedCallback(): void {
    window.clearInterval(this.#timer);
  }
}
customElements.define("count-down", CountDown);
