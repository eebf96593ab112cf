// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {TestMyst} from "../src/TestMyst.sol";
import {Signing} from "./Signing.sol";
import {vm} from "./Vm.sol";

/// @notice Who plays in the invariant test and what each of them ought to have: three payers, two payees and two signer
/// keys shared by all payers make twelve channels. Kept apart from the contract, from nothing but what was asked for and
/// what balances did; the first rule seen broken is written down in `broken`.
abstract contract Books is Signing {
    uint256 public constant PAYERS = 3;
    uint256 public constant PAYEES = 2;
    uint256 private constant SIGNERS = 2;
    uint256 public constant COUNT = PAYERS * PAYEES * SIGNERS;
    /// @dev What each payer has at the start.
    uint256 public constant FUNDS = 1e30;
    uint16 internal constant GRACE = 1440;
    uint64 internal constant DEADLINE = 4_000_000_000;
    address public constant RELAYER = address(0x4E1A);
    address public constant STRANGER = address(0x57A6);

    struct Book {
        uint256 paidIn;
        uint256 claimed;
        uint256 refunded;
        uint256 fees;
        uint96 signed; // the highest cumulative amount that its signer ever signed
        uint256 noticeAt;
        uint256 epochs;
        uint256 opens; // how often `openFor` worked
        uint256 cancelled; // the nonce that its payer cancelled
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
        uint256 payerKey;
        uint256 payeeKey;
        uint256 signerKey;
    }

    mapping(uint256 => Book) internal _books;
    /// @dev Worked out once: deriving addresses from keys would be most of the time.
    Parties[] private _parties;
    bytes32[] private _ids;
    /// @notice Tokens that somebody sent to the contract without being asked, per payer.
    mapping(address => uint256) public donated;
    string public broken;
    uint256 private _last;

    constructor(TestMyst token_, HermeChannels channels_) {
        (token, channels) = (token_, channels_);
        for (uint256 k; k < COUNT; ++k) {
            (uint256 payerKey, uint256 payeeKey) = (100 + k % PAYERS, 200 + (k / PAYERS) % PAYEES);
            uint256 signerKey = 300 + k / PAYERS / PAYEES;
            _parties.push(
                Parties(vm.addr(payerKey), vm.addr(payeeKey), vm.addr(signerKey), payerKey, payeeKey, signerKey)
            );
            _ids.push(channels.idOf(_parties[k].payer, _parties[k].signer, _parties[k].payee));
            vm.prank(_parties[k].payer);
            token.approve(address(channels), type(uint256).max);
        }
    }

    function book(uint256 k) external view returns (Book memory) {
        return _books[k];
    }

    function partiesOf(uint256 k) public view returns (Parties memory) {
        return _parties[k];
    }

    function idAt(uint256 k) public view returns (bytes32) {
        return _ids[k];
    }

    function channelAt(uint256 k) public view returns (IHermeChannels.Channel memory) {
        return channels.channel(idAt(k));
    }

    /// @dev Two times in three the channel of the action before: so that a notice is followed by its withdrawal.
    function pick(uint256 seed) internal returns (uint256) {
        if (seed % 3 == 0) _last = (seed / 3) % COUNT;
        return _last;
    }

    /// @dev Around every action: no other channel changes, and nothing is taken back from a payee.
    modifier touchesOnly(uint256 k) {
        bytes32 others = othersThan(k);
        _;
        if (othersThan(k) != others) fail("another channel was touched");
        if (channelAt(k).claimed < _books[k].claimed) fail("claimed fell");
    }

    function othersThan(uint256 k) private view returns (bytes32 digest) {
        for (uint256 i; i < COUNT; ++i) {
            if (i != k) digest = keccak256(abi.encode(digest, channelAt(i)));
        }
    }

    function refunded(uint256 k, uint256 balanceBefore) internal {
        Book storage b = _books[k];
        b.refunded += token.balanceOf(partiesOf(k).payer) - balanceBefore;
        b.noticeAt = 0;
        b.closeSigned = false;
        b.epochs++;
        IHermeChannels.Channel memory c = channelAt(k);
        if (c.deposit != c.claimed || c.closeAt != 0) fail("a refund left something");
    }

    function fail(string memory rule) internal {
        if (bytes(broken).length == 0) broken = rule;
    }
}
