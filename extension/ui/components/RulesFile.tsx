/** Rules out to a file, and in from ours, FoxyProxy's, Omega's, or a plain list. What comes in can be undone. */
import { useRef, useState } from 'preact/hooks';
import { exportRules, type Opened, openRules } from '../../routing/import/file.ts';
import type { RouteTable } from '../../routing/rules.ts';
import type { Option } from '../actions.ts';
import { t } from '../i18n.ts';
import { view } from '../link.ts';
import { save } from '../save-file.ts';
import { TEST } from '../testids.ts';
import { ImportSheet } from './ImportSheet.tsx';

interface Props {
  readonly table: RouteTable;
  readonly options: readonly Option[];
}

export function RulesFile({ table, options }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const [opened, setOpened] = useState<Opened | null>(null);
  const canUrl = view.value?.platform === 'firefox';
  const read = async (file: File | undefined) => {
    if (file) setOpened(openRules(await file.text(), canUrl));
    if (input.current) input.current.value = '';
  };
  return (
    <>
      <button type="button" class="button" data-testid={TEST.rulesImport} onClick={() => input.current?.click()}>
        {t('importRules')}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        accept=".json,.bak,.txt,.list,application/json,text/plain"
        data-testid={TEST.rulesFile}
        onChange={(event) => void read(event.currentTarget.files?.[0])}
      />
      <button
        type="button"
        class="button"
        data-testid={TEST.rulesExport}
        disabled={table.rules.length === 0}
        onClick={() => save('warren-rules.json', 'application/json', exportRules(table))}
      >
        {t('exportRules')}
      </button>
      {opened ? <ImportSheet opened={opened} table={table} options={options} onDone={() => setOpened(null)} /> : null}
    </>
  );
}
