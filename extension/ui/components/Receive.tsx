/** The wallet's address: short, to copy, and whole with a picture for another device. */
import { useState } from 'preact/hooks';
import { shortAddress } from '../format.ts';
import { t } from '../i18n.ts';
import { view } from '../link.ts';
import { TEST } from '../testids.ts';
import { Address } from './Address.tsx';
import { CopyButton } from './CopyButton.tsx';
import { Icon } from './Icon.tsx';
import { QrCode } from './QrCode.tsx';

export function Receive({ address }: { address: string }) {
  const [open, setOpen] = useState(false);
  return (
    <div class="card receive">
      <div class="receive-line">
        <code title={address}>{shortAddress(address)}</code>
        <CopyButton text={address} label={t('copy')} />
        <button
          type="button"
          class="button small"
          data-testid={TEST.receive}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Icon name="qr" size={16} />
          {t('receive')}
        </button>
      </div>
      {open ? (
        <div class="receive-more">
          <QrCode text={address} label={t('qrLabel')} />
          <Address address={address} />
          <p class="note">{t('compareAddress')}</p>
          <p class="note">
            {t('receiveNote', view.value?.network?.tokenSymbol ?? '', view.value?.network?.name ?? '')}
          </p>
        </div>
      ) : null}
    </div>
  );
}
