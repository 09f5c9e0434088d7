// The view of one run. Its Python half is fusion_jupyter/widgets/run_view.py.

import "./run_view.css";
import type { Model } from "../channel/model.js";
import { frames } from "../ui/frames.js";
import { watchWhileSilent } from "../watch/offline_watch.js";
import { RunClient } from "./run_client.js";
import { RunPanel } from "./run_panel.js";

/** One per model, shared by its views: JupyterLab can show an output in several places. */
export default () => {
  let client: RunClient;
  return {
    initialize({ model }: { model: Model }): () => void {
      client = new RunClient(model);
      const stop = watchWhileSilent(client);
      return () => {
        stop();
        client.dispose();
      };
    },
    render({ el }: { el: HTMLElement }): () => void {
      let panel: RunPanel | null = null;
      const build = (): void => {
        panel = new RunPanel(client);
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
