/** Builds the extension: `BROWSER_TARGET=chrome|firefox vite build` → dist/chrome, dist/firefox. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { crx } from '@crxjs/vite-plugin';
import preact from '@preact/preset-vite';
import { defineConfig, type Plugin } from 'vite';
import { type BrowserTarget, extensionManifest } from './manifest/extension.ts';
import { inlineStyle, polyfillAsModule, windowChunks } from './vite.windows.ts';

const browser: BrowserTarget = process.env.BROWSER_TARGET === 'firefox' ? 'firefox' : 'chrome';

/** What a store would be given; more than this is a mistake somewhere. */
const MAX_PACKED_BYTES = 400_000;

function packedSize(): Plugin {
  let folder = '';
  return {
    name: 'packed-size',
    apply: 'build',
    configResolved: ({ root, build }) => {
      folder = resolve(root, build.outDir);
    },
    closeBundle: {
      order: 'post',
      handler() {
        const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        const sizes = files.map(({ parentPath, name }) => deflateRawSync(readFileSync(join(parentPath, name))).length);
        const packed = sizes.reduce((sum, size) => sum + size, 0);
        console.log(`extension for ${browser}: ${Math.round(packed / 1000)} kB packed`);
        if (packed > MAX_PACKED_BYTES) throw new Error(`the extension is larger than ${MAX_PACKED_BYTES} bytes packed`);
      },
    },
  };
}

export default defineConfig({
  root: 'extension',
  plugins: [
    polyfillAsModule(),
    preact(),
    crx({ manifest: extensionManifest(browser), browser }),
    inlineStyle(),
    packedSize(),
  ],
  define: { __FIREFOX__: JSON.stringify(browser === 'firefox') },
  build: {
    outDir: `../dist/${browser}`,
    emptyOutDir: true,
    target: 'es2023',
    // A window fetches all that it starts with at once, not file after file as one names the next.
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { codeSplitting: windowChunks } },
  },
});
