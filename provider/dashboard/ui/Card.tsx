/** One part of the page, under its title. */
import type { ComponentChildren } from 'preact';

interface Props {
  readonly id: string;
  readonly title: string;
  /** One that is laid out in its own way. */
  readonly kind?: string;
  readonly children: ComponentChildren;
}

export function Card({ id, title, kind, children }: Props) {
  return (
    <section class={kind ? `card ${kind}` : 'card'} aria-labelledby={id}>
      <h2 class="card-title" id={id}>
        {title}
      </h2>
      {children}
    </section>
  );
}
