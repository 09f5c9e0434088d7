// The form that starts runs. Its Python half is fusion_jupyter/widgets/launcher.py.

import "./launcher.css";
import { asker, Line } from "../channel/channel.js";
import type { Ask } from "../files/run_files.js";
import type { Model } from "../types.js";
import { type FormState, LaunchForm } from "./launch_form.js";

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
