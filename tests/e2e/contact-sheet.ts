/** All pictures side by side, a row a screen: `index.html` to click through, and PNG sheets to look at. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Page } from 'playwright-core';

interface Kind {
  readonly name: 'popup' | 'page';
  /** Of one picture on the sheet, px. */
  readonly width: number;
  readonly screensAcross: number;
  readonly screensASheet: number;
}
const KINDS: readonly Kind[] = [
  { name: 'popup', width: 200, screensAcross: 2, screensASheet: 8 },
  { name: 'page', width: 420, screensAcross: 1, screensASheet: 5 },
];

const STYLE = `
  body { margin: 24px; background: #8a8a86; font: 13px sans-serif; }
  main { display: grid; gap: 24px; align-items: start; width: max-content; }
  figure { margin: 0; } figcaption { padding: 0 0 6px; font-weight: 700; }
  .row { display: flex; gap: 10px; align-items: start; }
  img { display: block; box-shadow: 0 2px 10px #0005; }`;

/** @param looks as in the files' names, `<screen>-<look>.png`: the columns. */
export async function contactSheets(page: Page, folder: string, looks: readonly string[]): Promise<void> {
  const pictures = new Set(readdirSync(folder).filter((file) => /\.png$/.test(file)));
  const screens = [...new Set([...pictures].map((file) => file.replace(/-[a-z]+\.png$/, '')))].sort();
  const figure = (screen: string, width: number) => {
    const shown = looks.map((look) => `${screen}-${look}.png`).filter((file) => pictures.has(file));
    const images = shown.map((file) => `<a href="${file}"><img src="${file}" width="${width}" alt="${file}"></a>`);
    return `<figure><figcaption>${screen}</figcaption><div class="row">${images.join('')}</div></figure>`;
  };
  const html = (kind: Kind, names: readonly string[]) =>
    `<main style="grid-template-columns: repeat(${kind.screensAcross}, max-content)">` +
    `${names.map((name) => figure(name, kind.width)).join('')}</main>`;
  const whole: string[] = [];
  for (const kind of KINDS) {
    const own = screens.filter((screen) => screen.startsWith(`${kind.name}-`));
    whole.push(html(kind, own));
    for (let at = 0, sheet = 1; at < own.length; at += kind.screensASheet, sheet++) {
      const file = join(folder, 'sheet.html');
      writeFileSync(file, documentOf(html(kind, own.slice(at, at + kind.screensASheet))));
      await page.goto(pathToFileURL(file).href);
      await page.setViewportSize(await page.evaluate(sizeOfContent));
      await page.screenshot({ path: join(folder, `sheet-${kind.name}-${sheet}.png`), fullPage: true, scale: 'css' });
    }
  }
  writeFileSync(join(folder, 'index.html'), documentOf(whole.join('<hr>')));
}

function documentOf(body: string): string {
  return `<!doctype html><meta charset="utf-8"><title>Warren</title><style>${STYLE}</style>${body}`;
}

function sizeOfContent(): { width: number; height: number } {
  const { width, height } = (document.querySelector('main') as HTMLElement).getBoundingClientRect();
  return { width: Math.ceil(width) + 48, height: Math.ceil(height) + 48 };
}
