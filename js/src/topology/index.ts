// Maps of networks and runs. Their Python half is fusion_jupyter/widgets/topology.py.

import "./topology.css";
import { widget } from "../ui/widget.js";
import { TopologyClient } from "./topology_client.js";
import { TopologyPanel } from "./topology_panel.js";

export default widget(
  (model) => new TopologyClient(model),
  (client) => new TopologyPanel(client),
);
