/**
 * What is said to a home router that speaks UPnP-IGD: the search (SSDP), its description, and three
 * actions (SOAP) of WANIPConnection 1 and 2 or WANPPPConnection 1. Pure; what a router says wrong is null.
 */
import { canonicalIp } from '../base/ip.ts';

export const SSDP_PORT = 1900;
export const SSDP_GROUP = '239.255.255.250';
/** A description of a router with telephony and storage has some 30 kB. */
export const MAX_IGD_BYTES = 65_536;

/** In the order of liking. */
const SERVICES = ['WANIPConnection:2', 'WANIPConnection:1', 'WANPPPConnection:1'].map(
  (name) => `urn:schemas-upnp-org:service:${name}`,
);
/** A version-2 device answers to version 1 too (UDA 2.0 §1.3.2). */
const SEARCHED = 'urn:schemas-upnp-org:device:InternetGatewayDevice:1';

export interface IgdService {
  readonly type: string;
  readonly control: URL;
}

export interface IgdMapRequest {
  readonly client: string;
  readonly port: number;
  readonly externalPort: number;
  /** Seconds, above 0: a mapping without end would outlive us. */
  readonly lifetime: number;
}

export type IgdAction = 'AddPortMapping' | 'DeletePortMapping' | 'GetExternalIPAddress';

export function igdSearch(host: string): string {
  const lines = [
    'M-SEARCH * HTTP/1.1',
    `HOST: ${host}:${SSDP_PORT}`,
    'MAN: "ssdp:discover"',
    'MX: 1',
    `ST: ${SEARCHED}`,
  ];
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Where the router's description is. Only the router's own: a neighbour must not send us elsewhere. */
export function igdLocation(answer: string, router: string): URL | null {
  if (answer.length > 2_048 || !/^HTTP\/1\.[01] 200/.test(answer)) return null;
  const line = answer.split('\r\n').find((text) => /^location:/i.test(text));
  return line ? urlAt(line.slice('location:'.length).trim(), undefined, router) : null;
}

/** @param location where the description came from: its paths start there. */
export function igdService(description: string, location: URL): IgdService | null {
  const base = between(description, 'URLBase') || location.href;
  const found = description
    .split('<service>')
    .slice(1, 64)
    .flatMap((text) => {
      const type = between(text, 'serviceType');
      const path = between(text, 'controlURL');
      const control = path ? urlAt(path, base, location.hostname) : null;
      return type && control && SERVICES.includes(type) ? [{ type, control }] : [];
    });
  return found.sort((a, b) => SERVICES.indexOf(a.type) - SERVICES.indexOf(b.type))[0] ?? null;
}

export function igdCall(type: string, action: IgdAction, values: Readonly<Record<string, string | number>>): string {
  const body = Object.entries(values).map(([name, value]) => `<${name}>${value}</${name}>`);
  return (
    '<?xml version="1.0"?>\r\n<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
    's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>' +
    `<u:${action} xmlns:u="${type}">${body.join('')}</u:${action}></s:Body></s:Envelope>`
  );
}

export function igdMapValues({ client, port, externalPort, lifetime }: IgdMapRequest) {
  return {
    NewRemoteHost: '',
    NewExternalPort: externalPort,
    NewProtocol: 'UDP',
    NewInternalPort: port,
    NewInternalClient: client,
    NewEnabled: 1,
    NewPortMappingDescription: 'Warren',
    NewLeaseDuration: lifetime,
  };
}

export const igdUnmapValues = (externalPort: number) => ({
  NewRemoteHost: '',
  NewExternalPort: externalPort,
  NewProtocol: 'UDP',
});

export function igdExternalAddress(answer: string): string | null {
  return canonicalIp(between(answer, 'NewExternalIPAddress'));
}

function between(text: string, tag: string): string {
  const start = text.indexOf(`<${tag}>`);
  const end = start < 0 ? -1 : text.indexOf(`</${tag}>`, start);
  return end < 0 ? '' : text.slice(start + tag.length + 2, end).trim();
}

function urlAt(text: string, base: string | undefined, host: string): URL | null {
  const url = URL.parse(text, base);
  return url?.protocol === 'http:' && url.hostname === host && url.username === '' ? url : null;
}
