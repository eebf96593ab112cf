/** The help text. The settings in it come from their table. */
import { CALLED } from '../../shared/base/called.ts';
import { settingsHelp } from '../settings/describe.ts';

export function usage(): string {
  return `${CALLED.provider()}: lend your connection to the network, and be paid per megabyte

  init          make an identity and a settings file; says what clients will get from here
  start         serve until SIGTERM or Ctrl-C; SIGHUP reads the settings again
  status        what the running node does, and the link to its dashboard
  earnings      what it earned, day by day, and what it has yet to claim
  withdraw ADDRESS [AMOUNT]
                send tokens that the node earned to an account of yours; all of them without an amount.
                With --coin the chain's own coin, which the node keeps for gas
  doctor        look for what keeps the node from working, and say how to mend it
  authorize     where the identity is cold: let this node's hot key speak for it
  config        the settings in force, and where each comes from; --schema: a JSON Schema for editors

  --config FILE         settings (default ~/.config/warren-provider/config.json, or WARREN_PROVIDER_CONFIG)
  --password-file FILE  the keystore's password; else WARREN_PASSWORD, else you are asked
  --import FILE         init: use the private key (hex) in this file as the identity
  --cold ADDRESS        init: the identity's key stays elsewhere; this machine gets a hot key only
  --no-check            init: do not look at the network
  --identity FILE       authorize: the private key (hex) of the identity; it is read and not kept
  --days N              authorize: for so long (default 365)
  --print               authorize: print the transactions for another wallet to sign, send nothing
  --coin                withdraw: the chain's own coin, not tokens
  --fix                 doctor: mend what mends itself; asks before it uses root
  --yes                 ask nothing
  --json                print JSON

Every setting is a flag and an environment variable, and stands in the settings file with its comment:
--price-per-mb 0.0002, WARREN_PROVIDER_PRICE_PER_MB=0.0002, "pricePerMB": "0.0002". Flags win over the
environment, the environment over the file.

${settingsHelp()}`;
}
