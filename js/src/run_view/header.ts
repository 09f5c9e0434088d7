// The first row: what this run is, how long it takes, and what can be done to it.

import { isFinal, type Snapshot } from "../types.js";
import { copyText, h, setAttribute, setText, show } from "../ui/dom.js";
import * as format from "../ui/format.js";

export interface HeaderActions {
  cancel(): void;
  delete(): void;
  folder(): string | null;
}

/** The status as one word for people. */
export const statusWord = (snapshot: Snapshot): string => {
  if (snapshot.cancelling && !isFinal(snapshot.status)) return "cancelling";
  return {
    PENDING: "waiting",
    RUNNING: "running",
    COMPLETED: "completed",
    FAILED: "failed",
    CANCELLED: "cancelled",
  }[snapshot.status];
};

/** Seconds that the run took, or takes so far at this moment of the kernel's clock. */
export const elapsed = (snapshot: Snapshot, now: number): number | null => {
  if (snapshot.started === null) return null;
  if (!isFinal(snapshot.status)) return Math.max(0, now - snapshot.started);
  if (snapshot.duration !== null) return snapshot.duration;
  return snapshot.completed === null ? null : snapshot.completed - snapshot.started;
};

export class Header {
  readonly element: HTMLElement;
  private readonly dot = h("span", { class: "fj-dot" });
  private readonly status = h("span", { class: "fj-status", role: "status" });
  private readonly name = h("span", { class: "fj-name" });
  private readonly simulator = h("span", { class: "fj-chip" });
  private readonly network = h("span", { class: "fj-chip" });
  private readonly id = h("button", { type: "button", class: "fj-id", title: "Copy the run's id" });
  private readonly elapsed = h("b");
  private readonly elapsedLabel = h("span");
  private readonly elapsedBox: HTMLElement;
  private readonly left = h("b");
  private readonly leftBox: HTMLElement;
  private readonly folder = h(
    "a",
    { class: "fj-button", target: "_blank", rel: "noopener", title: "Open the run's folder" },
    "Folder",
  );
  private readonly cancel: HTMLButtonElement;
  private readonly remove: HTMLButtonElement;
  private readonly ask: HTMLElement;
  private readonly question = h("span");
  private readonly yes: HTMLButtonElement;
  private asking: "cancel" | "delete" | null = null;
  private snapshot: Snapshot | null = null;

  constructor(private readonly actions: HeaderActions) {
    const button = (label: string, kind: string, click: () => void) =>
      h("button", { type: "button", class: `fj-button ${kind}`, click }, label);
    this.cancel = button("Cancel", "fj-danger fj-cancel", () => this.confirm("cancel"));
    this.remove = button("Delete", "fj-danger fj-delete", () => this.confirm("delete"));
    this.yes = button("", "fj-danger fj-yes", () => this.act());
    const no = button("No", "fj-no", () => this.confirm(null));
    this.ask = h(
      "span",
      { class: "fj-ask", role: "group", hidden: true },
      this.question,
      this.yes,
      no,
    );
    this.ask.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.confirm(null);
    });
    this.id.addEventListener("click", () => {
      const id = this.snapshot?.id ?? "";
      copyText(id).then(
        () => setText(this.id, "copied"),
        () => undefined,
      );
      setTimeout(() => setText(this.id, id), 1200);
    });
    this.elapsedBox = h("span", { class: "fj-number" }, this.elapsed, this.elapsedLabel);
    this.leftBox = h("span", { class: "fj-number" }, "about ", this.left, " left");
    this.element = h(
      "div",
      { class: "fj-head" },
      h("span", { class: "fj-title" }, this.dot, this.name, this.status),
      h("span", { class: "fj-facts" }, this.simulator, this.network, this.id),
      h("span", { class: "fj-space" }),
      h("span", { class: "fj-times" }, this.elapsedBox, this.leftBox),
      h("span", { class: "fj-actions" }, this.folder, this.cancel, this.remove, this.ask),
    );
  }

  update(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    const ended = isFinal(snapshot.status);
    setText(this.name, snapshot.name);
    setText(this.status, statusWord(snapshot));
    setText(this.simulator, snapshot.simulator);
    show(this.simulator, snapshot.simulator !== "");
    setText(this.network, snapshot.network ?? "");
    show(this.network, snapshot.network !== null);
    if (this.id.textContent !== "copied") setText(this.id, snapshot.id);
    setAttribute(this.id, "aria-label", `Copy the run's id ${snapshot.id}`);
    if ((ended && this.asking === "cancel") || (!ended && this.asking === "delete")) {
      this.confirm(null);
    }
    show(this.cancel, !ended && this.asking === null);
    show(this.remove, ended && this.asking === null);
    this.cancel.disabled = snapshot.cancelling;
    setText(this.cancel, snapshot.cancelling ? "Cancelling…" : "Cancel");
    const folder = this.actions.folder();
    show(this.folder, folder !== null);
    if (folder !== null) setAttribute(this.folder, "href", folder);
  }

  /** Redraw what depends on the clock. */
  tick(now: number, leftSeconds: number | null): void {
    if (!this.snapshot) return;
    const seconds = elapsed(this.snapshot, now);
    const ended = isFinal(this.snapshot.status);
    show(this.elapsedBox, seconds !== null);
    if (seconds !== null) {
      setText(this.elapsed, ended ? format.took(seconds) : format.duration(seconds));
      setText(this.elapsedLabel, ended ? "" : " elapsed");
    }
    show(this.leftBox, leftSeconds !== null && !ended);
    if (leftSeconds !== null) setText(this.left, format.duration(Math.ceil(leftSeconds)));
  }

  private confirm(what: "cancel" | "delete" | null): void {
    const asked = this.asking;
    const inside = this.ask.contains(this.ask.ownerDocument.activeElement);
    this.asking = what;
    setText(this.question, what === "delete" ? "Delete the run and its files?" : "Cancel the run?");
    setText(this.yes, what === "delete" ? "Yes, delete" : "Yes, cancel");
    show(this.ask, what !== null);
    if (this.snapshot) this.update(this.snapshot);
    if (what !== null) this.yes.focus();
    else if (inside) (asked === "cancel" ? this.cancel : this.remove).focus();
  }

  private act(): void {
    const what = this.asking;
    this.confirm(null);
    if (what === "cancel") this.actions.cancel();
    if (what === "delete") this.actions.delete();
  }
}
