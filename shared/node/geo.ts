/**
 * Where an address is, by tables that ship as packages (no request leaves the machine): country by the
 * registries' delegations, network by route origin, residential by `geo-hosting.ts`'s lists. The provider
 * states it in its offer; the client asks the same of the address that it really reached.
 *
 * Sources: NRO statistics, RouteViews and DB-IP IP-to-ASN Lite, CC BY 4.0, as packaged by ip-location-db.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isIPv4 } from 'node:net';
import { type CountryResponse, Reader } from 'maxmind';
import { isHosting } from './geo-hosting.ts';
import { findRange } from './sorted-ranges.ts';
import { isSpecialPurpose } from './special-purpose.ts';

export interface GeoFacts {
  /** ISO 3166-1 alpha-2, or null where the registries name none. */
  readonly country: string | null;
  readonly asn: number | null;
  /** The autonomous system's organisation. */
  readonly network: string | null;
  /** True when the network is known and nothing says that it rents out servers (a heuristic). */
  readonly residential: boolean;
}

const { resolve } = createRequire(import.meta.url);
const COUNTRIES = '@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb';
const NETWORKS_V4 = '@ip-location-db/asn/asn-ipv4-num.csv';
const NETWORKS_V6 = '@ip-location-db/asn/asn-ipv6-num.csv';

/** This table's rows are flatter than MaxMind's own. */
type Row = CountryResponse & { readonly country_code?: string };

let countries: Reader<Row> | null = null;
/** The table takes 8 MB, and is asked when somebody comes: in between it is not kept. */
const KEEP_MS = 10_000;
let forget: NodeJS.Timeout | null = null;

/** Facts on one IPv4 or IPv6 address; null for a private or special one, and when neither table holds it. */
export function lookup(address: string): GeoFacts | null {
  if (isSpecialPurpose(address)) return null;
  const country = countryOf(address);
  const row = findRange(resolve(isIPv4(address) ? NETWORKS_V4 : NETWORKS_V6), numberOf(address));
  if (!country && !row) return null;
  const network = row ? row.name.slice(0, 80) : null;
  return {
    country,
    asn: row?.asn ?? null,
    network,
    residential: row !== null && !isHosting(row.asn, network),
  };
}

/** ISO 3166-1 alpha-2 of one address; null where the registries name none. */
export function countryOf(address: string): string | null {
  if (isSpecialPurpose(address)) return null;
  const code = table().get(address)?.country_code;
  return code && /^[A-Z]{2}$/.test(code) ? code : null;
}

function table(): Reader<Row> {
  countries ??= new Reader<Row>(readFileSync(resolve(COUNTRIES)));
  forget ??= setTimeout(() => {
    countries = null;
    forget = null;
  }, KEEP_MS).unref();
  forget.refresh();
  return countries;
}

function numberOf(address: string): bigint {
  if (isIPv4(address)) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  // The URL parser writes IPv6 in RFC 5952 form: hex groups only, at most one `::`.
  const text = new URL(`http://[${address.split('%')[0]}]/`).hostname.slice(1, -1);
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':'));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0');
  return [...left, ...zeros, ...right].reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n);
}
