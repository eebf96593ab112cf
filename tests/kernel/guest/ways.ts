/** Which ports the internet between the ends has seen: packets from each, and packets to it. */
import type { Namespace } from '../../net/netd-lab.ts';

const TABLE = 'ways';
const SETS = ['went', 'came'] as const;
const SET = 'type ipv4_addr . inet_service; flags dynamic; size 4096;';

export interface Ways {
  /** How many ports packets came from and went to. */
  bothWays(): Promise<number>;
}

export async function watchPorts(internet: Namespace): Promise<Ways> {
  await internet.nft(`table inet ${TABLE} {
    ${SETS.map((set) => `set ${set} { ${SET} }`).join('\n')}
    chain way {
      type filter hook forward priority 10; policy accept;
      @th,64,32 0x04000000 update @went { ip saddr . udp sport }
      @th,64,32 0x04000000 update @came { ip daddr . udp dport }
    }
  }`);
  return {
    async bothWays() {
      const [went = [], came = []] = await Promise.all(SETS.map((set) => elements(internet, set)));
      const also = new Set(came);
      return went.filter((port) => also.has(port)).length;
    },
  };
}

async function elements(internet: Namespace, set: string): Promise<readonly string[]> {
  const text = await internet.must('nft', 'list', 'set', 'inet', TABLE, set);
  return [...text.matchAll(/(\d+\.\d+\.\d+\.\d+) \. (\d+)/g)].map(([, address, port]) => `${address}:${port}`);
}
