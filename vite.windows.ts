/**
 * A window of the extension starts with few files: the browser's own thread takes longer to hand one over than the
 * window takes to read it, and nobody sees anything before those are here that it is drawn with.
 */
import { resolve } from 'node:path';
import type { Plugin, Rolldown } from 'vite';

const EARLY = resolve('extension/ui/early.ts');
const POPUP = resolve('extension/ui/popup/main.tsx');
const PAGE = resolve('extension/ui/page/main.tsx');
const BACKGROUND = resolve('extension/background/index.ts');

/** The first script is one file, what both windows get next another, and what the background needs of that a third. */
export const windowChunks: Rolldown.CodeSplittingOptions = {
  groups: [
    {
      debugName: 'windows',
      name: (id, modules) => {
        const starts = (entry: string) => closure(entry, modules).has(id);
        if (starts(EARLY)) return 'early';
        if (!starts(POPUP)) return null;
        if (starts(BACKGROUND)) return 'shared';
        return starts(PAGE) ? 'window' : null;
      },
    },
  ],
};

const closures = new Map<string, ReadonlySet<string>>();

/** What runs before the entry does: its static imports, and theirs. */
function closure(entry: string, modules: Rolldown.ChunkingContext): ReadonlySet<string> {
  const known = closures.get(entry);
  if (known) return known;
  const all = new Set([entry]);
  for (const id of all) for (const imported of modules.getModuleInfo(id)?.importedIds ?? []) all.add(imported);
  closures.set(entry, all);
  return all;
}

/**
 * The polyfill is a UMD file. A bundler's bridge to one copies each property of what it exports, and a browser makes an
 * API when it is first touched: all of them, for nothing, before a window draws.
 */
export function polyfillAsModule(): Plugin {
  return {
    name: 'polyfill-as-module',
    transform: {
      filter: { id: /webextension-polyfill\/dist\/browser-polyfill\.js$/ },
      handler: (code) => ({
        code: `const module = { exports: {} };\nconst { exports } = module;\n${code}\nexport default module.exports;\n`,
        map: null,
      }),
    },
  };
}

/** The style of the first picture comes with the page itself. */
export function inlineStyle(): Plugin {
  const inlined = new Set<string>();
  return {
    name: 'inline-style',
    apply: 'build',
    enforce: 'post',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        return html.replace(/<link rel="stylesheet"[^>]* href="\/([^"]+)">/g, (link, file: string) => {
          const sheet = bundle[file];
          if (sheet?.type !== 'asset') return link;
          inlined.add(file);
          return `<style>${sheet.source}</style>`;
        });
      },
    },
    // After both pages are made, and before vite writes down which sheets a later part of a window waits for.
    generateBundle(_, bundle) {
      for (const file of inlined) {
        delete bundle[file];
        for (const chunk of Object.values(bundle)) {
          if (chunk.type === 'chunk') chunk.viteMetadata?.importedCss.delete(file);
        }
      }
    },
  };
}
