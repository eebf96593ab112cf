// The page's one script: fetches the status every second and writes it down. Text only, never markup.
const element = (id) => document.getElementById(id);
const KEY = 'warren-dashboard-token';

if (location.hash.length > 1) {
  sessionStorage.setItem(KEY, location.hash.slice(1));
  history.replaceState(null, '', '/');
}

function bytes(count) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let value = count;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Wei as tokens, cut to six places. */
function amount(wei, network) {
  const digits = wei.padStart(network.tokenDecimals + 1, '0');
  const whole = digits.slice(0, -network.tokenDecimals) || '0';
  const rest = digits.slice(-network.tokenDecimals).slice(0, 6).replace(/0+$/, '');
  const tiny = rest === '' && whole === '0' && BigInt(wei) > 0n;
  return `${tiny ? '< 0.000001' : rest === '' ? whole : `${whole}.${rest}`} ${network.tokenSymbol}`;
}

function duration(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function rows(body, list, columns, empty) {
  const labels = [...body.closest('table').querySelectorAll('th')].map((th) => th.textContent);
  const trs = list.map((cells) => {
    const tr = document.createElement('tr');
    cells.forEach((text, i) => {
      const td = document.createElement('td');
      td.textContent = text;
      // Narrow screens show a row as a list and need the head's word beside each value.
      td.dataset.label = labels[i];
      if (columns[i]) td.className = 'number';
      tr.append(td);
    });
    return tr;
  });
  if (trs.length === 0) {
    const tr = document.createElement('tr');
    const td = document.createElement('td');
    td.colSpan = columns.length;
    td.className = 'empty';
    td.textContent = empty;
    tr.append(td);
    trs.push(tr);
  }
  body.replaceChildren(...trs);
}

function line(values, highest) {
  if (values.length < 2) return '';
  const step = 600 / 119;
  const start = 600 - (values.length - 1) * step;
  return values
    .map(
      (value, i) =>
        `${i === 0 ? 'M' : 'L'}${(start + i * step).toFixed(1)} ${(136 - (132 * value) / highest).toFixed(1)}`,
    )
    .join('');
}

/** For people first, then in the words of RFC 4787. */
function natText(nat) {
  if (!nat) return 'not known yet';
  const filtering = nat.filtering === 'unknown' ? '' : `filtering ${nat.filtering}`;
  if (nat.translated === false)
    return `none: this machine has a public address${filtering && ` (its network: ${filtering})`}`;
  const kinds = {
    'endpoint-independent': 'Easy NAT: clients reach this node directly',
    'address-dependent': 'Restricted NAT: most clients reach this node directly',
    'address-and-port-dependent': 'Hard NAT: clients behind another hard one need a relay',
  };
  const kind = kinds[nat.mapping];
  if (!kind) return 'not known yet';
  return `${kind} (${[`mapping ${nat.mapping}`, filtering].filter(Boolean).join(', ')})`;
}

function show(status) {
  const { network, traffic, earnings, offer, reach } = status;
  const last = (list) => list[list.length - 1] ?? 0;
  const faults = [
    reach.relays !== 'connected' && 'no relay',
    reach.ledger === 'unreachable' && 'chain unreachable',
    status.state === 'draining' && 'stopping',
  ].filter(Boolean);
  const state = element('state');
  state.textContent = faults.length > 0 ? faults.join(', ') : status.state === 'serving' ? 'Serving' : 'Starting…';
  state.className = `pill ${faults.length > 0 ? 'bad' : status.state === 'serving' ? 'good' : ''}`;

  element('clients').textContent = String(status.clients.active);
  element('served').textContent = `${status.clients.served} in the last ${duration(status.now - status.startedAt)}`;
  element('speed').textContent = `${bytes(last(traffic.tx))}/s`;
  element('speed-up').textContent = `to clients; ${bytes(last(traffic.rx))}/s from them`;
  element('claimed').textContent = amount(earnings.claimed, network);
  element('claimed-note').textContent = 'claimed on chain since the start';
  element('unclaimed').textContent = amount(earnings.unclaimed, network);
  element('proofs').textContent = `in ${earnings.proofs} ${earnings.proofs === 1 ? 'channel' : 'channels'}`;

  const highest = Math.max(1, ...traffic.rx, ...traffic.tx);
  element('down').setAttribute('d', line(traffic.tx, highest));
  element('up').setAttribute('d', line(traffic.rx, highest));
  element('chart-text').textContent =
    `Solid: to clients (${bytes(traffic.txBytes)} in all). Dashed: from clients (${bytes(traffic.rxBytes)}). Top of the chart: ${bytes(highest)}/s.`;

  rows(
    element('sessions'),
    status.sessions.map((session) => [
      session.id,
      session.gate === 'closed' ? 'waiting for payment' : session.phase,
      duration(status.now - session.since),
      `${bytes(session.txBytes)} · ${bytes(session.txRate)}/s`,
      `${bytes(session.rxBytes)} · ${bytes(session.rxRate)}/s`,
      amount(session.paid, network),
    ]),
    [false, false, true, true, true, true],
    'No client at the moment.',
  );
  rows(
    element('settlements'),
    earnings.settlements.map((settlement) => [
      new Date(settlement.at).toLocaleString(),
      settlement.kind === 'close'
        ? 'channel closed'
        : settlement.kind === 'claim'
          ? 'claimed'
          : `failed: ${settlement.error}`,
      settlement.kind === 'failed' ? '–' : String(settlement.channels),
      settlement.kind === 'failed' ? '–' : amount(settlement.amount, network),
      settlement.transaction ? `${settlement.transaction.slice(0, 12)}…` : '–',
    ]),
    [false, false, true, true, false],
    'Nothing claimed yet.',
  );

  const facts = [
    ['Identity', status.did],
    [
      'Offer',
      offer
        ? `${amount(offer.pricePerMB, network)} per MB, at ${offer.relays} ${offer.relays === 1 ? 'relay' : 'relays'}`
        : 'not published yet',
    ],
    ['Place', offer ? [offer.city, offer.country].filter(Boolean).join(', ') : '–'],
    [
      'Network',
      offer?.network
        ? `${offer.network} (AS${offer.asn}), ${offer.residential ? 'residential' : 'hosting'}`
        : 'not known',
    ],
    ['Reached as', `${reach.publicAddresses.join(', ') || 'unknown'}, UDP port ${reach.port} here`],
    ['NAT', natText(reach.nat)],
    ['WireGuard', reach.backend],
    ['Names asked', `${status.resolver.asked} (${status.resolver.refused} refused, ${status.resolver.failed} failed)`],
    ['Version', status.version],
  ];
  element('node').replaceChildren(
    ...facts.flatMap(([name, text]) => {
      const dt = document.createElement('dt');
      const dd = document.createElement('dd');
      dt.textContent = name;
      dd.textContent = text;
      return [dt, dd];
    }),
  );
  element('login').hidden = true;
  element('facts').hidden = false;
}

async function tick() {
  try {
    const answer = await fetch('/api/status', {
      headers: { authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ''}` },
    });
    if (answer.status === 401) {
      element('state').textContent = 'Locked';
      element('login').hidden = false;
      element('facts').hidden = true;
      return;
    }
    show(await answer.json());
  } catch {
    element('state').textContent = 'Node does not answer';
    element('state').className = 'pill bad';
  }
  setTimeout(tick, 1000);
}
tick();
