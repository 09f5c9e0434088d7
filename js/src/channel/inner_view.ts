// Another widget's view inside one of this package's views, such as a run below a table of runs.

import type { InnerView, Model } from "./model.js";

/**
 * Make a view of another widget of the same kernel.
 * @param reference value of a trait that holds the widget: "IPY_MODEL_" and its id
 */
export const innerView = async (model: Model, reference: string): Promise<InnerView> => {
  const { widget_manager: manager } = model;
  const inner = await manager.get_model(reference.replace("IPY_MODEL_", ""));
  return manager.create_view(inner);
};
