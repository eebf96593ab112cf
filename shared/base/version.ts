/** The release, as every part reports it. A test holds it to package.json. */
export const VERSION = '0.1.0';
