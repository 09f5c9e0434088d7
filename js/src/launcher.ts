// The form that starts runs. Its Python half is fusion_jupyter/widgets/launcher.py.

import "./launcher.css";
import { Channel } from "./lib/channel.js";
import { LaunchForm, type FormState } from "./lib/launch_form.js";
import type { Model } from "./lib/types.js";

export default () => {
  let channel: Channel;
  return {
    initialize({ model }: { model: Model }): () => void {
      channel = new Channel(model);
      return () => channel.dispose();
    },
    render({ model, el }: { model: Model; el: HTMLElement }): () => void {
      const form = new LaunchForm(model.get("form") as FormState, channel.ask);
      el.append(form.element);
      return () => form.dispose();
    },
  };
};
