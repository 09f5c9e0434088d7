// How curves are told apart: the shade tells the value of the parameter with the most values, the
// dashes that of another one.

import { html, nothing, svg, type TemplateResult } from "lit-html";

// More dash patterns than this cannot be distinguished.
const DASHES = ["", "6 3", "2 3", "8 3 2 3"];
/** Of more values the legend shows only the ends. */
const MOST_SAMPLES = 8;

/** A parameter that can be seen in the chart. */
interface Seen {
  /** Position of the parameter. */
  at: number;
  name: string;
  values: string[];
}

export interface Look {
  /** From 0 to 1; null: the shade tells nothing. */
  shade: number | null;
  dash: string;
}

export class Looks {
  private readonly shaded: Seen | undefined;
  private readonly dashed: Seen | undefined;
  /** Names of the parameters that cannot be seen. */
  private readonly unseen: string[];

  constructor(names: readonly string[], points: readonly { values: readonly string[] }[]) {
    const varied = names
      .map((name, at) => ({
        at,
        name,
        values: [...new Set(points.map((each) => each.values[at]!))],
      }))
      .filter(({ values }) => values.length > 1)
      // Of equally many values, the last parameter's: in a grid that is the one across.
      .reverse()
      .sort((a, b) => b.values.length - a.values.length);
    this.shaded = varied.shift();
    this.dashed = varied.find(({ values }) => values.length <= DASHES.length);
    this.unseen = varied.filter((each) => each !== this.dashed).map(({ name }) => name);
  }

  /** The look of a point's curve. */
  of(values: readonly string[]): Look {
    const { shaded, dashed } = this;
    return {
      shade: shaded ? shadeOf(shaded, values[shaded.at]!) : null,
      dash: dashed ? dashOf(dashed, values[dashed.at]!) : "",
    };
  }

  /** A sample of the curves with this value of a parameter; nothing if it cannot be seen. */
  sample(name: string, value: string): TemplateResult | typeof nothing {
    const { shaded, dashed } = this;
    if (name === shaded?.name) return sample({ shade: shadeOf(shaded, value), dash: "" });
    if (name === dashed?.name) return sample({ shade: null, dash: dashOf(dashed, value) });
    return nothing;
  }

  /** The legend of a chart beside which there is no grid. */
  legend(): TemplateResult {
    const parts = [this.shaded, this.dashed].map((seen) => {
      if (!seen) return nothing;
      const { name, values } = seen;
      const ends = values.length > MOST_SAMPLES;
      const shown = ends ? [values[0]!, values.at(-1)!] : values;
      const samples = shown.map(
        (value, index) =>
          html`${ends && index ? "… " : ""}<span>${this.sample(name, value)}${value}</span> `,
      );
      return html`<div><b>${name}</b> ${samples}</div>`;
    });
    const unseen = this.unseen.length
      ? html`<div>alike in the chart: <b>${this.unseen.join(", ")}</b></div>`
      : nothing;
    return html`${parts}${unseen}`;
  }
}

const shadeOf = ({ values }: Seen, value: string): number =>
  values.indexOf(value) / (values.length - 1);

const dashOf = ({ values }: Seen, value: string): string => DASHES[values.indexOf(value)] ?? "";

const sample = ({ shade, dash }: Look): TemplateResult => html`<svg class="fj-sample"
  width="22" height="6" aria-hidden="true" style=${
    shade === null ? "--fj-curve: var(--fj-ink2)" : `--fj-shade: ${shade.toFixed(2)}`
  }>${svg`<path d="M0 3H22" stroke-dasharray=${dash || nothing}></path>`}</svg>`;
