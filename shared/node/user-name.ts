/** Who runs this process. */
import { userInfo } from 'node:os';

/** A user of whom the system knows only the number is told by it. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? '');
  }
}
