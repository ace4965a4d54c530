/** A cell into which a conversion from kana is being written: what it said before stands there again when the conversion ends. */
export class Composing {
  readonly ended: Promise<void>;
  #before: Node[];
  #end: () => void = () => undefined;

  constructor(readonly cell: HTMLElement) {
    this.#before = [...cell.cloneNode(true).childNodes];
    this.ended = new Promise<void>((resolve) => { this.#end = resolve; });
  }

  /** The cell as it was. */
  restore(): void {
    this.cell.replaceChildren(...this.#before);
  }

  /** Who waited for the end goes on. */
  end(): void {
    this.#end();
  }
}
