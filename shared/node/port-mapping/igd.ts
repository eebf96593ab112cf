/** A home router's UPnP-IGD service: finding it, and opening and closing a UDP port there. */
import dgram from 'node:dgram';
import http from 'node:http';
import type { IgdRouter } from '../../effects.ts';
import {
  type IgdAction,
  type IgdService,
  igdCall,
  igdExternalAddress,
  igdLocation,
  igdMapValues,
  igdSearch,
  igdService,
  igdUnmapValues,
  MAX_IGD_BYTES,
  SSDP_GROUP,
  SSDP_PORT,
} from '../../wire/igd.ts';

/** Routers spread their answers over up to MX = 1 second; twice, since datagrams get lost. */
const SEARCH_AGAIN_MS = 400;
const SEARCH_LIMIT_MS = 1_500;
const HTTP_LIMIT_MS = 2_000;

/** Null where the router has no such service. @param client our own address as the router sees it. */
export async function findIgd(router: string, client: string): Promise<IgdRouter | null> {
  const location = await search(router, client);
  const description = location && (await exchange(location));
  const service = location && description ? igdService(description, location) : null;
  if (!service) return null;
  return {
    async map(port, externalPort, lifetime) {
      const done = await call(service, 'AddPortMapping', igdMapValues({ client, port, externalPort, lifetime }));
      const address = done && igdExternalAddress((await call(service, 'GetExternalIPAddress', {})) ?? '');
      return address ? { address, port: externalPort } : null;
    },
    async unmap(externalPort) {
      await call(service, 'DeletePortMapping', igdUnmapValues(externalPort));
    },
  };
}

function search(router: string, client: string): Promise<URL | null> {
  return new Promise((resolve) => {
    const socket = dgram.createSocket('udp4');
    const end = (location: URL | null) => {
      clearInterval(again);
      clearTimeout(limit);
      socket.removeAllListeners('message').close();
      resolve(location);
    };
    const ask = () => {
      // By itself too: some routers, and some Wi-Fi, lose multicast.
      for (const host of [SSDP_GROUP, router]) socket.send(igdSearch(host), SSDP_PORT, host, () => {});
    };
    const again = setInterval(ask, SEARCH_AGAIN_MS);
    const limit = setTimeout(() => end(null), SEARCH_LIMIT_MS);
    socket.on('error', () => {});
    socket.on('message', (packet, from) => {
      const location = from.address === router ? igdLocation(packet.toString('latin1'), router) : null;
      if (location) end(location);
    });
    socket.bind(0, client, ask);
  });
}

function call(
  { type, control }: IgdService,
  action: IgdAction,
  values: Readonly<Record<string, string | number>>,
): Promise<string | null> {
  return exchange(control, { action: `"${type}#${action}"`, body: igdCall(type, action, values) });
}

/** The body of a 200; null for everything else, too much or too slow included. No redirect is followed. */
function exchange(url: URL, post?: { readonly action: string; readonly body: string }): Promise<string | null> {
  return new Promise((resolve) => {
    const headers = post && {
      'Content-Type': 'text/xml; charset="utf-8"',
      'Content-Length': Buffer.byteLength(post.body),
      SOAPAction: post.action,
    };
    const signal = AbortSignal.timeout(HTTP_LIMIT_MS);
    const request = http.request(url, { method: post ? 'POST' : 'GET', headers, signal, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_IGD_BYTES) request.destroy();
        else chunks.push(chunk);
      });
      response.on('end', () => resolve(response.statusCode === 200 ? Buffer.concat(chunks).toString('utf8') : null));
      response.on('close', () => resolve(null));
    });
    request.on('error', () => resolve(null));
    request.end(post?.body);
  });
}
