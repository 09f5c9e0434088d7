// The parts of Jupyter's widget models that we use.

/** An anywidget model. */
export interface Model {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  on(name: string, callback: (...args: never[]) => void): void;
  off(name: string, callback?: (...args: never[]) => void): void;
  widget_manager: {
    get_model(id: string): Promise<ChannelModel>;
    create_view(model: unknown): Promise<InnerView>;
  };
}

/** A view of another widget; its element can be put anywhere. */
export interface InnerView {
  el: HTMLElement;
  remove(): void;
}

/** The raw model of the channel, which all widgets of a kernel share. */
export interface ChannelModel {
  send(content: unknown): void;
  [shared: symbol]: unknown;
  on(name: string, callback: (...args: never[]) => void): void;
  off(name: string, callback: (...args: never[]) => void): void;
}
