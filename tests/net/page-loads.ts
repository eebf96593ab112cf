/**
 * Played inside a page: every way in which one can make a browser speak to `one.example`. Hints come first, so that
 * there is time for what they start. Resolves when the workers have answered; the rest is seen at the exit.
 */
export async function loadFromEverywhere(): Promise<{ readonly worker: string; readonly serviceWorker: string }> {
  const site = `${location.protocol}//one.example`;
  const hint = (rel: string, href: string) =>
    document.head.append(Object.assign(document.createElement('link'), { rel, href }));
  hint('dns-prefetch', '//hinted.one.example');
  hint('dns-prefetch', '//no.example');
  hint('preconnect', `${location.protocol}//connected.one.example`);
  hint('preconnect', `${location.protocol}//no.example`);
  hint('prefetch', `${site}/prefetch`);
  hint('prerender', `${site}/prerender`);
  const rules = { prefetch: [{ urls: [`${site}/speculated`] }], prerender: [{ urls: [`${site}/speculated-too`] }] };
  document.head.append(
    Object.assign(document.createElement('script'), { type: 'speculationrules', textContent: JSON.stringify(rules) }),
  );
  const image = new Image();
  image.src = `${site}/image`;
  const socket = new WebSocket(`${site.replace('http', 'ws')}/socket`);
  const closed = new Promise((done) => socket.addEventListener('error', done));
  navigator.sendBeacon(`${site}/beacon`, 'x');
  const work = `fetch('${site}/worker', { mode: 'no-cors' }).then(() => postMessage('fetched'), () => postMessage('failed'))`;
  const worker = new Worker(URL.createObjectURL(new Blob([work])));
  const worked = new Promise<string>((done) => worker.addEventListener('message', ({ data }) => done(data)));
  const link = Object.assign(document.createElement('a'), { href: `${site}/download`, download: 'file' });
  document.body.append(link);
  const throughServiceWorker = async (): Promise<string> => {
    await navigator.serviceWorker.register('/sw.js');
    const { active } = await navigator.serviceWorker.ready;
    const answered = new Promise<string>((done) =>
      navigator.serviceWorker.addEventListener('message', ({ data }) => done(data)),
    );
    active?.postMessage(`${site}/service-worker`);
    return answered;
  };
  // A direct page's own server has no such script.
  const serviceWorker = await throughServiceWorker().catch(() => 'none');
  const answer = { worker: await worked, serviceWorker };
  await closed;
  // Else the browser looks for a newer one some day, on whatever way the site has then.
  await (await navigator.serviceWorker.getRegistration())?.unregister();
  link.click();
  return answer;
}
