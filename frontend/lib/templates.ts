/** A copy of what the server wrote into `<template id="…">`: islands bring no words of their own. */
export function cloneTemplate(id: string): Element | null {
  const template = document.getElementById(id);
  if (!(template instanceof HTMLTemplateElement)) return null;
  const copy = template.content.firstElementChild?.cloneNode(true);
  return copy instanceof Element ? copy : null;
}

/** The CSRF token of this page, for requests that an island makes itself. */
export function csrfToken(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? "";
}

/** Posts a small form the way the server's own forms do. Resolves to whether it was taken. */
export async function postForm(url: string, fields: Record<string, string>): Promise<boolean> {
  const answer = await fetch(url, {
    method: "POST",
    mode: "same-origin",
    headers: { "X-CSRFToken": csrfToken(), "HX-Request": "true" },
    body: new URLSearchParams(fields),
  });
  return answer.ok;
}
