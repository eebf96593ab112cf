/** What both windows do first: the line to the background, the language, the root. */
import { type ComponentChild, render } from 'preact';
import { direction, language } from './i18n.ts';
import { open } from './link.ts';
import '../../shared/ui/tokens.css';
import '../../shared/ui/contrast.css';
import './styles/scripts.css';
import '../../shared/ui/base.css';
import '../../shared/ui/controls.css';
import './styles/rows.css';
import './styles/panels.css';
import './styles/wallet.css';
import './styles/nodes.css';
import './styles/live.css';
import './styles/blocked.css';

export function start(root: ComponentChild): void {
  document.documentElement.lang = language();
  document.documentElement.dir = direction();
  const place = document.getElementById('app');
  // Not before there is something to show: a frame with nothing in it would hold up the one that has.
  if (place) void open().then(() => render(root, place));
}
