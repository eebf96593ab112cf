/**
 * What a person types, in the folder of a checkout, to install the host. The id is part of it: browsers
 * let only those extensions start the host that its manifest names.
 */
export function installCommand(extensionId: string): string {
  return `sudo ./warren install --extension ${extensionId}`;
}
