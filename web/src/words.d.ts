// Made by vite.config.ts out of src/words.
declare module "virtual:keys" {
  const keys: [page: string, names: string[]][];
  export default keys;
}
declare module "virtual:words/*" {
  const texts: string[][];
  export default texts;
}
