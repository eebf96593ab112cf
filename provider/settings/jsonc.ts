/** JSON as people write it by hand: with comments, and a comma after the last entry. */

/** @throws SyntaxError of JSON.parse. */
export function parseJsonc(text: string): unknown {
  return JSON.parse(plain(text));
}

/**
 * A string, a comment, or a comma that nothing but comments and spaces part from the end of its list. A comment
 * there has to end where it ends: else a bracket inside of it would pass for the list's.
 */
const TOKEN =
  /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\/|,(?=(?:\s|\/\/[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)*[}\]])/g;

/** Comments become spaces, so that a complaint of JSON.parse still names the right place. */
function plain(text: string): string {
  return text.replace(TOKEN, (token) => (token.startsWith('"') ? token : token.replace(/[^\n]/g, ' ')));
}
