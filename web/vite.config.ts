import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";
import ca from "./src/words/ca.json" with { type: "json" };
import en from "./src/words/en.json" with { type: "json" };
import es from "./src/words/es.json" with { type: "json" };

type Words = Record<string, Record<string, string>>;

/** "virtual:keys" is {page: [names]}, "virtual:words/es" the texts in that order: the names are shipped once for all. */
function words(): Plugin {
  const languages: Record<string, Words> = { en, es, ca };
  const keys = Object.entries(languages.en!).map(([page, texts]) => [page, Object.keys(texts)] as const);
  return {
    name: "words",
    resolveId: (id) => (id.startsWith("virtual:") ? `\0${id}` : undefined),
    load(id) {
      const [, what, language] = /^\0virtual:(keys|words)(?:\/(\w+))?$/.exec(id) ?? [];
      if (!what) return undefined;
      const own = languages[language ?? ""];
      const told = what === "keys" ? keys : keys.map(([page, names]) => names.map((name) => own?.[page]?.[name] ?? ""));
      return `export default ${JSON.stringify(told)}`;
    },
  };
}

// The pages ship inside the Python package. Nothing is inlined: the server's content-security policy refuses inline
// scripts, inline styles and data: fonts.
export default defineConfig({
  plugins: [words(), svelte()],
  build: {
    outDir: "../src/profundo/studio/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // that know light-dark()
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: /node_modules|src\/lib|src\/App|src\/main/ }] } } },
    reportCompressedSize: true,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8100", "/ws": { target: "ws://127.0.0.1:8100", ws: true } } },
});
