/** Builds the provider's page into dist/dashboard, which the daemon serves on loopback. */
import preact from '@preact/preset-vite';
import { defineConfig } from 'vite';

export default defineConfig({
  root: 'provider/dashboard/ui',
  plugins: [preact()],
  build: {
    outDir: '../../../dist/dashboard',
    emptyOutDir: true,
    target: 'es2023',
    modulePreload: false,
    // The page's policy allows files of its own only, nothing inlined.
    assetsInlineLimit: 0,
  },
});
