// The view of one run. Its Python half is fusion_jupyter/widgets/run_view.py.

import "./run_view.css";
import { widget } from "../ui/widget.js";
import { watchWhileSilent } from "../watch/offline_watch.js";
import { RunClient } from "./run_client.js";
import { RunPanel } from "./run_panel.js";

export default widget<RunClient>(
  (model) => new RunClient(model),
  (client) => new RunPanel(client),
  watchWhileSilent,
);
