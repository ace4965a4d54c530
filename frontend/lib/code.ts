/** What must not come with an answer: scripts, and attributes that htmx would evaluate. */

/** Attributes and prefixes that htmx would evaluate as code. The content policy forbids it; so do we, and say where. */
export function evaluates(element: Element): boolean {
  return element.getAttributeNames().some((name) => {
    if (/^(data-)?hx-on\b/.test(name)) return true;
    if (!/^(data-)?hx-(vals|headers|confirm|trigger|action|get|post|put|patch|delete)\b/.test(name)) return false;
    const value = (element.getAttribute(name) ?? "").trim();
    return /^(js|javascript):/.test(value) || (name.includes("trigger") && value.includes("["));
  });
}

/** Takes scripts and code attributes out of an answer before it is shown. */
export function withoutCode(text: string): string {
  if (!/<script|hx-on|js:|javascript:/i.test(text)) return text;
  return text.replace(/<script\b[\s\S]*?<\/script\s*>/gi, "").replace(/<script\b[^>]*>/gi, "");
}
