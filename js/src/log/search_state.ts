// The state of the search field: the pattern and the matches.

import { messageOf } from "../ui/dom.js";
import * as format from "../ui/format.js";
import { compile } from "./line_matcher.js";
import { LogSearch } from "./log_search.js";
import type { LogReader } from "./log_store.js";
import { patternProblem } from "./pattern_problem.js";

export class SearchState {
  text = "";
  regular = false;
  matchCase = false;
  /** The pattern; null if there is no search. */
  pattern: RegExp | null = null;
  /** Why the text is not a valid pattern, or why the search has stopped. */
  problem = "";
  /** Whether the text is not a valid pattern. */
  invalid = false;
  private search: LogSearch | null = null;
  private current = -1;

  constructor(
    private readonly reader: LogReader,
    private readonly changed: () => void,
  ) {}

  /** Line numbers found so far, ascending. */
  get found(): readonly number[] {
    return this.search?.found ?? [];
  }

  /** Number of searched lines, on which the pattern is known to be fast. */
  get searched(): number {
    return this.search?.lines ?? 0;
  }

  /** Restart with the current settings. */
  start(): void {
    this.stop();
    this.current = -1;
    this.problem = "";
    this.invalid = false;
    try {
      this.pattern = compile(this.text, this.regular, this.matchCase);
    } catch (error) {
      this.pattern = null;
      this.invalid = true;
      this.problem = patternProblem(messageOf(error));
    }
    if (this.pattern) {
      const search = new LogSearch(this.reader, this.pattern, () => {
        if (search === this.search) this.changed();
      });
      this.search = search;
      void this.run(search);
    }
    this.changed();
  }

  /** The log has grown. */
  goOn(): void {
    if (this.search) void this.run(this.search);
  }

  /** The next match in this direction, at first from a given line; null if there is none. */
  step(direction: 1 | -1, from: number): number | null {
    const { found } = this;
    const count = found.length;
    if (count === 0) return null;
    if (this.current < 0) {
      const after = found.findIndex((line) => line >= from);
      const at = after < 0 ? count : after;
      this.current = direction === 1 ? at % count : (at - 1 + count) % count;
    } else {
      this.current = (this.current + direction + count) % count;
    }
    return found[this.current]!;
  }

  /** The result in words; empty if there is no search. */
  get words(): string {
    const { search } = this;
    if (!search) return "";
    const part =
      search.busy && search.size > 0 ? ` · ${format.percent(search.searched / search.size)}` : "";
    if (search.total === 0) return search.busy ? `…${part}` : "no match";
    const total = format.count(search.total);
    const at =
      this.current >= 0
        ? `${format.count(this.current + 1)} of ${total}`
        : `${total} match${search.total === 1 ? "" : "es"}`;
    return at + part;
  }

  stop(): void {
    this.search?.stop();
    this.search = null;
  }

  private async run(search: LogSearch): Promise<void> {
    try {
      await search.run();
    } catch (error) {
      if (search !== this.search) return;
      this.problem = messageOf(error);
      this.changed();
    }
  }
}
