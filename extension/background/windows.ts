/** The ports of popup and pages: whole views out (at most ten a second), commands in. */
import { asWarrenError } from '../../shared/base/errors.ts';
import { browser } from '../browser.ts';
import { type ToBackground, type ToWindow, UI_PORT } from '../messages.ts';
import { type Asker, runCommand } from './commands.ts';
import type { Core } from './core.ts';

const PUSH_MS = 100;

export class Windows {
  private readonly ports = new Set<(message: ToWindow) => void>();
  private due = false;
  private readonly core: Core;

  constructor(core: Core) {
    this.core = core;
  }

  /** Must be called at top level. */
  listen(): void {
    browser.runtime.onConnect.addListener((port) => {
      if (port.name !== UI_PORT || port.sender?.id !== browser.runtime.id) return;
      // The browser says which tab it is; the window has no say in it.
      const asker: Asker = { tab: port.sender.tab?.id ?? null };
      const post = (message: ToWindow) => port.postMessage(message);
      this.ports.add(post);
      void this.core.ready.then(() => {
        this.core.windowOpened();
        if (this.ports.has(post)) post({ type: 'view', view: this.core.view() });
      });
      port.onMessage.addListener((message) => void this.answer(message as ToBackground, post, asker));
      port.onDisconnect.addListener(() => {
        this.ports.delete(post);
        void this.core.ready.then(() => this.core.windowClosed());
      });
    });
  }

  push(): void {
    if (this.due || this.ports.size === 0) return;
    this.due = true;
    setTimeout(() => {
      this.due = false;
      const view = this.core.view();
      for (const post of this.ports) post({ type: 'view', view });
    }, PUSH_MS);
  }

  private async answer({ id, command }: ToBackground, post: (message: ToWindow) => void, asker: Asker): Promise<void> {
    let reply: ToWindow;
    try {
      reply = { type: 'answer', id, result: await runCommand(command, this.core, asker) };
    } catch (thrown) {
      reply = { type: 'answer', id, error: asWarrenError(thrown).data() };
    }
    if (!this.ports.has(post)) return;
    // The picture first, so that a window never shows what its own command has just changed.
    post({ type: 'view', view: this.core.view() });
    post(reply);
  }
}
