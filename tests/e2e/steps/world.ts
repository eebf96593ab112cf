/** Step 1: contracts deployed, providers registered on chain, their offers published through the helper. */
import type { Hex } from 'viem';
import { hexToBigInt, stringToHex } from 'viem';
import type { Scene, SceneProvider } from '../../lab/scene.ts';
import type { Timeline } from '../timeline.ts';
import { until } from '../wait.ts';

interface Log {
  readonly topics: readonly Hex[];
  readonly data: Hex;
}

export async function lookAtWorld(scene: Scene, told: Timeline): Promise<void> {
  const { lab, profile } = scene;
  const code = await Promise.all(
    [profile.channels, profile.didRegistry, profile.token].map((at) => lab.rpc('eth_getCode', [at, 'latest'])),
  );
  told.claim(
    'HermeChannels, the ERC-1056 registry and test MYST are deployed',
    code.every((bytes) => String(bytes).length > 100),
    `chain ${profile.chainId}`,
  );
  for (const provider of Object.values(scene.providers)) await registered(scene, provider, told);
}

async function registered(scene: Scene, provider: SceneProvider, told: Timeline): Promise<void> {
  const { lab, profile } = scene;
  const identity = `0x${provider.account.slice(2).padStart(64, '0')}` as Hex;
  const logs = (await lab.rpc('eth_getLogs', [
    { address: profile.didRegistry, fromBlock: '0x0', topics: [null, identity] },
  ])) as readonly Log[];
  const service = stringToHex('did/svc/WarrenVPN').slice(2);
  const delegate = stringToHex('veriKey').slice(2);
  told.claim(
    `${provider.country}: its DID names a service and a delegate key on chain`,
    logs.some((log) => log.data.includes(service)) && logs.some((log) => log.data.includes(delegate)),
    `did:ethr:${profile.chainId}:${provider.account}`,
  );
  const status = await until(`${provider.country} publishes its offer`, async () => {
    const now = await provider.status();
    return now.state === 'serving' && now.offer && now.offer.relays > 0 && now.reach.nat ? now : null;
  });
  told.claim(
    `${provider.country}: its offer is on the relay, with the country that its address is in`,
    status.offer?.country === provider.country,
    `${status.offer?.network ?? 'unknown network'}, ${status.offer?.residential ? 'residential' : 'hosting'}`,
  );
  told.claim(
    `${provider.country}: it knows its NAT and its public address from the helper alone`,
    status.reach.publicAddresses.includes(provider.home.wan),
    `${status.reach.nat?.mapping}, filtering ${status.reach.nat?.filtering}, ${status.reach.backend}`,
  );
  const balance = hexToBigInt((await lab.rpc('eth_getBalance', [provider.account, 'latest'])) as Hex);
  told.note(`${provider.country}: registering cost ${Number(10n ** 18n - balance) / 1e18} coin`);
}
