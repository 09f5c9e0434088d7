import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Channel, type Listener } from "../../src/channel/channel.js";
import type { Model } from "../../src/channel/model.js";

type Handler = (message: unknown, buffers?: DataView[]) => void;

/** The kernel's side of a channel, at the boundary that JupyterLab provides. */
class Kernel {
  said: Record<string, unknown>[] = [];
  handlers: Handler[] = [];
  dead = false;
  hub = {
    on: (_: string, handler: Handler) => this.handlers.push(handler),
    off: () => undefined,
    send: (content: Record<string, unknown>) => this.send(content),
  } as Record<string | symbol, unknown>;
  model = {
    get: (key: string) => (key === "channel" ? "IPY_MODEL_1234" : undefined),
    send: (content: Record<string, unknown>) => this.send(content),
    widget_manager: {
      get_model: async (id: string) => {
        if (id !== "1234") throw new Error("no such model");
        return this.hub;
      },
    },
  } as unknown as Model;

  send(content: Record<string, unknown>): void {
    if (this.dead) throw new Error("the comm is closed");
    this.said.push(content);
  }

  say(message: unknown, buffers: DataView[] = []): void {
    for (const handler of this.handlers) handler(message, buffers);
  }
}

class Shown implements Listener {
  taken: number[] = [];
  ended = false;
  constructor(
    readonly key: string,
    public rev = 1,
  ) {}
  receive(state: unknown): void {
    this.rev = (state as { rev: number }).rev;
    this.taken.push(this.rev);
  }
  deleted(): void {
    this.ended = true;
  }
}

const state = (rev: number) => ({ rev });
let kernel: Kernel;
let channel: Channel;

beforeEach(async () => {
  vi.useFakeTimers();
  kernel = new Kernel();
  channel = (await Channel.of(kernel.model))!;
});

afterEach(() => vi.useRealTimers());

test("all widgets of a kernel have one channel, also when their modules are loaded apart", async () => {
  expect(await Channel.of(kernel.model)).toBe(channel);
  vi.resetModules();
  const apart = await import("../../src/channel/channel.js");
  expect(apart.Channel).not.toBe(Channel);
  expect(await apart.Channel.of(kernel.model)).toBe(channel);
  expect(kernel.handlers.length).toBe(1);
});

test("a saved notebook has no channel", async () => {
  const get = (key: string) => (key === "channel" ? "IPY_MODEL_gone" : undefined);
  expect(await Channel.of({ ...kernel.model, get } as Model)).toBeNull();
  expect(
    await Channel.of({ ...kernel.model, get: () => undefined } as unknown as Model),
  ).toBeNull();
});

test("a message goes to those who show its runs", () => {
  const [one, two, other] = [new Shown("a"), new Shown("a"), new Shown("b")];
  const stop = channel.listen(one);
  channel.listen(two);
  channel.listen(other);
  kernel.say({ n: 1, subjects: { a: state(2), c: state(9) } });
  expect([one.taken, two.taken, other.taken]).toEqual([[2], [2], []]);
  stop();
  kernel.say({ n: 2, subjects: { a: state(3) }, gone: ["b"] });
  expect([one.taken, two.taken, other.ended]).toEqual([[2], [2, 3], true]);
});

test("what is here is said for all runs in one message, and the least of two views counts", () => {
  for (let n = 0; n < 50; n += 1) channel.listen(new Shown(`run${n}`, n));
  channel.listen(new Shown("run7", 3));
  vi.advanceTimersByTime(1000);
  expect(kernel.said.length).toBe(1);
  const { kind, subjects } = kernel.said[0] as { kind: string; subjects: Record<string, number> };
  expect(kind).toBe("have");
  expect(Object.keys(subjects).length).toBe(50);
  expect([subjects.run7, subjects.run49]).toEqual([3, 49]);
});

test("a message that was lost is noticed, and the page says what it has of every run", () => {
  channel.listen(new Shown("a"));
  channel.listen(new Shown("b", 5));
  vi.advanceTimersByTime(1000);
  kernel.say({ n: 1 });
  kernel.say({ n: 2, subjects: { a: state(2) } });
  vi.advanceTimersByTime(1000);
  expect(kernel.said.length).toBe(1);
  kernel.say({ n: 4, subjects: { a: state(4) } });
  vi.advanceTimersByTime(1000);
  expect(kernel.said.slice(1)).toEqual([{ kind: "have", subjects: { a: 4, b: 5 } }]);
});

test("an answer finds its question, with its bytes, or with what was wrong", async () => {
  const good = channel.ask(kernel.model, "read", { path: "x" });
  const bad = channel.ask(kernel.model, "list");
  const [first, second] = kernel.said as { id: string; operation: string; path?: string }[];
  expect([first!.operation, first!.path, second!.operation]).toEqual(["read", "x", "list"]);
  const bytes = new Uint8Array([0, 7, 8, 9]);
  const buffers = [new DataView(new ArrayBuffer(1)), new DataView(bytes.buffer, 1, 2)];
  kernel.say(
    {
      n: 1,
      replies: [
        { id: second!.id, error: "no such folder" },
        { id: first!.id, value: { size: 9 }, buffer: 1 },
        { id: "of another page", value: {} },
      ],
    },
    buffers,
  );
  const answer = await good;
  expect([answer.value, [...answer.bytes]]).toEqual([{ size: 9 }, [7, 8]]);
  await expect(bad).rejects.toThrow("no such folder");
});

test("a kernel that never answers, or is dead, is told", async () => {
  const late = channel.ask(kernel.model, "list");
  const told = expect(late).rejects.toThrow("does not answer");
  await vi.advanceTimersByTimeAsync(61_000);
  await told;
  kernel.dead = true;
  await expect(channel.ask(kernel.model, "list")).rejects.toThrow("no kernel");
  channel.listen(new Shown("a"));
  expect(() => vi.advanceTimersByTime(1000)).not.toThrow();
});

test("a channel that says nothing for some seconds is silent", () => {
  vi.advanceTimersByTime(2000);
  expect(channel.silent).toBe(false);
  vi.advanceTimersByTime(2000);
  expect(channel.silent).toBe(true);
  kernel.say({ n: 1 });
  expect(channel.silent).toBe(false);
});
