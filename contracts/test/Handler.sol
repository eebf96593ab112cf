// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {TestMyst} from "../src/TestMyst.sol";
import {Books} from "./Books.sol";
import {vm} from "./Vm.sol";

/// @notice What the fuzzer may do. Every action says beforehand whether it ought to succeed, and what it ought to move.
contract Handler is Books {
    constructor(TestMyst token_, HermeChannels channels_) Books(token_, channels_) {}

    // ------------------------------------------------------------------ payer

    function open(uint256 seed, uint64 amount) external {
        _openDirect(pick(seed), amount);
    }

    function _openDirect(uint256 k, uint64 amount) private touchesOnly(k) {
        Parties memory p = partiesOf(k);
        bool exists = channelAt(k).grace != 0;
        vm.prank(p.payer);
        try channels.open(p.signer, p.payee, amount, GRACE) {
            if (exists || amount == 0) fail("opened twice or with nothing");
            _books[k].paidIn += amount;
        } catch {
            if (!exists && amount != 0) fail("could not open");
        }
    }

    /// One nonce per channel, so a second submission is a replay; also forged, above the cap and by a stranger.
    function openFor(uint256 seed, uint64 amount, uint32 maxFee, uint32 fee, bool forged, bool byRelayer) external {
        _openFor(pick(seed), amount, maxFee, fee, forged, byRelayer ? RELAYER : STRANGER);
    }

    function _openFor(uint256 k, uint64 amount, uint32 maxFee, uint32 fee, bool forged, address from)
        private
        touchesOnly(k)
    {
        Parties memory p = partiesOf(k);
        Book storage b = _books[k];
        IHermeChannels.Open memory o =
            IHermeChannels.Open(p.payer, p.payee, p.signer, amount, GRACE, uint256(idAt(k)), DEADLINE, RELAYER, maxFee);
        (bytes32 r, bytes32 vs) = openBy(forged ? p.signerKey : p.payerKey, o);
        bool may = !forged && amount != 0 && channelAt(k).grace == 0 && b.cancelled == 0
            && (fee == maxFee || (fee < maxFee && from == RELAYER));
        uint256 balance = token.balanceOf(RELAYER);
        vm.prank(from);
        try channels.openFor(o, fee, r, vs, 0, 0, 0) {
            if (!may) fail("opened what the payer did not sign, twice, or cancelled");
            if (token.balanceOf(RELAYER) - balance != fee) fail("the relayer did not receive its fee");
            b.paidIn += amount;
            b.fees += fee;
            b.opens++;
        } catch {
            if (may) fail("could not open for a payer");
        }
        if (b.opens > 1) fail("an opening worked twice");
    }

    function cancelOpen(uint256 seed, bool stranger) external {
        if (seed % 16 != 0) return; // rarely, or there would be nothing left to open
        uint256 k = pick(seed / 16);
        uint256 nonce = uint256(idAt(k));
        bool used = channels.openNonceUsed(partiesOf(k).payer, nonce);
        vm.prank(stranger ? STRANGER : partiesOf(k).payer);
        try channels.cancelOpen(nonce) {
            if (!stranger) _books[k].cancelled = nonce;
            if (!stranger && used) fail("a nonce was used twice");
        } catch {}
        if (stranger && channels.openNonceUsed(partiesOf(k).payer, nonce) != used) fail("a stranger cancelled");
    }

    function topUp(uint256 seed, uint64 amount, bool stranger) external {
        _topUp(pick(seed), amount, stranger);
    }

    function _topUp(uint256 k, uint64 amount, bool stranger) private touchesOnly(k) {
        Parties memory p = partiesOf(k);
        IHermeChannels.Channel memory before = channelAt(k);
        vm.prank(stranger ? p.payee : p.payer);
        try channels.topUp(p.signer, p.payee, amount) {
            if (stranger || before.grace == 0 || amount == 0) fail("topped up what was not theirs, or with nothing");
            _books[k].paidIn += amount;
            _books[k].noticeAt = 0;
            if (channelAt(k).closeAt != 0) fail("the payer's own top-up left its notice standing");
        } catch {
            if (keccak256(abi.encode(channelAt(k))) != keccak256(abi.encode(before))) fail("a failure left a trace");
            if (!stranger && before.grace != 0 && amount != 0) fail("could not top up");
        }
    }

    function requestClose(uint256 seed, bool byPayee) external {
        _requestClose(pick(seed), byPayee);
    }

    function _requestClose(uint256 k, bool byPayee) private touchesOnly(k) {
        Parties memory p = partiesOf(k);
        Book storage b = _books[k];
        IHermeChannels.Channel memory before = channelAt(k);
        vm.prank(byPayee ? p.payee : p.payer);
        try channels.requestClose(p.signer, p.payee) {
            if (byPayee) fail("notice by somebody else than the payer");
            if (b.noticeAt == 0) b.noticeAt = block.timestamp;
            if (channelAt(k).closeAt != b.noticeAt + uint256(GRACE) * 60) {
                fail("a notice is not now + grace, or it moved");
            }
        } catch {
            if (before.grace != 0 && !byPayee) fail("could not give notice");
        }
    }

    function withdraw(uint256 seed) external {
        _withdraw(pick(seed));
    }

    function _withdraw(uint256 k) private touchesOnly(k) {
        Parties memory p = partiesOf(k);
        Book storage b = _books[k];
        bool entitled = b.noticeAt != 0 && block.timestamp >= b.noticeAt + uint256(GRACE) * 60;
        uint256 balance = token.balanceOf(p.payer);
        vm.prank(STRANGER);
        try channels.withdraw(p.payer, p.signer, p.payee) {
            if (!entitled) fail("a refund without notice or before its end");
            refunded(k, balance);
        } catch {
            if (entitled) fail("an entitled payer could not withdraw");
        }
    }

    // ------------------------------------------------------------------ payee

    /// A batch of good, stale, foreign, malleated and random items, in any order and some of them twice; now, or when a
    /// notice has run out and nobody has withdrawn yet.
    function claim(uint256 seed, uint96 amount, uint256 order, bytes32 garbage, bool late) external {
        uint256 k = pick(seed);
        uint40 closeAt = channelAt(k).closeAt;
        if (late && block.timestamp < closeAt) vm.warp(closeAt);
        _claim(k, uint96(amount % (2 * uint256(type(uint64).max))), order, garbage);
    }

    function _claim(uint256 k, uint96 amount, uint256 order, bytes32 garbage) private touchesOnly(k) {
        Parties memory p = partiesOf(k);
        Book storage b = _books[k];
        IHermeChannels.Proof[] memory items = shuffled(batch(k, amount, garbage), order);
        if (amount > b.signed) b.signed = amount;
        IHermeChannels.Channel memory before = channelAt(k);
        uint256 balance = token.balanceOf(p.payee);
        vm.prank(STRANGER);
        try channels.claim(p.payee, items) returns (uint256 paid) {
            uint256 due = (b.signed < before.deposit ? b.signed : before.deposit) - before.claimed;
            if (paid != due) fail("claim did not pay min(signed, deposit) - claimed");
            if (token.balanceOf(p.payee) - balance != paid) fail("the payee did not receive the claim");
            b.claimed += paid;
        } catch {
            fail("claim reverted");
        }
    }

    function batch(uint256 k, uint96 amount, bytes32 garbage)
        private
        view
        returns (IHermeChannels.Proof[] memory items)
    {
        Parties memory p = partiesOf(k);
        Parties memory other = partiesOf((k + 1 + uint256(garbage) % (COUNT - 1)) % COUNT);
        items = new IHermeChannels.Proof[](8);
        IHermeChannels.Proof memory good = proofBy(p.signerKey, p.payer, p.payee, amount);
        items[0] = good;
        items[1] = IHermeChannels.Proof(good.payerAndAmount, good.r, flipped(good.vs));
        items[2] = IHermeChannels.Proof(good.payerAndAmount, good.r, malleated(good.vs));
        items[3] = proofBy(p.signerKey, p.payer, p.payee, _books[k].signed);
        items[4] = IHermeChannels.Proof(uint256(garbage), garbage, ~garbage);
        // Another channel's money, in as many ways as there are: its words with this signature, this payer with its
        // signer's, and what was signed for another contract.
        items[5] = IHermeChannels.Proof((uint256(uint160(other.payer)) << 96) | amount, good.r, good.vs);
        if (other.payer == p.payer) items[5].payerAndAmount += 1;
        items[6] = proofBy(p.payeeKey, other.payer, p.payee, type(uint96).max);
        items[7] =
            proofFor(domain(block.chainid + 1, address(channels)), p.signerKey, p.payer, p.payee, type(uint96).max);
    }

    /// @dev Draws with putting back, the good one (item 0) and the highest known (item 3) at least once.
    function shuffled(IHermeChannels.Proof[] memory from, uint256 order)
        private
        pure
        returns (IHermeChannels.Proof[] memory items)
    {
        items = new IHermeChannels.Proof[](8);
        for (uint256 i; i < 8; ++i) {
            items[i] = from[(order >> (3 * i)) % 8];
        }
        uint256 place = (order >> 32) % 8;
        items[place] = from[0];
        items[(place + 1 + (order >> 40) % 7) % 8] = from[3];
    }

    function close(uint256 seed, bool byPayee, uint96 amount) external {
        _close(pick(seed), byPayee, uint96(amount % (2 * uint256(type(uint64).max))));
    }

    function _close(uint256 k, bool byPayee, uint96 amount) private touchesOnly(k) {
        Parties memory p = partiesOf(k);
        Book storage b = _books[k];
        IHermeChannels.Channel memory before = channelAt(k);
        IHermeChannels.Proof[] memory last = only(proofBy(p.signerKey, p.payer, p.payee, amount));
        uint256 balance = token.balanceOf(p.payer);
        uint256 paid = token.balanceOf(p.payee);
        vm.prank(byPayee ? p.payee : p.payer);
        try channels.close(p.payer, p.signer, last) {
            if (!byPayee) fail("closed by somebody else than the payee");
            if (amount > b.signed) b.signed = amount;
            paid = token.balanceOf(p.payee) - paid;
            uint256 worth = amount < before.deposit ? amount : before.deposit;
            if (paid != (worth > before.claimed ? worth - before.claimed : 0)) fail("close lost the last proof");
            b.claimed += paid;
            refunded(k, balance);
        } catch {
            if (byPayee && before.grace != 0) fail("the payee could not close");
        }
    }

    function signClose(uint256 seed) external {
        uint256 k = pick(seed);
        Book storage b = _books[k];
        IHermeChannels.Channel memory c = channelAt(k);
        (b.closeR, b.closeVs) = closeBy(partiesOf(k).payeeKey, idAt(k), c.epoch, c.claimed, DEADLINE);
        (b.closeSigned, b.closeClaimed) = (true, c.claimed);
    }

    /// Also replays closes that were used or that a refund has outdated: the epoch must refuse those.
    function closeWithSig(uint256 seed) external {
        _closeWithSig(pick(seed));
    }

    function _closeWithSig(uint256 k) private touchesOnly(k) {
        Parties memory p = partiesOf(k);
        Book storage b = _books[k];
        if (b.closeR == 0) return;
        bool entitled = b.closeSigned && channelAt(k).grace != 0 && channelAt(k).claimed == b.closeClaimed;
        uint256 balance = token.balanceOf(p.payer);
        try channels.closeWithSig(p.payer, p.signer, p.payee, b.closeClaimed, DEADLINE, b.closeR, b.closeVs) {
            if (!entitled) fail("a signed close worked twice, or for another amount");
            refunded(k, balance);
        } catch {
            if (entitled) fail("a signed close did not work");
        }
    }

    // ------------------------------------------------------------------ the world

    function wait(uint32 time) external {
        vm.warp(block.timestamp + time % 2 days);
    }

    /// Tokens that nobody asked for: they must not become anybody's.
    function donate(uint256 seed, uint32 amount) external {
        address payer = partiesOf(pick(seed)).payer;
        vm.prank(payer);
        token.transfer(address(channels), amount);
        donated[payer] += amount;
    }
}
