// The form that starts runs. Its Python half is fusion_jupyter/widgets/launcher.py.

import "./launcher.css";
import { LaunchForm, type FormState } from "./lib/launch_form.js";
import { asker, Line } from "./lib/line.js";
import type { Ask } from "./lib/transport.js";
import type { Model } from "./lib/types.js";

export default () => {
  let ask: Ask;
  return {
    initialize({ model }: { model: Model }): void {
      ask = asker(model, Line.of(model));
    },
    render({ model, el }: { model: Model; el: HTMLElement }): () => void {
      const form = new LaunchForm(model.get("form") as FormState, ask);
      el.classList.add("fj-host");
      el.append(form.element);
      return () => form.dispose();
    },
  };
};
