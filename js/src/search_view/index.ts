// The view of a search for loads. Its Python half is fusion_jupyter/widgets/search_view.py.

import "./search_view.css";
import { widget } from "../ui/widget.js";
import { SearchClient } from "./search_client.js";
import { SearchPanel } from "./search_panel.js";

export default widget(
  (model) => new SearchClient(model),
  (client) => new SearchPanel(client),
);
