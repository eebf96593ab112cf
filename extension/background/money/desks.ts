/** One money desk for each account that was used since the background began: their books never meet. */
import type { AccountArea } from '../account-area.ts';
import type { MoneyDesk } from './desk.ts';

export interface Desk {
  readonly desk: MoneyDesk;
  readonly area: AccountArea;
}

export class Desks {
  private readonly open = new Map<number, Desk>();
  private readonly loading = new Map<number, Promise<void>>();
  private readonly make: (index: number) => Desk;

  constructor(make: (index: number) => Desk) {
    this.make = make;
  }

  of(index: number): MoneyDesk {
    const known = this.open.get(index) ?? this.make(index);
    this.open.set(index, known);
    return known.desk;
  }

  /** Reads what the account keeps, the first time that it is used. */
  load(index: number): Promise<void> {
    const known = this.loading.get(index) ?? this.of(index).load();
    this.loading.set(index, known);
    return known;
  }

  /** Everything that the accounts 0 … count − 1 keep. */
  async erase(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      this.of(index);
      const { desk, area } = this.open.get(index) as Desk;
      area.close();
      await desk.erase();
    }
    this.open.clear();
    this.loading.clear();
  }
}
