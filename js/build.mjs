// Bundles each widget's TypeScript into one ES module and one style sheet for the Python package.
// `--verify` builds in memory and fails if the committed files differ from the sources.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "..", "fusion_jupyter", "static");

// Every widget instance carries its module's text in its state, so a bundle has to stay small.
const LARGEST_BUNDLE = 100_000;

const widgets = ["run_view", "launcher", "runs_table", "sweep_view", "search_view", "topology"];

// `import Worker from "./some.js?worker&inline"`, as Vite has it: a file of its own would need an
// address, which a bundle that is loaded from a kernel does not have.
const inlineWorker = {
  name: "inline-worker",
  setup(build) {
    build.onResolve({ filter: /\?worker&inline$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path.replace(/\.js\?.*$/, ".ts")),
      namespace: "worker",
    }));
    build.onLoad({ filter: /.*/, namespace: "worker" }, async ({ path }) => {
      const { entryPoints, outdir, plugins, ...shared } = options;
      const made = await esbuild.build({ ...shared, entryPoints: [path], format: "iife" });
      const code = JSON.stringify(made.outputFiles[0].text);
      const contents = `export default class {
        constructor() {
          const address = URL.createObjectURL(new Blob([${code}], { type: "text/javascript" }));
          const worker = new Worker(address);
          URL.revokeObjectURL(address);
          return worker;
        }
      }`;
      return { contents, watchFiles: [path] };
    });
  },
};

// Indentation inside of templates would be shipped: to a browser one line break is all it means.
const withoutIndentation = {
  name: "without-indentation",
  setup(build) {
    build.onLoad({ filter: /\/src\/.*\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(/\n +/g, "\n"),
      loader: "ts",
    }));
  },
};

const options = {
  absWorkingDir: here,
  entryPoints: Object.fromEntries(widgets.map((name) => [name, `src/${name}/index.ts`])),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  // What is bundled keeps its notice of copyright.
  legalComments: "eof",
  outdir: target,
  plugins: [inlineWorker, withoutIndentation],
  write: false,
  logLevel: "warning",
};

const same = async (path, bytes) => {
  try {
    return Buffer.compare(await readFile(path), Buffer.from(bytes)) === 0;
  } catch {
    return false;
  }
};

const emit = async (result, verify) => {
  const stale = [];
  for (const file of result.outputFiles) {
    const name = file.path.slice(target.length + 1);
    if (file.contents.length > LARGEST_BUNDLE) {
      throw new Error(`${name} has ${file.contents.length} bytes; allowed: ${LARGEST_BUNDLE}`);
    }
    if (await same(file.path, file.contents)) continue;
    if (verify) {
      stale.push(name);
      continue;
    }
    await mkdir(dirname(file.path), { recursive: true });
    await writeFile(file.path, file.contents);
    console.log(`${name}: ${(file.contents.length / 1000).toFixed(1)} kB`);
  }
  if (stale.length > 0) {
    throw new Error(`Out of date: ${stale.join(", ")}. Run: npm run build`);
  }
};

const main = async () => {
  if (process.argv.includes("--watch")) {
    const plugin = {
      name: "emit",
      setup: (build) => build.onEnd((result) => emit(result, false).catch(console.error)),
    };
    const context = await esbuild.context({ ...options, plugins: [...options.plugins, plugin] });
    await context.watch();
    return;
  }
  const verify = process.argv.includes("--verify");
  await emit(await esbuild.build(options), verify);
  if (verify) console.log("The committed bundles are up to date.");
};

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
