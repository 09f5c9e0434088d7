// Maps of networks and runs. Their Python half is fusion_jupyter/widgets/topology.py.

import "./topology.css";
import type { Model } from "../channel/model.js";
import { TopologyClient } from "./topology_client.js";
import { TopologyPanel } from "./topology_panel.js";

/** One client per model, shared by its views: JupyterLab can show an output in several places. */
export default () => {
  let client: TopologyClient;
  return {
    initialize({ model }: { model: Model }): () => void {
      client = new TopologyClient(model);
      return () => client.dispose();
    },
    render({ el }: { el: HTMLElement }): () => void {
      const panel = new TopologyPanel(client);
      el.classList.add("fj-host");
      el.append(panel.element);
      return () => panel.dispose();
    },
  };
};
