// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IHermeChannels} from "./interfaces/IHermeChannels.sol";

/// @title Unidirectional payment channels that cost one storage slot each
/// @notice Rules, assumptions and warnings: see `IHermeChannels`.
/// @dev The signer is recovered from the proof and then *is part of the key* under which the channel is looked up, so
/// it is never stored and a proof by any other key finds an empty slot. Signatures are checked by raw ecrecover, never
/// by code (ERC-1271): a payer could otherwise void its proofs by changing its own code, also through EIP-7702.
contract HermeChannels is IHermeChannels, EIP712, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    bytes32 public constant PROOF_TYPEHASH = keccak256("Proof(address payer,address payee,uint96 cumulative)");
    bytes32 public constant CLOSE_TYPEHASH =
        keccak256("Close(bytes32 channelId,uint24 epoch,uint88 claimed,uint64 deadline)");
    bytes32 public constant OPEN_TYPEHASH = keccak256(
        "Open(address payer,address payee,address signer,uint88 amount,uint16 grace,uint256 nonce,uint64 deadline,address relayer,uint88 maxFee)"
    );
    /// @notice Minutes: one hour.
    uint16 public constant MIN_GRACE = 60;
    /// @notice Minutes: thirty days.
    uint16 public constant MAX_GRACE = 30 * 24 * 60;

    /// @inheritdoc IHermeChannels
    IERC20 public immutable token;

    mapping(bytes32 id => Channel) private _channels;
    /// @dev 256 nonces a word: word `nonce >> 8`, bit `nonce & 0xff`.
    mapping(address payer => mapping(uint256 word => uint256 bits)) private _usedNonces;

    /// @param token_ The one token of this deployment; read the token assumptions in `IHermeChannels` first.
    constructor(IERC20 token_) EIP712("HermeChannels", "1") {
        token = token_;
    }

    // ------------------------------------------------------------------ payer

    /// @inheritdoc IHermeChannels
    function open(address signer, address payee, uint88 amount, uint16 grace) public nonReentrant returns (bytes32 id) {
        return _open(msg.sender, signer, payee, amount, grace);
    }

    /// @inheritdoc IHermeChannels
    function openWithPermit(
        address signer,
        address payee,
        uint88 amount,
        uint16 grace,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (bytes32) {
        _permit(msg.sender, amount, deadline, v, r, s);
        return open(signer, payee, amount, grace);
    }

    /// @inheritdoc IHermeChannels
    function openFor(
        Open calldata o,
        uint88 fee,
        bytes32 r,
        bytes32 vs,
        uint8 permitV,
        bytes32 permitR,
        bytes32 permitS
    ) external nonReentrant returns (bytes32 id) {
        if (block.timestamp > o.deadline) revert Expired(o.deadline);
        if (fee > o.maxFee || (fee != o.maxFee && msg.sender != o.relayer)) revert FeeNotAllowed(fee, o.maxFee);
        _requireSigned(o.payer, keccak256(abi.encode(OPEN_TYPEHASH, o)), r, vs);
        _useNonce(o.payer, o.nonce);
        _permit(o.payer, uint256(o.amount) + o.maxFee, o.deadline, permitV, permitR, permitS);
        id = _open(o.payer, o.signer, o.payee, o.amount, o.grace);
        if (fee == 0) return id;
        emit RelayerPaid(id, o.relayer, fee);
        token.safeTransferFrom(o.payer, o.relayer, fee);
    }

    /// @inheritdoc IHermeChannels
    function cancelOpen(uint256 nonce) external {
        _useNonce(msg.sender, nonce);
        emit OpenCancelled(msg.sender, nonce);
    }

    /// @inheritdoc IHermeChannels
    function topUp(address signer, address payee, uint88 amount) public nonReentrant {
        if (amount == 0) revert ZeroAmount();
        bytes32 id = idOf(msg.sender, signer, payee);
        Channel memory c = _known(id);
        c.deposit += amount;
        c.closeAt = 0;
        _channels[id] = c;
        emit Deposited(id, c.deposit);
        _pull(msg.sender, amount);
    }

    /// @inheritdoc IHermeChannels
    function topUpWithPermit(
        address signer,
        address payee,
        uint88 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external {
        _permit(msg.sender, amount, deadline, v, r, s);
        topUp(signer, payee, amount);
    }

    /// @inheritdoc IHermeChannels
    function requestClose(address signer, address payee) external {
        bytes32 id = idOf(msg.sender, signer, payee);
        Channel memory c = _known(id);
        if (c.closeAt != 0) return;
        uint40 closeAt = uint40(block.timestamp) + uint40(c.grace) * 60;
        _channels[id].closeAt = closeAt;
        emit CloseRequested(id, payee, closeAt);
    }

    /// @inheritdoc IHermeChannels
    function withdraw(address payer, address signer, address payee) external nonReentrant {
        bytes32 id = idOf(payer, signer, payee);
        Channel memory c = _known(id);
        if (c.closeAt == 0) revert CloseNotRequested(id);
        if (block.timestamp < c.closeAt) revert TooEarly(c.closeAt);
        _refund(id, payer, c);
    }

    // ------------------------------------------------------------------ payee

    /// @inheritdoc IHermeChannels
    function claim(address payee, Proof[] calldata proofs) external nonReentrant returns (uint256 paid) {
        paid = _claim(payee, proofs);
    }

    /// @inheritdoc IHermeChannels
    function close(address payer, address signer, Proof[] calldata last)
        external
        nonReentrant
        returns (uint88 claimed, uint88 refunded)
    {
        _claim(msg.sender, last);
        bytes32 id = idOf(payer, signer, msg.sender);
        Channel memory c = _known(id);
        claimed = c.claimed;
        refunded = _refund(id, payer, c);
    }

    /// @inheritdoc IHermeChannels
    function closeWithSig(
        address payer,
        address signer,
        address payee,
        uint88 claimed,
        uint64 deadline,
        bytes32 r,
        bytes32 vs
    ) external nonReentrant {
        if (block.timestamp > deadline) revert Expired(deadline);
        bytes32 id = idOf(payer, signer, payee);
        Channel memory c = _known(id);
        if (c.claimed != claimed) revert ClaimedDiffers(c.claimed);
        _requireSigned(payee, keccak256(abi.encode(CLOSE_TYPEHASH, id, c.epoch, claimed, deadline)), r, vs);
        _refund(id, payer, c);
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IHermeChannels
    function channel(bytes32 id) external view returns (Channel memory) {
        return _channels[id];
    }

    /// @inheritdoc IHermeChannels
    function openNonceUsed(address payer, uint256 nonce) external view returns (bool) {
        return _usedNonces[payer][nonce >> 8] & _bit(nonce) != 0;
    }

    /// @inheritdoc IHermeChannels
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IHermeChannels
    function idOf(address payer, address signer, address payee) public pure returns (bytes32 id) {
        // The shifts clear what a variable of under 256 bits may carry in its unused high bits.
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, shr(96, shl(96, payer)))
            mstore(add(p, 0x20), shr(96, shl(96, signer)))
            mstore(add(p, 0x40), shr(96, shl(96, payee)))
            id := keccak256(p, 0x60)
        }
    }

    // ------------------------------------------------------------------ internals

    function _known(bytes32 id) private view returns (Channel memory c) {
        c = _channels[id];
        if (c.grace == 0) revert UnknownChannel(id);
    }

    function _open(address payer, address signer, address payee, uint88 amount, uint16 grace)
        private
        returns (bytes32 id)
    {
        if (signer == address(0)) revert InvalidSigner();
        if (payee == address(0) || payee == address(this)) revert InvalidPayee();
        if (amount == 0) revert ZeroAmount();
        if (grace < MIN_GRACE || grace > MAX_GRACE) revert GraceOutOfRange(grace);
        id = idOf(payer, signer, payee);
        if (_channels[id].grace != 0) revert ChannelExists(id);
        _channels[id] = Channel({deposit: amount, claimed: 0, closeAt: 0, grace: grace, epoch: 0});
        emit Opened(id, payer, payee, signer, grace);
        emit Deposited(id, amount);
        _pull(payer, amount);
    }

    function _requireSigned(address by, bytes32 structHash, bytes32 r, bytes32 vs) private view {
        (address agreed,,) = ECDSA.tryRecover(_hashTypedDataV4(structHash), r, vs);
        if (agreed == address(0) || agreed != by) revert InvalidSignature();
    }

    function _useNonce(address payer, uint256 nonce) private {
        uint256 used = _usedNonces[payer][nonce >> 8];
        if (used & _bit(nonce) != 0) revert NonceUsed(nonce);
        _usedNonces[payer][nonce >> 8] = used | _bit(nonce);
    }

    function _bit(uint256 nonce) private pure returns (uint256) {
        // forge-lint: disable-next-line(incorrect-shift)
        return 1 << (nonce & 0xff);
    }

    /// @dev Effects for every item first, one transfer at the end.
    function _claim(address payee, Proof[] calldata proofs) private returns (uint256 paid) {
        bytes32 separator = _domainSeparatorV4();
        for (uint256 i; i < proofs.length; ++i) {
            (bytes32 id, uint88 claimed, uint88 delta) = _apply(separator, payee, proofs[i]);
            if (delta == 0) continue;
            unchecked {
                paid += delta; // no batch is so long that deltas of 88 bits would fill 256
            }
            emit Claimed(id, claimed);
        }
        if (paid != 0) token.safeTransfer(payee, paid);
    }

    function _apply(bytes32 separator, address payee, Proof calldata proof)
        private
        returns (bytes32 id, uint88 claimed, uint88 delta)
    {
        address payer = address(uint160(proof.payerAndAmount >> 96));
        uint96 cumulative = uint96(proof.payerAndAmount);
        (address signer,,) = ECDSA.tryRecover(_digest(separator, payer, payee, cumulative), proof.r, proof.vs);
        if (signer == address(0)) return (0, 0, 0);
        id = idOf(payer, signer, payee);
        Channel storage c = _channels[id];
        (uint88 deposit, uint88 before) = (c.deposit, c.claimed);
        // Safe: not above deposit, which is a uint88.
        // forge-lint: disable-next-line(unsafe-typecast)
        claimed = cumulative > deposit ? deposit : uint88(cumulative);
        if (claimed <= before) return (id, before, 0);
        c.claimed = claimed;
        unchecked {
            delta = claimed - before; // claimed is more, see above
        }
    }

    /// @dev The epoch may wrap: reverting instead would lock money, and a wrapped signed close (16 million refunds
    /// later) would still have to be inside its deadline.
    function _refund(bytes32 id, address payer, Channel memory c) private returns (uint88 amount) {
        amount = c.deposit - c.claimed;
        c.deposit = c.claimed;
        c.closeAt = 0;
        unchecked {
            c.epoch++;
        }
        _channels[id] = c;
        emit Refunded(id, amount, c.epoch);
        if (amount != 0) token.safeTransfer(payer, amount);
    }

    function _permit(address owner, uint256 amount, uint256 deadline, uint8 v, bytes32 r, bytes32 s) private {
        try IERC20Permit(address(token)).permit(owner, address(this), amount, deadline, v, r, s) {} catch {}
    }

    /// @dev `from` is the caller, or has signed for it (`openFor`): an allowance alone never lets a stranger pull.
    function _pull(address from, uint88 amount) private {
        uint256 before = token.balanceOf(address(this));
        token.safeTransferFrom(from, address(this), amount);
        uint256 received = token.balanceOf(address(this)) - before;
        if (received != amount) revert WrongAmountReceived(amount, received);
    }

    /// @dev EIP-712 digest without touching the free memory pointer: a long batch does not pay for growing memory.
    function _digest(bytes32 separator, address payer, address payee, uint96 cumulative)
        private
        pure
        returns (bytes32 digest)
    {
        bytes32 typeHash = PROOF_TYPEHASH;
        assembly ("memory-safe") {
            let p := mload(0x40)
            mstore(p, typeHash)
            mstore(add(p, 0x20), shr(96, shl(96, payer)))
            mstore(add(p, 0x40), shr(96, shl(96, payee)))
            mstore(add(p, 0x60), shr(160, shl(160, cumulative)))
            let structHash := keccak256(p, 0x80)
            mstore(p, hex"1901")
            mstore(add(p, 0x02), separator)
            mstore(add(p, 0x22), structHash)
            digest := keccak256(p, 0x42)
        }
    }
}
