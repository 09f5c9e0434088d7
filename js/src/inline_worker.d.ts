// A module that the bundler makes: a worker whose code is part of the bundle.
declare module "*?worker&inline" {
  const InlineWorker: new () => Worker;
  export default InlineWorker;
}
