/** What both windows do first: the line to the background, the language, the root. */
import { type ComponentChild, render } from 'preact';
import { browser } from '../browser.ts';
import { connect } from './link.ts';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/rows.css';
import './styles/panels.css';
import './styles/wallet.css';
import './styles/nodes.css';
import './styles/live.css';

export function start(root: ComponentChild): void {
  const language = browser.i18n.getUILanguage();
  document.documentElement.lang = language;
  document.documentElement.dir = /^(ar|fa|he|ur)\b/.test(language) ? 'rtl' : 'ltr';
  connect();
  const place = document.getElementById('app');
  if (place) render(root, place);
}
