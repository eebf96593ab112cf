/** The address of our page that stands in for a page that is blocked, and what it stands for. Pure. */

const ROUTE = '#/blocked?u=';

/** @param page the full page's own address. */
export function blockedAddress(page: string, target: string): string {
  return `${page}${ROUTE}${encodeURIComponent(target)}`;
}

/** What is blocked: an http(s) address, or null where this is no such page. */
export function blockedTarget(page: string, address: string): string | null {
  const start = `${page}${ROUTE}`;
  if (!address.startsWith(start)) return null;
  try {
    const target = new URL(decodeURIComponent(address.slice(start.length)));
    return target.protocol === 'http:' || target.protocol === 'https:' ? target.href : null;
  } catch {
    return null;
  }
}
