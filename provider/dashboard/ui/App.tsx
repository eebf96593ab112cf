/** The whole page: what the node does now, what it earned, whether it is well. */
import { Mark } from '../../../shared/ui/Mark.tsx';
import type { Status } from '../status.ts';
import { Countries } from './Countries.tsx';
import { Days } from './Days.tsx';
import { Facts } from './Facts.tsx';
import { Health, Troubles } from './Health.tsx';
import { Login } from './Login.tsx';
import { Sessions } from './Sessions.tsx';
import { Settlements } from './Settlements.tsx';
import { status, trouble } from './store.ts';
import { Tiles } from './Tiles.tsx';
import { Traffic } from './Traffic.tsx';

export function App() {
  const now = status.value;
  return (
    <>
      <header class="head">
        <Mark size={28} />
        <h1 class="wordmark">Warren node</h1>
        <State now={now} />
      </header>
      <main class="board-main">
        {trouble.value === 'locked' ? <Login /> : null}
        {trouble.value === 'silent' ? (
          <p class="banner clay" role="alert">
            <span>The node does not answer. If it was stopped, this page comes back when it does.</span>
          </p>
        ) : null}
        {now ? <Board now={now} /> : null}
      </main>
    </>
  );
}

function State({ now }: { now: Status | null }) {
  const words = { starting: 'Starting', serving: 'Serving', draining: 'Stopping' };
  const state = trouble.value === 'silent' ? 'gone' : (now?.state ?? 'unknown');
  const text =
    trouble.value === 'silent' ? 'No answer' : now ? words[now.state] : trouble.value ? 'Locked' : 'Connecting';
  return (
    <p class="pill" role="status" data-testid="state" data-state={state}>
      {text}
    </p>
  );
}

function Board({ now }: { now: Status }) {
  return (
    <>
      <Troubles now={now} />
      <Tiles now={now} />
      <Traffic now={now} />
      <div class="two">
        <Days now={now} />
        <Countries now={now} />
      </div>
      <Sessions now={now} />
      <Settlements now={now} />
      <div class="two">
        <Facts now={now} />
        <Health now={now} />
      </div>
      <p class="note credit">
        Country and network data: NRO, RouteViews and <a href="https://db-ip.com">DB-IP</a>, CC BY 4.0.
      </p>
    </>
  );
}
