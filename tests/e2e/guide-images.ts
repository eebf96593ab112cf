/**
 * The pictures of the guides, light and dark: takes those that docs/*.md show out of shots/, half as large and as WebP,
 * into docs/images. Chromium itself encodes them, so nothing has to be installed.
 * Usage: npm run shots && npm run shots:dashboard && npm run guide-images
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { chromium, type Page } from 'playwright-core';

const SHOTS = resolve('shots');
const IMAGES = resolve('docs/images');
const SUFFIX = '.webp';
const QUALITY = 0.75;
/** CSS pixels; a shot has twice as many. A page is shrunk once more, as guides are read in a column. */
const WIDTH = { popup: 280, phone: 280, page: 640 } as const;
/** A long page is cut here. */
const MAX_HEIGHT = 620;
const MAX_BYTES = 90_000;

/** `images/popup-off.webp` in any guide, or `images/popup-off-dark.webp`. */
function wanted(): string[] {
  const guides = readdirSync('docs').filter((name) => name.endsWith('.md'));
  const named = guides.flatMap((name) => [
    ...readFileSync(join('docs', name), 'utf8').matchAll(/images\/([a-z-]+)\.webp/g),
  ]);
  return [...new Set(named.map(([, name = '']) => name))].toSorted();
}

function shotOf(name: string): string {
  return join(SHOTS, name.endsWith('-dark') ? `${name}.png` : `${name}-light.png`);
}

async function encode(page: Page, png: Buffer, width: number): Promise<Buffer> {
  const source = `data:image/png;base64,${png.toString('base64')}`;
  const given = { source, width, maxHeight: MAX_HEIGHT, quality: QUALITY };
  const url = await page.evaluate(async ({ source, width, maxHeight, quality }) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const canvas = document.createElement('canvas');
    // Two device pixels each where the screen has them.
    const scale = Math.min(1, (2 * width) / image.width);
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.min(2 * maxHeight, Math.round(image.height * scale));
    const context = canvas.getContext('2d');
    if (!context) throw new Error('no canvas');
    context.imageSmoothingQuality = 'high';
    context.drawImage(image, 0, 0, canvas.width, image.height * scale);
    return canvas.toDataURL('image/webp', quality);
  }, given);
  return Buffer.from(url.split(',')[1] ?? '', 'base64');
}

async function main(): Promise<void> {
  const names = wanted();
  const missing = names.filter((name) => !existsSync(shotOf(name)));
  if (missing.length > 0)
    throw new Error(`no such shot: ${missing.join(', ')}; run "npm run shots" and "npm run shots:dashboard" first`);
  for (const name of readdirSync(IMAGES))
    if (name.endsWith(SUFFIX) && !names.includes(name.slice(0, -SUFFIX.length))) rmSync(join(IMAGES, name));
  const browser = await chromium.launch({ executablePath: '/usr/lib/chromium/chromium', args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    for (const name of names) {
      const width = name.startsWith('popup') ? WIDTH.popup : name.includes('-phone') ? WIDTH.phone : WIDTH.page;
      const image = await encode(page, readFileSync(shotOf(name)), width);
      if (image.length > MAX_BYTES) throw new Error(`${name}: ${image.length} bytes are too many for a guide`);
      writeFileSync(join(IMAGES, `${name}${SUFFIX}`), image);
      console.log(`${name}${SUFFIX}  ${Math.round(image.length / 1000)} kB`);
    }
  } finally {
    await browser.close();
  }
}

await main();
