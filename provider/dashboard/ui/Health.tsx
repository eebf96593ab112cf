/** Whether the node is well; what is wrong stands on top of the page too, with what to do. */
import type { Status } from '../status.ts';
import { Card } from './Card.tsx';

export function Troubles({ now: { health } }: { now: Status }) {
  const wrong = health.filter(({ ok }) => !ok);
  return (
    <div class="troubles" aria-live="polite">
      {wrong.map(({ name, text, action }) => (
        <p key={name} class="banner amber" data-testid="trouble" data-key={name}>
          <span>
            <strong>
              {name}: {text}.
            </strong>{' '}
            {action}
          </span>
        </p>
      ))}
    </div>
  );
}

export function Health({ now: { health } }: { now: Status }) {
  return (
    <Card id="health" title="Health">
      <ul class="health">
        {health.map(({ name, ok, text }) => (
          <li key={name} data-testid="health" data-key={name} data-state={ok ? 'ok' : 'bad'}>
            <svg class="icon" width="18" height="18" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
              <path d={ok ? 'M4.5 10.5l3.5 3.5 7.5-8' : 'M10 4l7 12H3zM10 8.5v3.5M10 14.2h.1'} />
            </svg>
            <span>
              <strong>{name}</strong> <span class="hidden">{ok ? 'is fine:' : 'needs you:'}</span> {text}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
