/**
 * Names by which tests and the screenshot harness find things on screen (`data-testid`). Stable: a
 * test may rely on every one of them. Lists carry the item's key in `data-key`, states in `data-state`.
 *
 * Pages: `ui/popup/index.html` (360 px) and `ui/page/index.html#/live|rules|nodes|wallet|diagnostics|setup|welcome|words|blocked`.
 */
export const TEST = {
  // ── set-up (page #/setup)
  setupCreate: 'setup-create', // button: make a new wallet
  setupImport: 'setup-import', // button: use an existing seed
  passwordNew: 'password-new', // input
  passwordRepeat: 'password-repeat', // input
  passwordSubmit: 'password-submit', // button
  seedReveal: 'seed-reveal', // button: uncover the words
  seedWord: 'seed-word', // 12 of them; data-index = 0…11, text = the word (once uncovered)
  seedWritten: 'seed-written', // button: "I wrote them down"
  quizInput: 'quiz-input', // 3 inputs; data-index = index of the word asked for (0…11)
  quizSubmit: 'quiz-submit', // button
  importWords: 'import-words', // textarea
  setupLeave: 'setup-leave', // button on it
  setupDone: 'setup-done', // shown after the quiz or import

  // ── the way in (page #/welcome)
  welcome: 'welcome', // data-state = host | wallet | page: which of the three screens
  welcomeHost: 'welcome-host', // data-state = status of the host
  welcomeNext: 'welcome-next', // button; enabled once the host is there
  welcomeSkip: 'welcome-skip', // button: go on without it
  hostHelp: 'host-help', // fold: it is installed and still missing
  firstPage: 'first-page', // data-state = off | connecting | protected | blocked
  firstExit: 'first-exit', // select: any | country:XX
  firstSite: 'first-site', // input
  firstOnly: 'first-only', // checkbox: route only this site
  firstConnect: 'first-connect', // button
  firstOpen: 'first-open', // button: the first routed page

  // ── a blocked page (page #/blocked)
  blockedPage: 'blocked-page', // data-state = kind of the reason (blocked-reason.ts), or nothing
  blockedRetry: 'blocked-retry', // button
  blockedUse: 'blocked-use', // button per other node; data-key = did
  directOnce: 'direct-once', // summary of the fold
  directOnceGo: 'direct-once-go', // button
  pass: 'pass', // popup: a site that goes directly for now; data-key = host
  passEnd: 'pass-end', // button in it

  // ── popup, main view
  stateText: 'state-text', // data-state = off | connecting | protected | blocked; text = the state word
  stateDetail: 'state-detail', // one sentence under it
  connectSwitch: 'connect-switch', // role=switch, aria-checked
  exitRow: 'exit-row', // data-key = exitId, data-state = phase, data-country
  exitNews: 'exit-news', // data-state = gone | over
  exitRetry: 'exit-retry', // button in a failed exit
  speedDown: 'speed-down', // data-value = bytes per second
  speedUp: 'speed-up',
  bytesDown: 'bytes-down', // data-value = bytes of this session, all exits
  bytesUp: 'bytes-up',
  spent: 'spent', // data-value = wei of this session
  pricePerHour: 'price-per-hour', // data-value = wei per hour at this speed
  chart: 'chart',
  siteRoute: 'site-route', // data-state = direct | exit | blocked | local; text names the route
  siteRouteVia: 'site-route-via', // button: choose another route for this site
  siteBriefly: 'site-briefly', // checkbox: the route holds until the browser restarts
  siteParts: 'site-parts',
  siteWay: 'site-way', // data-key = exitId | direct | blocked, data-value = requests
  siteStray: 'site-stray', // parts of the page that went another way
  siteJoin: 'site-join', // button: take them along
  tabConnect: 'tab-connect',
  tabNodes: 'tab-nodes',
  tabWallet: 'tab-wallet',
  openPage: 'open-page',
  errorScreen: 'error-screen', // data-code = error code (host_missing, host_too_old, proxy_conflict, …)
  errorCommand: 'error-command', // a command that mends it; data-key = user | package
  errorCopy: 'error-copy',
  errorRetry: 'error-retry',

  // ── unlock (popup and page)
  unlockPassword: 'unlock-password',
  unlockSubmit: 'unlock-submit',
  unlockError: 'unlock-error',
  lock: 'lock',

  // ── approval sheet (popup and page): a dialog, one at a time
  approval: 'approval', // data-key = approval id, data-kind = open | topUp | requestClose | withdraw | send | sendCoin
  approvalAmount: 'approval-amount', // input, token units (editable for open and topUp)
  approvalFee: 'approval-fee', // data-value = worst-case fee, wei of the coin
  approvalTotal: 'approval-total', // data-value = most that can leave the wallet, wei of the token
  approvalApprove: 'approval-approve',
  approvalReject: 'approval-reject',
  approvalTo: 'approval-to', // data-value = receiver
  approvalError: 'approval-error',

  // ── nodes (popup tab and page)
  nodeSearch: 'node-search',
  nodeCountry: 'node-country', // select
  nodeResidential: 'node-residential', // checkbox
  nodeRow: 'node-row', // data-key = did, data-country
  nodePrice: 'node-price', // data-value = wei per MB
  nodeLatency: 'node-latency', // data-value = ms, or empty
  nodeSetDefault: 'node-set-default', // button in the row; aria-pressed
  nodesRefresh: 'nodes-refresh',
  nodesStatus: 'nodes-status',
  nodeOpen: 'node-open', // button in the row: the node's page
  nodeFavourite: 'node-favourite', // button; aria-pressed
  nodeAbsent: 'node-absent', // a favourite or recent that nobody offers now; data-key = did
  nodeGroup: 'node-group', // radio: all | favourites | recents
  nodeFiltersMore: 'node-filters-more',
  nodeMaxPrice: 'node-max-price', // input, token units per GB
  nodeSpeed: 'node-speed', // select: 0 | 10 | 25 | 50 | 100 (Mbit/s)
  nodeOrder: 'node-order', // select
  pickFastest: 'pick-fastest', // button, data-key = did
  pickCheapest: 'pick-cheapest',
  nodeMapToggle: 'node-map-toggle', // button; aria-pressed
  nodeMap: 'node-map',
  nodeMapMark: 'node-map-mark', // button; data-key = countries, data-pace; aria-pressed
  nodeMapOut: 'node-map-out', // button: the whole world
  nodePage: 'node-page', // data-key = did
  nodeBack: 'node-back',
  nodeAge: 'node-age',
  nodePrices: 'node-prices',
  nodeSessions: 'node-sessions', // data-value = how many there were in all
  nodeReport: 'node-report',
  nodeBlock: 'node-block',
  nodeUndoBlock: 'node-undo-block',
  nodesBlocked: 'nodes-blocked',
  nodeBlockedRow: 'node-blocked-row', // data-key = did

  // ── the connection (popup fold and page #/live)
  about: 'about',
  liveExit: 'live-exit', // data-key = exitId
  liveTime: 'live-time', // data-value = epoch ms since when it is up
  liveExperts: 'live-experts',
  liveFacts: 'live-facts',

  // ── rules (page)
  ruleRow: 'rule-row', // data-key = rule id
  ruleAdd: 'rule-add', // button: open the editor
  ruleMatchKind: 'rule-match-kind', // select: domain | host | wildcard | regex
  ruleMatchText: 'rule-match-text', // input
  ruleAction: 'rule-action', // select: direct | default | block | country:XX | node:<did>
  ruleSave: 'rule-save',
  ruleError: 'rule-error',
  ruleDelete: 'rule-delete',
  ruleEnabled: 'rule-enabled', // checkbox
  ruleUp: 'rule-up',
  ruleDown: 'rule-down',
  ruleUndo: 'rule-undo',
  ruleFilter: 'rule-filter', // input
  ruleMore: 'rule-more', // button: show the next hundred
  ruleGroup: 'rule-group', // data-key = group id
  ruleUntil: 'rule-until', // select: always | restart | hour | kept
  ruleScope: 'rule-scope', // select: any | regular | private | <cookieStoreId>
  ruleGroupName: 'rule-group-name', // input
  ruleComment: 'rule-comment', // input
  ruleAlso: 'rule-also', // textarea, a host a line
  followSites: 'follow-sites', // checkbox
  rulesImport: 'rules-import', // button
  rulesFile: 'rules-file', // the file input behind it
  rulesExport: 'rules-export', // button
  importSheet: 'import-sheet', // dialog
  importProblem: 'import-problem',
  importProfile: 'import-profile', // select per foreign profile
  importAppend: 'import-append', // button
  importReplace: 'import-replace', // button
  otherwise: 'otherwise', // select, same values as rule-action: everything else
  testerInput: 'tester-input',
  testerPage: 'tester-page', // input: the page on whose behalf it is loaded
  testerWindow: 'tester-window', // select: regular | private | <cookieStoreId>
  testerResult: 'tester-result', // data-state = direct | exit | blocked | local

  // ── wallet (popup tab and page)
  balanceToken: 'balance-token', // data-value = wei
  balanceCoin: 'balance-coin',
  balanceChannels: 'balance-channels', // wei still in channels (deposit − paid)
  address: 'address', // text = 0x…
  receive: 'receive', // button
  receiveQr: 'receive-qr',
  walletRefresh: 'wallet-refresh',
  channelRow: 'channel-row', // data-key = payee, data-state = opening | open | closing | due
  channelLeft: 'channel-left', // data-value = wei
  channelSpent: 'channel-spent', // data-value = wei
  timeLeft: 'time-left', // data-value = Unix seconds when it is free
  channelTopUp: 'channel-top-up',
  channelClose: 'channel-close',
  historyRow: 'history-row', // data-key = id, data-kind, data-state = pending | confirmed | failed
  historyMore: 'history-more', // button
  historyCsv: 'history-csv', // button: the ledger as a file
  historyRetry: 'history-retry', // button in a failed row
  spentToday: 'spent-today', // data-value = wei
  spentMonth: 'spent-month',
  walletPage: 'wallet-page', // button in the popup: all of it
  send: 'send', // summary of the fold
  sendAsset: 'send-asset', // select: token | coin
  sendTo: 'send-to', // input
  sendCheck: 'send-check', // what is said about the address
  sendAmount: 'send-amount', // input
  sendError: 'send-error',
  sendSubmit: 'send-submit', // button: to the sheet
  auto: 'auto', // summary of the fold; data-state = on | off
  autoOn: 'auto-on', // checkbox
  autoLimit: 'auto-limit', // inputs; data-key = perDay | perMonth | perChannel | maxFee | priceCap
  autoSave: 'auto-save',
  autoUsed: 'auto-used',
  backupReminder: 'backup-reminder',
  account: 'account', // label with a radio; data-key = address
  accountAdd: 'account-add', // button
  accountProblem: 'account-problem',
  autoLock: 'auto-lock', // select, minutes
  showSeed: 'show-seed', // link: the words again
  changePassword: 'change-password', // summary of the fold
  passwordOld: 'password-old', // input
  changePasswordSubmit: 'change-password-submit', // button
  passwordChanged: 'password-changed',
  erase: 'erase', // summary of the fold
  eraseTail: 'erase-tail', // input: last four letters of the address
  eraseSubmit: 'erase-submit', // button

  // ── diagnostics (page)
  diagnosticsRow: 'diagnostics-row', // data-key = id or name, data-ok
  diagnosticsCopy: 'diagnostics-copy', // button
  diagnosticsRun: 'diagnostics-run',
  /** Only on `#/diagnostics?switches`; the host obeys only when started with --test-switches. */
  stopPaying: 'stop-paying', // checkbox
} as const;
