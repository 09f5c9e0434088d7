// The form that starts runs. Its Python half is fusion_jupyter/widgets/launcher.py.

import "./launcher.css";
import { Channel } from "../channel/channel.js";
import type { Model } from "../channel/model.js";
import { type Ask, asker } from "../channel/rpc.js";
import type { FormState } from "../types.js";
import { LaunchForm } from "./launch_form.js";

export default () => {
  let ask: Ask;
  return {
    initialize({ model }: { model: Model }): void {
      ask = asker(model, Channel.of(model));
    },
    render({ model, el }: { model: Model; el: HTMLElement }): () => void {
      const form = new LaunchForm(model.get("form") as FormState, ask);
      el.classList.add("fj-host");
      el.append(form.element);
      return () => form.dispose();
    },
  };
};
