// The table of many runs. Its Python half is fusion_jupyter/widgets/runs_table.py.

import "./runs_table.css";
import { widget } from "../ui/widget.js";
import { readRows } from "./offline_rows.js";
import { RunsClient } from "./runs_client.js";
import { RunsPanel } from "./runs_panel.js";

export default widget<RunsClient>(
  (model) => new RunsClient(model),
  (client) => new RunsPanel(client),
  readRows,
);
