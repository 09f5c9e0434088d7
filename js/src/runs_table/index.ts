// The table of many runs. Its Python half is fusion_jupyter/widgets/runs_table.py.

import "./runs_table.css";
import type { Model } from "../channel/model.js";
import { frames } from "../ui/frames.js";
import { readWhileSilent } from "./offline_rows.js";
import { RunsClient } from "./runs_client.js";
import { RunsPanel } from "./runs_panel.js";

/** One per model, shared by its views: JupyterLab can show an output in several places. */
export default () => {
  let client: RunsClient;
  return {
    initialize({ model }: { model: Model }): () => void {
      client = new RunsClient(model);
      const stop = readWhileSilent(client);
      return () => {
        stop();
        client.dispose();
      };
    },
    render({ el }: { el: HTMLElement }): () => void {
      let panel: RunsPanel | null = null;
      const build = (): void => {
        panel = new RunsPanel(client);
        el.append(panel.element);
      };
      el.classList.add("fj-host");
      frames.add(build);
      return () => {
        frames.delete(build);
        panel?.dispose();
      };
    },
  };
};
