// The view of a sweep. Its Python half is fusion_jupyter/widgets/sweep_view.py.

import "./sweep_view.css";
import { widget } from "../ui/widget.js";
import { readPoints } from "./offline_points.js";
import { SweepClient } from "./sweep_client.js";
import { SweepPanel } from "./sweep_panel.js";

export default widget<SweepClient>(
  (model) => new SweepClient(model),
  (client) => new SweepPanel(client),
  readPoints,
);
