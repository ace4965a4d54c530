/**
 * The question of `hx-confirm`, in a dialog of the product: its words, and the word of the button that was pressed.
 *
 * The dialog is a copy of `<template id="ask">`, made anew for each question and gone with the answer.
 */
import { cloneTemplate } from "./templates";

interface Question {
  ctx: { confirm?: string };
  issueRequest: () => void;
  dropRequest: () => void;
}

/** What the pressed button says, without what only a screen reader hears. */
export function wordOf(element: Element): string {
  const button = element instanceof HTMLFormElement ? element.querySelector("button[type='submit']") : element;
  const copy = button?.cloneNode(true);
  if (!(copy instanceof Element)) return "";
  copy.querySelectorAll(".unseen").forEach((part) => { part.remove(); });
  return copy.textContent.trim();
}

document.addEventListener("htmx:confirm", (event) => {
  const { ctx, issueRequest, dropRequest } = (event as CustomEvent<Question>).detail;
  const dialog = cloneTemplate("ask");
  if (!(dialog instanceof HTMLDialogElement) || !(event.target instanceof Element)) return;
  event.preventDefault();
  const words = dialog.querySelector("[data-words]");
  const yes = dialog.querySelector("[data-yes]");
  if (words) words.textContent = ctx.confirm ?? "";
  if (yes) yes.textContent = wordOf(event.target);
  let answer = dropRequest;
  yes?.addEventListener("click", () => {
    answer = issueRequest;
    dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    answer();
  });
  document.body.append(dialog);
  dialog.showModal();
});
