/** A table as CSV (RFC 4180) that no spreadsheet mistakes for formulas. */

/** First letters by which spreadsheets take a cell for a formula (OWASP, CSV injection). */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/** @returns CRLF after every record, the header among them; every field quoted, so that no reader has to guess. */
export function toCsv(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

function field(text: string): string {
  // An apostrophe makes it text; it is shown by nobody but spreadsheets that would have run it.
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
