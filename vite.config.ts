/** Builds the extension: `BROWSER_TARGET=chrome|firefox vite build` → dist/chrome, dist/firefox. */
import { crx } from '@crxjs/vite-plugin';
import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';
import { type BrowserTarget, extensionManifest } from './manifest/extension.ts';

const browser: BrowserTarget = process.env.BROWSER_TARGET === 'firefox' ? 'firefox' : 'chrome';

export default defineConfig({
  root: 'extension',
  plugins: [preact(), crx({ manifest: extensionManifest(browser), browser })],
  define: { __FIREFOX__: JSON.stringify(browser === 'firefox') },
  build: {
    outDir: `../dist/${browser}`,
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: false,
    rolldownOptions: { input: { page: 'extension/ui/page/index.html' } },
  },
});
