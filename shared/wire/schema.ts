/** Small schemas shared by every border. Each bounds size and shape; inner code trusts the types. */
import * as v from 'valibot';
import { type Address, address, type Did, parseDid } from '../base/units.ts';

export const AddressSchema = v.pipe(
  v.string(),
  v.regex(/^0x[0-9a-fA-F]{40}$/, 'expected a 20-byte 0x-address'),
  v.transform((text): Address => address(text)),
);

export const DidSchema = v.pipe(
  v.string(),
  v.maxLength(80),
  v.regex(/^did:ethr:\d{1,10}:0x[0-9a-fA-F]{40}$/, 'expected a did:ethr'),
  v.transform((text): Did => parseDid(text).did),
);

/** Decimal wei as text: JSON has no big integers and a float would lose money. */
export const WeiSchema = v.pipe(
  v.string(),
  v.regex(/^\d{1,30}$/, 'expected decimal wei'),
  v.transform((text): bigint => BigInt(text)),
);

export const PortSchema = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65535));
export const CountSchema = v.pipe(v.number(), v.integer(), v.minValue(0));
export const CountrySchema = v.pipe(v.string(), v.regex(/^[A-Z]{2}$/, 'expected an ISO 3166 alpha-2 code'));
export const HexSchema = (bytes: number) =>
  v.pipe(v.string(), v.regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`), `expected ${bytes} bytes of lower-case hex`));
export const Base64KeySchema = v.pipe(v.string(), v.regex(/^[A-Za-z0-9+/]{43}=$/, 'expected 32 bytes of base64'));
