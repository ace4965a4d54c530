/**
 * Behind a proof of who one is, the button that was pressed is pressed again: nothing on the page has moved in the meantime.
 *
 * An answer of status 403 that brings the dialog `#confirm` held the press back; `enishi:confirmed` lets it go on.
 */
/** The element to press again, and by which button its form was sent. */
interface Press {
  element: Element;
  submitter: HTMLElement | null;
}

let held: Press | null = null;
let submitter: HTMLElement | null = null;

/** Whether an answer is the question for a proof. */
export function asksForProof(status: number, text: string): boolean {
  return status === 403 && text.includes('id="confirm"');
}

export function pressAgain(press: Press): void {
  const { element } = press;
  if (element instanceof HTMLFormElement) {
    const by = press.submitter?.isConnected && press.submitter.closest("form") === element ? press.submitter : null;
    element.requestSubmit(by);
  } else if (element instanceof HTMLElement) {
    element.click();
  }
}

document.addEventListener(
  "submit",
  (event) => { submitter = event.submitter; },
  { capture: true },
);

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = (event as CustomEvent<{ ctx?: { text?: string; response?: { status: number }; sourceElement?: Element } }>).detail;
  if (!ctx?.sourceElement || !asksForProof(ctx.response?.status ?? 0, ctx.text ?? "")) return;
  held = { element: ctx.sourceElement, submitter };
});

document.addEventListener("enishi:confirmed", () => {
  const dialog = document.getElementById("confirm");
  if (dialog instanceof HTMLDialogElement) dialog.close();
  const press = held;
  held = null;
  if (press?.element.isConnected) pressAgain(press);
});
