// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {TestMyst} from "../src/TestMyst.sol";
import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";

/// @notice What the fuzzer may do: three payers, two payees and two signer keys shared by all payers make twelve
/// channels. Each action keeps its own books and writes down the first rule that it sees broken.
contract Handler is Base {
    uint256 private constant PAYERS = 3;
    uint256 private constant PAYEES = 2;
    uint256 private constant SIGNERS = 2;
    uint256 public constant COUNT = PAYERS * PAYEES * SIGNERS;
    uint64 private constant DEADLINE = 4_000_000_000;

    struct Book {
        uint256 paidIn;
        uint256 claimed;
        uint256 refunded;
        uint96 signed; // the highest cumulative amount that its signer ever signed
        uint256 noticeAt;
        uint256 epochs;
        // The latest close that the payee signed.
        bool closeSigned;
        uint88 closeClaimed;
        bytes32 closeR;
        bytes32 closeVs;
    }

    struct Parties {
        address payer;
        address payee;
        address signer;
        uint256 payeeKey;
        uint256 signerKey;
    }

    mapping(uint256 => Book) private _books;
    string public broken;

    constructor(TestMyst token_, HermeChannels channels_) {
        token = token_;
        channels = channels_;
    }

    function setUp() public override {}

    function enroll() external {
        for (uint256 i; i < PAYERS; ++i) {
            vm.prank(vm.addr(100 + i));
            token.approve(address(channels), type(uint256).max);
        }
    }

    function book(uint256 k) external view returns (Book memory) {
        return _books[k];
    }

    function partiesOf(uint256 k) public pure returns (Parties memory p) {
        p.payeeKey = 200 + (k / PAYERS) % PAYEES;
        p.signerKey = 300 + k / PAYERS / PAYEES;
        p.payer = vm.addr(100 + k % PAYERS);
        p.payee = vm.addr(p.payeeKey);
        p.signer = vm.addr(p.signerKey);
    }

    function channelAt(uint256 k) public view returns (IHermeChannels.Channel memory) {
        Parties memory p = partiesOf(k);
        return channels.channel(channels.idOf(p.payer, p.signer, p.payee));
    }

    // ------------------------------------------------------------------ actions

    function open(uint256 k, uint64 amount) external {
        k %= COUNT;
        Parties memory p = partiesOf(k);
        bytes32 others = othersThan(k);
        bool exists = channelAt(k).grace != 0;
        vm.prank(p.payer);
        try channels.open(p.signer, p.payee, amount, GRACE) {
            if (exists || amount == 0) fail("opened twice or with nothing");
            _books[k].paidIn += amount;
        } catch {
            if (!exists && amount != 0) fail("could not open");
        }
        untouched(others, k);
    }

    function topUp(uint256 k, uint64 amount, bool stranger) external {
        k %= COUNT;
        Parties memory p = partiesOf(k);
        bytes32 others = othersThan(k);
        bytes32 before = keccak256(abi.encode(channelAt(k)));
        address from = stranger ? p.payee : p.payer;
        vm.prank(from);
        try channels.topUp(p.signer, p.payee, amount) {
            if (stranger) fail("a stranger topped up");
            _books[k].paidIn += amount;
            _books[k].noticeAt = 0;
        } catch {
            if (keccak256(abi.encode(channelAt(k))) != before) fail("a failed top-up left a trace");
        }
        untouched(others, k);
    }

    function requestClose(uint256 k) external {
        k %= COUNT;
        Parties memory p = partiesOf(k);
        bytes32 others = othersThan(k);
        IHermeChannels.Channel memory before = channelAt(k);
        vm.prank(p.payer);
        try channels.requestClose(p.signer, p.payee) {
            if (_books[k].noticeAt == 0) _books[k].noticeAt = block.timestamp;
            else if (channelAt(k).closeAt != before.closeAt) fail("a notice moved");
        } catch {
            if (before.grace != 0) fail("could not give notice");
        }
        untouched(others, k);
    }

    function claim(uint256 k, uint96 amount, bytes32 garbage) external {
        k %= COUNT;
        Parties memory p = partiesOf(k);
        Book storage b = _books[k];
        bytes32 others = othersThan(k);
        amount = uint96(amount % (2 * uint256(type(uint64).max)));
        IHermeChannels.Proof[] memory items = new IHermeChannels.Proof[](5);
        items[0] = proofBy(p.signerKey, p.payer, p.payee, amount);
        items[1] = IHermeChannels.Proof(uint256(garbage), garbage, ~garbage);
        items[2] = proofBy(p.signerKey, p.payer, p.payee, b.signed);
        items[3] = proofBy(999, p.payer, p.payee, type(uint96).max);
        items[4] = items[0];
        if (amount > b.signed) b.signed = amount;
        IHermeChannels.Channel memory before = channelAt(k);
        uint256 balance = token.balanceOf(p.payee);
        try channels.claim(p.payee, items) returns (uint256 paid) {
            uint256 due = (b.signed < before.deposit ? b.signed : before.deposit) - before.claimed;
            if (before.grace == 0) due = 0;
            if (paid != due) fail("claim did not pay min(signed, deposit) - claimed");
            if (token.balanceOf(p.payee) - balance != paid) fail("the payee did not receive the claim");
            b.claimed += paid;
        } catch {
            fail("claim reverted");
        }
        untouched(others, k);
    }

    function wait(uint32 time) external {
        vm.warp(block.timestamp + time % 2 days);
    }

    function withdraw(uint256 k) external {
        k %= COUNT;
        Parties memory p = partiesOf(k);
        Book storage b = _books[k];
        bytes32 others = othersThan(k);
        bool entitled = b.noticeAt != 0 && block.timestamp >= b.noticeAt + uint256(GRACE) * 60;
        uint256 balance = token.balanceOf(p.payer);
        try channels.withdraw(p.payer, p.signer, p.payee) {
            if (!entitled) fail("a refund without notice or before its end");
            refunded(k, balance);
        } catch {
            if (entitled) fail("an entitled payer could not withdraw");
        }
        untouched(others, k);
    }

    function close(uint256 k, bool byPayee, uint96 amount) external {
        k %= COUNT;
        Parties memory p = partiesOf(k);
        Book storage b = _books[k];
        bytes32 others = othersThan(k);
        amount = uint96(amount % (2 * uint256(type(uint64).max)));
        bool exists = channelAt(k).grace != 0;
        IHermeChannels.Proof[] memory last = only(proofBy(p.signerKey, p.payer, p.payee, amount));
        uint256 balance = token.balanceOf(p.payer);
        uint256 claimedBefore = channelAt(k).claimed;
        address caller = byPayee ? p.payee : p.payer;
        vm.prank(caller);
        try channels.close(p.payer, p.signer, last) {
            if (!byPayee) fail("closed by somebody else than the payee");
            if (amount > b.signed) b.signed = amount;
            b.claimed += channelAt(k).claimed - claimedBefore;
            refunded(k, balance);
        } catch {
            if (byPayee && exists) fail("the payee could not close");
        }
        untouched(others, k);
    }

    function signClose(uint256 k) external {
        k %= COUNT;
        Parties memory p = partiesOf(k);
        Book storage b = _books[k];
        IHermeChannels.Channel memory c = channelAt(k);
        bytes32 id = channels.idOf(p.payer, p.signer, p.payee);
        (b.closeR, b.closeVs) = closeBy(p.payeeKey, id, c.epoch, c.claimed, DEADLINE);
        (b.closeSigned, b.closeClaimed) = (true, c.claimed);
    }

    /// Also replays closes that were used or that a refund has outdated: the epoch must refuse those.
    function closeWithSig(uint256 k) external {
        k %= COUNT;
        Parties memory p = partiesOf(k);
        Book storage b = _books[k];
        if (b.closeR == 0) return;
        bytes32 others = othersThan(k);
        uint256 balance = token.balanceOf(p.payer);
        try channels.closeWithSig(p.payer, p.signer, p.payee, b.closeClaimed, DEADLINE, b.closeR, b.closeVs) {
            if (!b.closeSigned) fail("a signed close worked twice");
            refunded(k, balance);
        } catch {}
        untouched(others, k);
    }

    // ------------------------------------------------------------------ books

    function refunded(uint256 k, uint256 balanceBefore) private {
        Book storage b = _books[k];
        b.refunded += token.balanceOf(partiesOf(k).payer) - balanceBefore;
        b.noticeAt = 0;
        b.closeSigned = false;
        b.epochs++;
    }

    function othersThan(uint256 k) private view returns (bytes32 digest) {
        for (uint256 i; i < COUNT; ++i) {
            if (i != k) digest = keccak256(abi.encode(digest, channelAt(i)));
        }
    }

    function untouched(bytes32 before, uint256 k) private {
        if (othersThan(k) != before) fail("another channel was touched");
        IHermeChannels.Channel memory c = channelAt(k);
        if (c.claimed < _books[k].claimed) fail("claimed fell");
    }

    function fail(string memory rule) private {
        if (bytes(broken).length == 0) broken = rule;
    }
}
