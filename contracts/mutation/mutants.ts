/**
 * Bugs that somebody could write into HermeChannels, one replacement each. The tests must notice every one of them
 * (`npm run mutate:contracts`). `find` must occur exactly once in the source, so that a row which the source has
 * outgrown is noticed too.
 */
export interface Mutant {
  /** What the bug does to people. */
  readonly bug: string;
  readonly find: string;
  readonly replace: string;
}

const drop = (bug: string, find: string): Mutant => ({ bug, find, replace: '' });

export const MUTANTS: readonly Mutant[] = [
  // ------------------------------------------------------------------ claim
  {
    bug: 'the claim goes to whoever submits it',
    find: 'if (paid != 0) token.safeTransfer(payee, paid);',
    replace: 'if (paid != 0) token.safeTransfer(msg.sender, paid);',
  },
  {
    bug: 'a batch pays its last item only',
    find: 'paid += delta;',
    replace: 'paid = delta;',
  },
  {
    bug: 'a proof above the deposit takes the money of other channels',
    find: 'cumulative > deposit ? deposit : uint88(cumulative)',
    replace: 'uint88(cumulative)',
  },
  {
    bug: 'an older proof takes the claim back, and more',
    find: 'if (claimed <= before) return (id, before, 0);',
    replace: 'if (claimed == before) return (id, before, 0);',
  },
  {
    bug: 'the same proof is paid again and again',
    find: '        c.claimed = claimed;\n',
    replace: '',
  },
  {
    bug: 'one forged item stops a whole batch',
    find: 'if (signer == address(0)) return (0, 0, 0);',
    replace: 'if (signer == address(0)) revert InvalidSignature();',
  },
  {
    bug: 'a payer voids its proofs by putting code on its account (EIP-7702, ERC-1271)',
    find: 'if (signer == address(0)) return (0, 0, 0);',
    replace: 'if (signer == address(0) || payer.code.length != 0) return (0, 0, 0);',
  },
  {
    bug: 'a notice stops claims at once instead of the refund',
    find: '(uint88 deposit, uint88 before) = (c.deposit, c.claimed);',
    replace:
      '(uint88 deposit, uint88 before) = (c.deposit, c.claimed);\n        if (c.closeAt != 0 && block.timestamp >= c.closeAt) return (id, before, 0);',
  },
  {
    bug: 'anybody signs for any channel of a payer',
    find: 'mstore(add(p, 0x20), shr(96, shl(96, signer)))',
    replace: 'mstore(add(p, 0x20), 0)',
  },
  {
    bug: 'dirty high bits make good proofs worthless',
    find: 'mstore(add(p, 0x60), shr(160, shl(160, cumulative)))',
    replace: 'mstore(add(p, 0x60), cumulative)',
  },
  {
    bug: 'a proof is good for every payee',
    find: 'mstore(add(p, 0x40), shr(96, shl(96, payee)))\n            mstore(add(p, 0x60)',
    replace: 'mstore(add(p, 0x40), 0)\n            mstore(add(p, 0x60)',
  },
  {
    bug: 'the type string is not the one that wallets sign',
    find: 'Proof(address payer,address payee,uint96 cumulative)',
    replace: 'Proof(address payer,address payee,uint88 cumulative)',
  },
  drop('events no longer rebuild the balances', 'emit Claimed(id, claimed);'),
  // ------------------------------------------------------------------ exit
  drop('a payer withdraws without notice', 'if (c.closeAt == 0) revert CloseNotRequested(id);'),
  drop(
    'a payer withdraws before the grace has run out',
    'if (block.timestamp < c.closeAt) revert TooEarly(c.closeAt);',
  ),
  {
    bug: 'the grace is counted in seconds',
    find: 'uint40(block.timestamp) + uint40(c.grace) * 60',
    replace: 'uint40(block.timestamp) + uint40(c.grace)',
  },
  drop('asking again puts the exit off', 'if (c.closeAt != 0) return;'),
  {
    bug: 'the refund goes to whoever asks for it',
    find: 'if (amount != 0) token.safeTransfer(payer, amount);',
    replace: 'if (amount != 0) token.safeTransfer(msg.sender, amount);',
  },
  {
    bug: 'the refund forgets what was claimed',
    find: 'amount = c.deposit - c.claimed;',
    replace: 'amount = c.deposit;',
  },
  {
    bug: 'a refund resets the cumulative amount, so old proofs are paid again after a top-up',
    find: 'c.deposit = c.claimed;\n        c.closeAt = 0;',
    replace: '(c.deposit, c.claimed) = (0, 0);\n        c.closeAt = 0;',
  },
  {
    bug: 'an old notice lives on after a refund: the next deposit has no grace',
    find: 'c.deposit = c.claimed;\n        c.closeAt = 0;',
    replace: 'c.deposit = c.claimed;',
  },
  {
    bug: 'the last epoch locks the money',
    find: 'unchecked {\n            c.epoch++;\n        }',
    replace: 'c.epoch++;',
  },
  // ------------------------------------------------------------------ agreed close
  {
    bug: 'a signed close works again after a top-up',
    find: 'unchecked {\n            c.epoch++;\n        }',
    replace: '',
  },
  {
    bug: 'a signed close of an earlier epoch works',
    find: 'abi.encode(CLOSE_TYPEHASH, id, c.epoch, claimed, deadline)',
    replace: 'abi.encode(CLOSE_TYPEHASH, id, uint24(0), claimed, deadline)',
  },
  drop('a signed close never expires', 'if (block.timestamp > deadline) revert Expired(deadline);'),
  drop(
    'a signed close takes back what was claimed since',
    'if (c.claimed != claimed) revert ClaimedDiffers(c.claimed);',
  ),
  {
    bug: 'any signature closes, and opens for any payer',
    find: 'if (agreed == address(0) || agreed != by) revert InvalidSignature();',
    replace: 'if (agreed == address(0)) revert InvalidSignature();',
  },
  {
    bug: 'a signature of nobody opens for the zero address',
    find: 'if (agreed == address(0) || agreed != by) revert InvalidSignature();',
    replace: 'if (agreed != by) revert InvalidSignature();',
  },
  {
    bug: 'close refunds before it claims the last proofs',
    find: `        _claim(msg.sender, last);
        bytes32 id = idOf(payer, signer, msg.sender);
        Channel memory c = _known(id);
        claimed = c.claimed;
        refunded = _refund(id, payer, c);`,
    replace: `        bytes32 id = idOf(payer, signer, msg.sender);
        Channel memory c = _known(id);
        claimed = c.claimed;
        refunded = _refund(id, payer, c);
        _claim(msg.sender, last);`,
  },
  // ------------------------------------------------------------------ open and top up
  drop('a second opening wipes out the first deposit', 'if (_channels[id].grace != 0) revert ChannelExists(id);'),
  drop('a grace of a minute', 'if (grace < MIN_GRACE || grace > MAX_GRACE) revert GraceOutOfRange(grace);'),
  drop(
    'a channel that pays the contract itself',
    'if (payee == address(0) || payee == address(this)) revert InvalidPayee();',
  ),
  drop(
    'a token with a fee on transfer makes one channel pay for another',
    'if (received != amount) revert WrongAmountReceived(amount, received);',
  ),
  {
    bug: 'a notice outlives the payer’s own top-up',
    find: 'c.deposit += amount;\n        c.closeAt = 0;',
    replace: 'c.deposit += amount;',
  },
  {
    bug: 'a deposit that does not fit its bits wraps around',
    find: 'c.deposit += amount;\n        c.closeAt = 0;',
    replace: 'unchecked { c.deposit += amount; }\n        c.closeAt = 0;',
  },
  {
    bug: 'a permit that somebody submitted first stops the opening',
    find: 'try IERC20Permit(address(token)).permit(owner, address(this), amount, deadline, v, r, s) {} catch {}',
    replace: 'IERC20Permit(address(token)).permit(owner, address(this), amount, deadline, v, r, s);',
  },
  {
    bug: 'a token that calls back gets into claim',
    find: 'function claim(address payee, Proof[] calldata proofs) external nonReentrant',
    replace: 'function claim(address payee, Proof[] calldata proofs) external',
  },
  // ------------------------------------------------------------------ openFor
  {
    bug: 'the relayer’s fee goes to whoever copies the transaction',
    find: 'token.safeTransferFrom(o.payer, o.relayer, fee);',
    replace: 'token.safeTransferFrom(o.payer, msg.sender, fee);',
  },
  {
    bug: 'the relayer’s fee is paid out of other channels',
    find: 'token.safeTransferFrom(o.payer, o.relayer, fee);',
    replace: 'token.safeTransfer(o.relayer, fee);',
  },
  {
    bug: 'a relayer takes more than the signed cap',
    find: 'fee > o.maxFee || (fee != o.maxFee',
    replace: '(fee != o.maxFee',
  },
  {
    bug: 'a stranger spoils the relayer’s fee',
    find: ' || (fee != o.maxFee && msg.sender != o.relayer)) revert',
    replace: ') revert',
  },
  drop('a signed opening never expires', 'if (block.timestamp > o.deadline) revert Expired(o.deadline);'),
  drop('two relayers both open with the same nonce', '_useNonce(o.payer, o.nonce);'),
  drop('a nonce works again', 'if (used & _bit(nonce) != 0) revert NonceUsed(nonce);'),
  {
    bug: 'a stranger cancels other people’s openings',
    find: `        uint256 used = _usedNonces[payer][nonce >> 8];
        if (used & _bit(nonce) != 0) revert NonceUsed(nonce);
        _usedNonces[payer][nonce >> 8] =`,
    replace: `        payer = address(0);
        uint256 used = _usedNonces[payer][nonce >> 8];
        if (used & _bit(nonce) != 0) revert NonceUsed(nonce);
        _usedNonces[payer][nonce >> 8] =`,
  },
  {
    bug: 'a nonce frees the others of its word',
    find: '= used | _bit(nonce);',
    replace: '= _bit(nonce);',
  },
  {
    bug: 'a nonce uses up others too',
    find: 'return 1 << (nonce & 0xff);',
    replace: 'return 1 << (nonce & 0x7f);',
  },
  {
    bug: 'the permit does not cover the fee',
    find: '_permit(o.payer, uint256(o.amount) + o.maxFee, o.deadline, permitV, permitR, permitS);',
    replace: '_permit(o.payer, o.amount, o.deadline, permitV, permitR, permitS);',
  },
];
