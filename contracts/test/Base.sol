// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {TestMyst} from "../src/TestMyst.sol";
import {vm} from "./Vm.sol";

/// @notice One funded payer with its own signer key, one payee, and proofs made the long way (abi.encode), so that a
/// mistake in the contract's assembly can not hide in the tests.
abstract contract Base {
    uint256 internal constant PAYER_KEY = 0xA11CE;
    uint256 internal constant SIGNER_KEY = 0x51641E6;
    uint256 internal constant PAYEE_KEY = 0xB0B;
    uint16 internal constant GRACE = 1440;

    TestMyst internal token;
    HermeChannels internal channels;
    address internal payer = vm.addr(PAYER_KEY);
    address internal signer = vm.addr(SIGNER_KEY);
    address internal payee = vm.addr(PAYEE_KEY);

    function setUp() public virtual {
        token = new TestMyst();
        channels = new HermeChannels(token);
        fund(payer);
    }

    function fund(address account) internal {
        token.mint(account, 1e30);
        vm.prank(account);
        token.approve(address(channels), type(uint256).max);
    }

    function open(uint88 amount) internal returns (bytes32 id) {
        vm.prank(payer);
        id = channels.open(signer, payee, amount, GRACE);
    }

    function state() internal view returns (IHermeChannels.Channel memory) {
        return channels.channel(channels.idOf(payer, signer, payee));
    }

    function proof(uint96 cumulative) internal view returns (IHermeChannels.Proof[] memory) {
        return only(proofBy(SIGNER_KEY, payer, payee, cumulative));
    }

    function proofBy(uint256 key, address payer_, address payee_, uint96 cumulative)
        internal
        view
        returns (IHermeChannels.Proof memory)
    {
        bytes32 structHash = keccak256(abi.encode(channels.PROOF_TYPEHASH(), payer_, payee_, cumulative));
        (bytes32 r, bytes32 vs) = compact(key, typed(structHash));
        return IHermeChannels.Proof((uint256(uint160(payer_)) << 96) | cumulative, r, vs);
    }

    function closeBy(uint256 key, bytes32 id, uint24 epoch, uint88 claimed, uint64 deadline)
        internal
        view
        returns (bytes32 r, bytes32 vs)
    {
        return compact(key, typed(keccak256(abi.encode(channels.CLOSE_TYPEHASH(), id, epoch, claimed, deadline))));
    }

    function typed(bytes32 structHash) internal view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", channels.domainSeparator(), structHash));
    }

    /// @dev EIP-2098
    function compact(uint256 key, bytes32 digest) internal pure returns (bytes32 r, bytes32 vs) {
        uint8 v;
        bytes32 s;
        (v, r, s) = vm.sign(key, digest);
        vs = v == 28 ? bytes32(uint256(s) | (1 << 255)) : s;
    }

    function only(IHermeChannels.Proof memory item) internal pure returns (IHermeChannels.Proof[] memory items) {
        items = new IHermeChannels.Proof[](1);
        items[0] = item;
    }

    function none() internal pure returns (IHermeChannels.Proof[] memory) {
        return new IHermeChannels.Proof[](0);
    }

    function within(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + value % (high - low + 1);
    }
}
