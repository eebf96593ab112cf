/** A table that becomes a list of cards on a phone: each value then has its column's word beside it. */
import type { ComponentChildren } from 'preact';

export interface Column {
  readonly name: string;
  readonly number?: boolean;
}

export interface Row {
  readonly key: string;
  readonly cells: readonly ComponentChildren[];
}

interface Props {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly empty: string;
  readonly testid: string;
}

export function Table({ label, columns, rows, empty, testid }: Props) {
  if (rows.length === 0) return <p class="note">{empty}</p>;
  return (
    <table class="table" aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ name, number }) => (
            <th key={name} scope="col" class={number ? 'number' : ''}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells }) => (
          <tr key={key} data-testid={testid} data-key={key}>
            {columns.map(({ name, number }, i) => (
              <td key={name} class={number ? 'number' : ''} data-label={name}>
                {cells[i]}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
