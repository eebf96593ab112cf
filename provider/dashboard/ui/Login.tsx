/** The key is missing or of an earlier start. */
import { useState } from 'preact/hooks';
import { unlock } from './store.ts';

export function Login() {
  const [pasted, setPasted] = useState('');
  return (
    <form
      class="card login"
      onSubmit={(event) => {
        event.preventDefault();
        unlock(pasted);
      }}
    >
      <h2 class="card-title">Open with the link</h2>
      <p>
        This page needs its key, which is a new one at every start of the node. Run <code>warren-provider status</code>{' '}
        on this machine (in a checkout <code>./warren provider status</code>) and open the link that it prints, or paste
        it here.
      </p>
      <label class="field">
        <span>Link or key</span>
        <input
          class="input"
          type="password"
          autocomplete="off"
          value={pasted}
          data-testid="key"
          onInput={({ currentTarget }) => setPasted(currentTarget.value)}
        />
      </label>
      <button type="submit" class="button primary" data-testid="unlock" disabled={pasted.trim() === ''}>
        Open
      </button>
    </form>
  );
}
