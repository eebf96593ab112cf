/** What was turned into tokens on the chain, newest first, and what did not work. */
import type { Settlement, Status } from '../status.ts';
import { Card } from './Card.tsx';
import { Table } from './Table.tsx';
import { moment, tokens } from './words.ts';

const COLUMNS = [
  { name: 'When' },
  { name: 'What' },
  { name: 'Channels', number: true },
  { name: 'Amount', number: true },
  { name: 'Transaction' },
];
const WORDS = { claim: 'Claimed', close: 'Closed with the client', failed: 'Not done' };
const SHOWN = 25;

export function Settlements({ now: { earnings, network } }: { now: Status }) {
  return (
    <Card id="settlements" title="Settlements">
      <Table
        label="Settlements"
        testid="settlement"
        columns={COLUMNS}
        empty="Nothing claimed since the start. Proofs are claimed together, once the fee is small beside what they bring."
        rows={earnings.settlements.slice(0, SHOWN).map((settlement, i) => ({
          key: `${settlement.at}-${i}`,
          cells: [
            moment(settlement.at),
            settlement.error ? `${WORDS[settlement.kind]}: ${settlement.error}` : WORDS[settlement.kind],
            settlement.channels > 0 ? String(settlement.channels) : '–',
            settlement.kind === 'failed' ? '–' : tokens(settlement.amount, network),
            <Transaction key="transaction" settlement={settlement} explorer={network.explorer} />,
          ],
        }))}
      />
    </Card>
  );
}

function Transaction({ settlement: { transaction }, explorer }: { settlement: Settlement; explorer: string | null }) {
  if (!transaction) return <>–</>;
  const short = `${transaction.slice(0, 10)}…${transaction.slice(-6)}`;
  if (!explorer) return <code title={transaction}>{short}</code>;
  return (
    <a href={`${explorer.replace(/\/$/, '')}/tx/${transaction}`} target="_blank" rel="noreferrer" title={transaction}>
      {short}
    </a>
  );
}
