// Splits a log line into its parts. Mirrors fusion_jupyter/logs/line_parts.py;
// tests/contracts/log_lines.json checks both.

export type Severity = "error" | "warning" | "";

/** The parts of a line; without the usual prefix, all but the message are empty. */
export interface LineParts {
  date: string;
  time: string;
  /** Full name of the logger, such as fusion.core.simulation. */
  logger: string;
  level: string;
  message: string;
  severity: Severity;
}

// 2026-11-23 19:05:52,072 - fusion.core.simulation - INFO - message
const PREFIX =
  /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d[,.]\d+) - ([\w.-]*[\w-]) - (DEBUG|INFO|WARNING|ERROR|CRITICAL) - /;
const LEVEL = /^.{0,160}?\b(?:(ERROR|CRITICAL|FATAL|Traceback \(most)|(WARN|WARNING))\b/;
// The last line of a traceback.
const EXCEPTION = /^(?:\w+\.)*\w*(?:Error|Exception)(?::|$)/;

const SEVERITIES: Readonly<Record<string, Severity>> = {
  WARNING: "warning",
  ERROR: "error",
  CRITICAL: "error",
};

/** Severity of a line without the usual prefix, by the words at its beginning. */
const severityOf = (text: string): Severity => {
  const match = LEVEL.exec(text);
  if (!match) return EXCEPTION.test(text) ? "error" : "";
  return match[1] ? "error" : "warning";
};

/** Splits a line's text, from `textOf`, into its parts. */
export const partsOf = (text: string): LineParts => {
  const match = PREFIX.exec(text);
  if (!match) {
    return { date: "", time: "", logger: "", level: "", message: text, severity: severityOf(text) };
  }
  const [prefix, date = "", time = "", logger = "", level = ""] = match;
  const message = text.slice(prefix.length);
  return { date, time, logger, level, message, severity: SEVERITIES[level] ?? "" };
};
