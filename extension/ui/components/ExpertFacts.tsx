/** The terms of the field, unexplained: RFC 8445 and 4787, the handshake's suite, the steps of the connect. */
import type { ExitView, View } from '../../messages.ts';
import { TEST } from '../testids.ts';
import { Amount } from './Amount.tsx';

interface Props {
  readonly exit: ExitView;
  readonly facts: View['host']['facts'];
  readonly now: number;
}

/** Technical names stay English in every language, as in the documents that define them. */
export function ExpertFacts({ exit, facts, now }: Props) {
  const { path, rotation, node } = exit;
  const rows: readonly (readonly [string, preact.ComponentChildren])[] = [
    ['phase', exit.phase],
    ['path', path ? `${path.kind}, remote candidate ${path.remote}` : '–'],
    ['RTT', path?.rttMs == null ? '–' : `${Math.round(path.rttMs)} ms`],
    ['suite', exit.suite ?? '–'],
    [
      'port rotations',
      rotation
        ? `${rotation.count}${rotation.lastAt ? `, last ${Math.round((now - rotation.lastAt) / 1000)} s ago` : ''}`
        : '–',
    ],
    ['NAT (here)', facts?.nat ? `mapping ${facts.nat.mapping}, filtering ${facts.nat.filtering}` : '–'],
    ['WireGuard', facts?.backend ?? '–'],
    ['rx / tx', `${exit.rxBytes} B / ${exit.txBytes} B`],
    ['deposit', <Amount key="deposit" wei={exit.deposit} />],
    ['signed in total', <Amount key="total" wei={exit.spentTotal} />],
    ['steps', exit.steps.map(({ name, ms }) => `${name} ${Math.round(ms)} ms`).join(', ') || '–'],
    ['DID', node?.did ?? '–'],
  ];
  return (
    <dl class="expert" lang="en" dir="ltr" data-testid={TEST.liveFacts}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
