/** Longer than a frame takes. */
const LIMIT_MS = 100;

/** Resolves when a window's first picture is on screen (Paint Timing). A window that nobody sees makes none. */
export function painted(): Promise<void> {
  return new Promise((resolve) => {
    new PerformanceObserver((list) => {
      // The ground alone is a paint too.
      if (list.getEntriesByName('first-contentful-paint').length > 0) resolve();
    }).observe({ type: 'paint', buffered: true });
    setTimeout(resolve, LIMIT_MS);
  });
}
