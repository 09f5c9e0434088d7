// What every widget is to anywidget: one client per model, and one panel per place that shows it.

import type { Model } from "../channel/model.js";
import { frames } from "./frames.js";

interface Disposable {
  dispose(): void;
}

interface Panel extends Disposable {
  readonly element: HTMLElement;
}

/**
 * A widget's two hooks.
 *
 * @param connect makes the client of a model; its views share it, because JupyterLab can show an
 *   output in several places
 * @param show makes the panel of a view
 * @param accompany runs beside the client, and returns how to stop it
 */
export const widget =
  <Client extends Disposable>(
    connect: (model: Model) => Client,
    show: (client: NoInfer<Client>) => Panel,
    accompany: (client: NoInfer<Client>) => () => void = () => () => {},
  ) =>
  () => {
    let client: Client;
    return {
      initialize({ model }: { model: Model }): () => void {
        client = connect(model);
        const stop = accompany(client);
        return () => {
          stop();
          client.dispose();
        };
      },
      render({ el }: { el: HTMLElement }): () => void {
        let panel: Panel | null = null;
        const build = (): void => {
          panel = show(client);
          el.append(panel.element);
        };
        el.classList.add("fj-host");
        // In the next frame: many views of one cell are built one after the other.
        frames.add(build);
        return () => {
          frames.delete(build);
          panel?.dispose();
        };
      },
    };
  };
