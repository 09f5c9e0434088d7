// Descriptions of the marked item and of a map, in words.

import type { NetworkMap, TopologyState } from "../types.js";
import { count, load } from "../ui/format.js";
import type { Mark } from "./marks.js";
import { ranked, valueText } from "./scale.js";
import type { Shown } from "./topology_client.js";

const NARROW = "\u202f";
const MOST_SPOKEN = 3;

export const kilometres = (length: number | null): string =>
  length === null ? "unknown" : `${count(length)}${NARROW}km`;

/** The name of a link, from those of its ends. */
export const linkName = ({ nodes, links }: NetworkMap, number: number): string => {
  const [source, target] = links[number]!;
  return `${nodes[source]![0]} – ${nodes[target]![0]}`;
};

/** The links of a node, by number. */
export const linksOf = ({ links }: NetworkMap, node: number): number[] =>
  links.flatMap(([source, target], number) => (source === node || target === node ? [number] : []));

/** Mean of the known values of a node's links; null if none is known. */
export const meanOf = ({ map, use }: Shown, node: number): number | null => {
  const values = linksOf(map, node)
    .map((link) => use?.values[link] ?? null)
    .filter((value) => value !== null);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
};

/** The size of a network. */
export const facts = ({ nodes, links }: NetworkMap): string => {
  const lengths = links.map(([, , length]) => length).filter((length) => length !== null);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const known = lengths.length > 0 && lengths.length === links.length;
  return [
    `${count(nodes.length)} node${nodes.length === 1 ? "" : "s"}`,
    `${count(links.length)} link${links.length === 1 ? "" : "s"}`,
    ...(known ? [`mean ${kilometres(mean)}`] : []),
  ].join(" · ");
};

/** What distinguishes a map from the others. */
export const titleOf = ({ panel, erlang }: Shown, state: TopologyState): string => {
  const at = state.each_load && erlang !== null ? `${load(erlang)} Erlang` : "";
  return [...(state.panels.length > 1 ? [panel.title] : []), at].filter(Boolean).join(", ");
};

/** A link or a node with everything known about it. */
export const described = (mark: Mark, shown: readonly Shown[], state: TopologyState): string => {
  const here = shown.filter(({ panel }) => panel.map === mark.map);
  const { map } = here[0]!;
  const values = (of: (each: Shown) => number | null): string => {
    if (!state.metric) return "";
    const texts = here.map((each) => {
      const title = titleOf(each, state);
      return `${title && `${title}: `}${valueText(of(each), state.metric)}`;
    });
    return texts.join(" · ");
  };
  if (mark.kind === "link") {
    const { number } = mark;
    const rank =
      here.length === 1 && (here[0]!.use?.values[number] ?? null) !== null
        ? `rank ${ranked(here[0]!.use!.values).indexOf(number) + 1} of ${map.links.length} by use`
        : "";
    return [
      `Link ${linkName(map, number)}`,
      `length ${kilometres(map.links[number]![2])}`,
      values(({ use }) => use?.values[number] ?? null),
      rank,
    ]
      .filter(Boolean)
      .join(" · ");
  }
  const links = linksOf(map, mark.number);
  const mean = values((each) => meanOf(each, mark.number));
  return [
    `Node ${map.nodes[mark.number]![0]}`,
    `degree ${links.length}`,
    mean && `mean of its links ${mean}`,
  ]
    .filter(Boolean)
    .join(" · ");
};

/** A map in one sentence, for screen readers. */
export const spoken = (shown: Shown, state: TopologyState): string => {
  const { map, use, erlang } = shown;
  const title = titleOf(shown, state);
  const head = `Map of ${map.name}${title && `, ${title}`}: ${facts(map)}`;
  if (!state.metric) return head;
  if (!use) return `${head}. No results yet`;
  const known = ranked(use.values).filter((number) => use.values[number] !== null);
  const busiest = known
    .slice(0, MOST_SPOKEN)
    .map((number) => `${linkName(map, number)} ${valueText(use.values[number]!, state.metric)}`);
  const said = busiest.length > 0 ? `busiest ${busiest.join(", ")}` : "use of the links unknown";
  return `${head}. ${load(erlang!)} Erlang: ${said}`;
};
