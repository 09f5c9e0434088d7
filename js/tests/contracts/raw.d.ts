// A file's text, which vite puts into the module.
declare module "*?raw" {
  const text: string;
  export default text;
}
