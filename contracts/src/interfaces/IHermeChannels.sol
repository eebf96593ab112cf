// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Unidirectional payment channels that cost one storage slot each
///
/// @notice A payer locks tokens for one payee and names a `signer` key. That key signs *cumulative* amounts off chain
/// (`Proof`); the payee, or anyone for the payee, turns the highest one into tokens whenever it likes. The payer gets
/// the remainder back at once when the payee agrees, or on its own after the grace period.
///
/// A channel is identified by keccak256(payer, signer, payee). It is never deleted: amounts are cumulative over the
/// life of the id and never reset, so an id can be refunded and filled again without making any old proof worth
/// anything twice.
///
/// @dev Assumptions
/// - Token: one ERC-20 per deployment, fixed at construction. It must move exactly the amount asked for, must not
///   rebase, and its supply must fit 88 bits (309 million tokens at 18 decimals; MYST has 100 million). Deposits that
///   arrive short are refused; a token that later confiscates or freezes what this contract holds can still make
///   payments fail, and nothing here can mend that. Tokens sent here by plain `transfer` are lost.
/// - Clock: `block.timestamp`, which a block's author may shift by some seconds. The shortest grace period is an hour,
///   so seconds do not matter.
/// - Signer: a plain secp256k1 key, checked by raw ecrecover. It may equal the payer where the payer is an ordinary
///   account; a smart account names a key instead.
/// - There is no owner, no upgrade, no pause: nobody can change the rules of money already locked. The contract takes no
///   fee; a relayer may take one that the payer signed (`openFor`).
/// - Payer: any account may `open`. `openFor` is for accounts that have a key (ordinary ones, also with EIP-7702 code).
///   A smart account without one (ERC-1271) calls `open` itself, through its own paymaster if it has no coin: asking its
///   code whether it agrees would add nothing but a second way to be asked.
///
/// WARNING to payers: anything that `signer` ever signed for this payee can be taken, up to the deposit, until a refund
/// has been *executed*, even after the grace period has run out. `withdraw` promptly.
/// WARNING to payees: while `closeAt` is not 0 the payer may withdraw at that time. Watch `CloseRequested`, refuse new
/// proofs then and claim before it. Deposits of blocks that may still be reorganised are not yet deposits.
/// WARNING to payees: recover the signer exactly as this contract does (low s, correct parity). A library's
/// `verify(publicKey)` ignores the parity bit and accepts proofs that no chain will pay.
interface IHermeChannels {
    /// @notice All that is stored of a channel; exactly 256 bits. `grace` is 0 only where no channel was ever opened.
    /// @param deposit Everything ever paid in minus everything refunded; `deposit - claimed` is what the contract holds.
    /// @param claimed Everything ever paid to the payee. Never falls.
    /// @param closeAt Unix second from which the payer may withdraw; 0 while no close is asked for.
    /// @param grace Minutes between `requestClose` and `closeAt`. Fixed at `open`.
    /// @param epoch Number of refunds so far (modulo 2^24): what makes a signed close work once.
    struct Channel {
        uint88 deposit;
        uint88 claimed;
        uint40 closeAt;
        uint16 grace;
        uint24 epoch;
    }

    /// @notice One EIP-712 `Proof(address payer,address payee,uint96 cumulative)` in three words.
    /// @param payerAndAmount `payer << 96 | cumulative`.
    /// @param r First half of the EIP-2098 signature.
    /// @param vs Second half: parity of R.y in the top bit, s (low half of the order only) below it.
    struct Proof {
        uint256 payerAndAmount;
        bytes32 r;
        bytes32 vs;
    }

    /// @notice What a payer signs (EIP-712, this very order of fields) so that somebody else can pay the gas of opening.
    /// @param payer Whose tokens and whose channel. Its own key signs, checked by raw ecrecover.
    /// @param payee As in `open`.
    /// @param signer As in `open`.
    /// @param amount As in `open`: what arrives in the channel, the fee not included.
    /// @param grace As in `open`, minutes.
    /// @param nonce Any number not used before by this payer. Several may be open at once, in any order.
    /// @param deadline Last Unix second at which it may be submitted; the permit's deadline too.
    /// @param relayer Who receives the fee, whoever submits.
    /// @param maxFee Most that the relayer may take, in the token's smallest unit.
    struct Open {
        address payer;
        address payee;
        address signer;
        uint88 amount;
        uint16 grace;
        uint256 nonce;
        uint64 deadline;
        address relayer;
        uint88 maxFee;
    }

    /// @notice A channel exists now. `grace` in minutes.
    event Opened(bytes32 indexed id, address indexed payer, address indexed payee, address signer, uint16 grace);
    /// @notice The payer paid in; `deposit` is the new total. Cancels a close that was asked for.
    event Deposited(bytes32 indexed id, uint88 deposit);
    /// @notice The payee was paid; `claimed` is the new cumulative total.
    event Claimed(bytes32 indexed id, uint88 claimed);
    /// @notice The payer may withdraw from Unix second `closeAt` on. The payee is indexed so that it can watch for it.
    event CloseRequested(bytes32 indexed id, address indexed payee, uint40 closeAt);
    /// @notice The payer got `amount` back; `epoch` is the new epoch.
    event Refunded(bytes32 indexed id, uint88 amount, uint24 epoch);
    /// @notice The payer paid `relayer` for opening the channel, beside the deposit.
    event RelayerPaid(bytes32 indexed id, address indexed relayer, uint88 fee);
    /// @notice An `Open` with this nonce can not be submitted any more.
    event OpenCancelled(address indexed payer, uint256 nonce);

    /// @notice The zero address cannot sign.
    error InvalidSigner();
    /// @notice The payee is the zero address or this contract.
    error InvalidPayee();
    /// @notice A deposit of nothing.
    error ZeroAmount();
    /// @notice `grace` (minutes) is outside `MIN_GRACE` … `MAX_GRACE`.
    error GraceOutOfRange(uint16 grace);
    /// @notice Opened before; fill it with `topUp`.
    error ChannelExists(bytes32 id);
    /// @notice Never opened.
    error UnknownChannel(bytes32 id);
    /// @notice `withdraw` without a standing `requestClose`.
    error CloseNotRequested(bytes32 id);
    /// @notice `withdraw` before `closeAt`.
    error TooEarly(uint40 closeAt);
    /// @notice The token moved another amount than it was told to (fee on transfer, rebasing).
    error WrongAmountReceived(uint256 expected, uint256 received);
    /// @notice The signed close or opening is past its deadline.
    error Expired(uint64 deadline);
    /// @notice The signed close names another claimed amount than the channel has: claim first, or ask again.
    error ClaimedDiffers(uint88 claimed);
    /// @notice Not signed by the payee for this channel, epoch, amount and deadline; or not by the payer for this `Open`.
    error InvalidSignature();
    /// @notice The fee is above the signed cap, or below it and not the relayer's own choice.
    error FeeNotAllowed(uint88 fee, uint88 maxFee);
    /// @notice The payer used or cancelled this nonce before.
    error NonceUsed(uint256 nonce);

    /// @notice Opens a channel of the caller. The token must be approved for this contract.
    /// @param signer Key whose proofs count. One per device, so that two devices never disagree about the amount.
    /// @param payee Where claims go, fixed for ever.
    /// @param amount First deposit in the token's smallest unit.
    /// @param grace Minutes that the payee has to claim after the payer's notice: 60 (an hour) to 43,200 (30 days).
    /// @return id keccak256(payer, signer, payee).
    function open(address signer, address payee, uint88 amount, uint16 grace) external returns (bytes32 id);

    /// @notice `open` with an EIP-2612 permit of exactly `amount` from the caller, so that it takes one transaction.
    /// @dev A permit that fails is ignored: somebody may have submitted it first, and then the allowance stands.
    /// The permit is the caller's own. It does not name payee or signer, so nobody may use it for somebody else.
    function openWithPermit(
        address signer,
        address payee,
        uint88 amount,
        uint16 grace,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bytes32 id);

    /// @notice `open` for a payer that signed `o`, paid out of the payer's tokens, so that it needs no coin for gas. Anyone
    /// may submit; `fee` goes from the payer to `o.relayer`, never to the caller. Only the relayer may take less than
    /// `maxFee`: whoever submits first can neither redirect nor spoil its fee.
    /// @dev The EIP-2612 permit is the payer's, of exactly `amount + maxFee` with the deadline of `o`; one that fails is
    /// ignored as in `openWithPermit`. All zero where an allowance stands already: that is the way for tokens without
    /// permit. (There is no Permit2 variant: it needs an approval in coin first, and then one for this contract does.)
    /// WARNING to payers: until the deadline the opening may happen at any moment, or never. Sign minutes, not days, and
    /// give the next relayer an `Open` with the *same* nonce, so that at most one of them happens.
    /// WARNING to payers: with a permit, `maxFee - fee` remains as allowance. Only you can use it: by a call or a signature.
    /// WARNING to relayers: the payer can spend its tokens or its nonce before you are mined. Simulate, and bear the rest.
    /// @param o What the payer signed.
    /// @param fee At most `o.maxFee`, and exactly that when the caller is not the relayer.
    /// @param r First half of the payer's EIP-2098 signature of `o`.
    /// @param vs Second half.
    /// @return id keccak256(payer, signer, payee).
    function openFor(
        Open calldata o,
        uint88 fee,
        bytes32 r,
        bytes32 vs,
        uint8 permitV,
        bytes32 permitR,
        bytes32 permitS
    ) external returns (bytes32 id);

    /// @notice Makes the caller's `Open` with this nonce worthless.
    function cancelOpen(uint256 nonce) external;

    /// @notice Adds `amount` to the caller's channel, also after a refund, and cancels a close that was asked for.
    /// @dev Payer only: otherwise a stranger could cancel a close with dust.
    function topUp(address signer, address payee, uint88 amount) external;

    /// @notice `topUp` with an EIP-2612 permit, as `openWithPermit`.
    function topUpWithPermit(
        address signer,
        address payee,
        uint88 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice The payer gives notice. Asking again neither prolongs nor shortens it.
    function requestClose(address signer, address payee) external;

    /// @notice After the notice has run out: the remainder goes to the payer. Anyone may call.
    function withdraw(address payer, address signer, address payee) external;

    /// @notice Pays `payee` what the proofs are worth, in one transfer. Anyone may call, in any order, again and again.
    /// @dev An item that is forged, stale, paid already or of no channel is skipped and never reverts the batch. A proof
    /// above the deposit pays the deposit; the rest stays owed and can be claimed after a top-up.
    /// Keep batches at 200 items or fewer (about 13,000 gas each).
    /// @return paid What was transferred in this call.
    function claim(address payee, Proof[] calldata proofs) external returns (uint256 paid);

    /// @notice The payee takes its last proofs (of this or other channels) and hands this channel's remainder back.
    /// @dev WARNING: as in `claim`, a bad proof is skipped, and then its money goes back to the payer. Simulate first
    /// and compare `claimed`.
    /// @return claimed Cumulative total of this channel, after the proofs.
    /// @return refunded What went back to the payer.
    function close(address payer, address signer, Proof[] calldata last)
        external
        returns (uint88 claimed, uint88 refunded);

    /// @notice The same agreed by the payee's EIP-712 signature over
    /// `Close(bytes32 channelId,uint24 epoch,uint88 claimed,uint64 deadline)`, so that anyone can pay the gas.
    /// @dev The epoch makes each signature work at most once. Payees should sign short deadlines.
    function closeWithSig(
        address payer,
        address signer,
        address payee,
        uint88 claimed,
        uint64 deadline,
        bytes32 r,
        bytes32 vs
    ) external;

    /// @notice What is stored under `id`; all zero where no channel was opened.
    function channel(bytes32 id) external view returns (Channel memory);
    /// @notice Whether an `Open` of this payer with this nonce happened or was cancelled.
    function openNonceUsed(address payer, uint256 nonce) external view returns (bool);
    /// @notice keccak256(abi.encode(payer, signer, payee)).
    function idOf(address payer, address signer, address payee) external pure returns (bytes32 id);
    /// @notice EIP-712 domain separator of {name: "HermeChannels", version: "1", chainId, verifyingContract}.
    function domainSeparator() external view returns (bytes32);
    /// @notice The one token of this deployment.
    function token() external view returns (IERC20);
}
