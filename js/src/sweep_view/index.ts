// The view of a sweep. Its Python half is fusion_jupyter/widgets/sweep_view.py.

import "./sweep_view.css";
import type { Model } from "../channel/model.js";
import { frames } from "../ui/frames.js";
import { SweepClient } from "./sweep_client.js";
import { SweepPanel } from "./sweep_panel.js";

/** One client per model, shared by its views: JupyterLab can show an output in several places. */
export default () => {
  let client: SweepClient;
  return {
    initialize({ model }: { model: Model }): () => void {
      client = new SweepClient(model);
      return () => client.dispose();
    },
    render({ el }: { el: HTMLElement }): () => void {
      let panel: SweepPanel | null = null;
      const build = (): void => {
        panel = new SweepPanel(client);
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
