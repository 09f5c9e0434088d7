import { expect, test } from "vitest";
import { pageServer, pathBelow } from "../../src/files/server.js";

test("a run below the server's root has a path there; others and hidden ones have none", () => {
  expect(pathBelow("/home/ann/study/fusion_runs/0123", "/home/ann", "/home/ann")).toBe(
    "study/fusion_runs/0123",
  );
  expect(pathBelow("/home/ann/study/fusion_runs/0123", "~/study", "/home/ann")).toBe(
    "fusion_runs/0123",
  );
  expect(pathBelow("/home/annika/fusion_runs/0123", "/home/ann", "/home/ann")).toBeNull();
  expect(pathBelow("/home/ann/.cache/fusion_runs/0123", "/home/ann", "/home/ann")).toBeNull();
});

test("outside of Jupyter there is no server", () => {
  document.body.innerHTML = "";
  expect(pageServer(document)).toBeNull();
  document.body.innerHTML =
    '<script id="jupyter-config-data" type="application/json">{"baseUrl": 5}</script>';
  expect(pageServer(document)).toBeNull();
});
