// The view of a search for loads. Its Python half is fusion_jupyter/widgets/search_view.py.

import "./search_view.css";
import type { Model } from "../channel/model.js";
import { frames } from "../ui/frames.js";
import { SearchClient } from "./search_client.js";
import { SearchPanel } from "./search_panel.js";

/** One client per model, shared by its views: JupyterLab can show an output in several places. */
export default () => {
  let client: SearchClient;
  return {
    initialize({ model }: { model: Model }): () => void {
      client = new SearchClient(model);
      return () => client.dispose();
    },
    render({ el }: { el: HTMLElement }): () => void {
      let panel: SearchPanel | null = null;
      const build = (): void => {
        panel = new SearchPanel(client);
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
