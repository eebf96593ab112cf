/** What a Debian package is made of, before it is one: types only. */

export type PackagedFile = { readonly path: string } & (
  | { readonly mode: number; readonly content: string | Uint8Array }
  | { readonly mode: number; readonly copyOf: string }
);

export type MaintainerScript = 'postinst' | 'prerm' | 'postrm';

export interface DebianPackage {
  readonly name: string;
  readonly architecture: 'all' | 'amd64' | 'arm64';
  /** Depends, Recommends and their kind. */
  readonly relations: Readonly<Record<string, readonly string[]>>;
  readonly synopsis: string;
  /** Paragraphs, each on one line however long. */
  readonly description: readonly string[];
  /** Absolute paths; what lies below /etc is a conffile. */
  readonly files: readonly PackagedFile[];
  readonly scripts: Partial<Readonly<Record<MaintainerScript, string>>>;
}

export interface Release {
  readonly version: string;
  /** Every file's date, in seconds: two builds of the same sources are the same to the bit. */
  readonly epoch: number;
  /** xz for people; gzip, at its fastest, where only what is inside matters. */
  readonly compression: 'xz' | 'gzip';
}
