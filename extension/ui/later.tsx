/** A part of a window whose code comes when somebody first looks at it: what a window opens with is drawn sooner. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';

/** @returns that component, and nothing in its place until its code is here */
export function later<Props extends object>(load: () => Promise<FunctionComponent<Props>>): FunctionComponent<Props> {
  const loaded = signal<{ readonly Part: FunctionComponent<Props> } | null>(null);
  return function Later(props) {
    useEffect(() => {
      if (loaded.value === null) void load().then((Part) => (loaded.value = { Part }));
    }, []);
    const known = loaded.value;
    return known && <known.Part {...props} />;
  };
}
