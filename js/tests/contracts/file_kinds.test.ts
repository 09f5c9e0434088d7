import { expect, test } from "vitest";
import contract from "../../../tests/contracts/file_kinds.json?raw";
import { kindOf } from "../../src/files/kinds.js";

test("a name tells the kind that the contract says", () => {
  const kinds = Object.entries(JSON.parse(contract) as Record<string, string>);
  expect(kinds.length).toBeGreaterThan(40);
  for (const [name, kind] of kinds) expect(kindOf(name), name).toBe(kind);
});
