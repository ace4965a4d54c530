/** htmx with the house rules: no evaluation, no scripts in answers, refusals shown and failures told. */
import htmx from "htmx.org";

import { evaluates, withoutCode } from "./code";
import { cloneTemplate } from "./templates";

interface Answer {
  status: number;
  raw: Response;
}
interface RequestDetail {
  ctx?: { text?: string; response?: Answer; sourceElement?: Element; request?: { action?: string } };
}

function detailOf(event: Event): RequestDetail {
  return (event as CustomEvent<RequestDetail>).detail;
}

document.addEventListener("htmx:before:init", (event) => {
  if (event.target instanceof Element && evaluates(event.target)) event.preventDefault();
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = detailOf(event);
  if (ctx?.text !== undefined) ctx.text = withoutCode(ctx.text);
});

/** A failure is told by a toast, unless the answer brought words of its own. */
document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = detailOf(event);
  const status = ctx?.response?.status ?? 0;
  if (status === 409 || status === 422) return; // these are swapped in, beside what they are about
  if (status === 401 && ctx?.response?.raw.headers.has("HX-Redirect")) return;
  if (ctx?.text?.includes("<hx-partial")) return;
  tell("toast-failed");
});
document.addEventListener("htmx:error", (event) => {
  if (detailOf(event).ctx !== undefined) tell("toast-offline");
});

function tell(template: string): void {
  const words = cloneTemplate(template);
  if (words) document.getElementById("toasts")?.append(words);
}

export default htmx;
