import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// The pages ship inside the Python package. Nothing is inlined: the server's content-security policy refuses inline
// scripts, inline styles and data: fonts.
export default defineConfig({
  plugins: [svelte()],
  build: {
    outDir: "../src/profundo/studio/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: { proxy: { "/api": "http://127.0.0.1:8100", "/ws": { target: "ws://127.0.0.1:8100", ws: true } } },
});
