// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";

/// @notice close and closeWithSig: the payee agrees, so the remainder is free at once.
contract CloseTest is Base {
    uint64 private constant DEADLINE = 4_000_000_000;

    function testFuzz_closeTakesTheLastProofAndRefundsTheRest(uint88 deposit, uint96 owed) public {
        deposit = uint88(within(deposit, 1, 1e26));
        bytes32 id = open(deposit);
        uint88 paid = owed > deposit ? deposit : uint88(owed);
        uint256 before = token.balanceOf(payer);
        vm.expectEmit(address(channels));
        emit IHermeChannels.Refunded(id, deposit - paid, 1);
        IHermeChannels.Proof[] memory last = proof(owed);
        vm.prank(payee);
        (uint88 claimed, uint88 refunded) = channels.close(payer, signer, last);
        require(claimed == paid && refunded == deposit - paid, "returned");
        require(token.balanceOf(payee) == paid && token.balanceOf(payer) - before == refunded, "moved");
        require(state().epoch == 1 && state().deposit == paid && state().claimed == paid, "slot");
    }

    function test_closeIsThePayeesAlone() public {
        open(5);
        bytes32 wrong = channels.idOf(payer, signer, payer);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.UnknownChannel.selector, wrong));
        channels.close(payer, signer, none());
        vm.expectRevert();
        channels.close(payer, signer, none());
        require(state().epoch == 0, "refunded");
    }

    function test_closeAlsoClaimsOtherChannelsOfThePayee() public {
        open(5);
        vm.prank(payer);
        channels.open(payer, payee, 50, GRACE);
        IHermeChannels.Proof[] memory last = new IHermeChannels.Proof[](2);
        last[0] = proof(3)[0];
        last[1] = proofBy(PAYER_KEY, payer, payee, 40);
        vm.prank(payee);
        channels.close(payer, signer, last);
        require(token.balanceOf(payee) == 43 && token.balanceOf(address(channels)) == 10, "moved");
    }

    function test_aBadLastProofShowsInTheResult() public {
        open(5);
        IHermeChannels.Proof[] memory bad = only(proofBy(0xBAD, payer, payee, 3));
        vm.prank(payee);
        (uint88 claimed, uint88 refunded) = channels.close(payer, signer, bad);
        require(claimed == 0 && refunded == 5, "not told");
    }

    function test_closeCancelsANotice() public {
        open(5);
        vm.prank(payer);
        channels.requestClose(signer, payee);
        vm.prank(payee);
        channels.close(payer, signer, none());
        require(state().closeAt == 0, "still closing");
    }

    function testFuzz_aSignedCloseRefunds(uint88 owed) public {
        owed = uint88(within(owed, 0, 100e18));
        bytes32 id = open(100e18);
        channels.claim(payee, proof(owed));
        (bytes32 r, bytes32 vs) = closeBy(PAYEE_KEY, id, 0, owed, DEADLINE);
        uint256 before = token.balanceOf(payer);
        channels.closeWithSig(payer, signer, payee, owed, DEADLINE, r, vs);
        require(token.balanceOf(payer) - before == 100e18 - owed, "refund");
    }

    /// Without the epoch this would hand the provider's next earnings back to the payer.
    function test_aSignedCloseWorksOnce() public {
        bytes32 id = open(100e18);
        channels.claim(payee, proof(40e18));
        (bytes32 r, bytes32 vs) = closeBy(PAYEE_KEY, id, 0, 40e18, DEADLINE);
        channels.closeWithSig(payer, signer, payee, 40e18, DEADLINE, r, vs);
        vm.expectRevert(IHermeChannels.InvalidSignature.selector);
        channels.closeWithSig(payer, signer, payee, 40e18, DEADLINE, r, vs);
        vm.prank(payer);
        channels.topUp(signer, payee, 60e18);
        vm.expectRevert(IHermeChannels.InvalidSignature.selector);
        channels.closeWithSig(payer, signer, payee, 40e18, DEADLINE, r, vs);
        require(channels.claim(payee, proof(100e18)) == 60e18, "provider unpaid");
    }

    function test_aSignedCloseOfThePastDiesWithAnyRefund() public {
        bytes32 id = open(100e18);
        (bytes32 r, bytes32 vs) = closeBy(PAYEE_KEY, id, 0, 0, DEADLINE);
        vm.prank(payee);
        channels.close(payer, signer, none());
        vm.prank(payer);
        channels.topUp(signer, payee, 1e18);
        vm.expectRevert(IHermeChannels.InvalidSignature.selector);
        channels.closeWithSig(payer, signer, payee, 0, DEADLINE, r, vs);
    }

    function test_refusesLateUnknownAndDifferentAmounts() public {
        bytes32 id = channels.idOf(payer, signer, payee);
        (bytes32 r, bytes32 vs) = closeBy(PAYEE_KEY, id, 0, 0, DEADLINE);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.UnknownChannel.selector, id));
        channels.closeWithSig(payer, signer, payee, 0, DEADLINE, r, vs);
        open(5);
        channels.claim(payee, proof(2));
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.ClaimedDiffers.selector, 2));
        channels.closeWithSig(payer, signer, payee, 0, DEADLINE, r, vs);
        vm.warp(uint256(DEADLINE) + 1);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.Expired.selector, DEADLINE));
        channels.closeWithSig(payer, signer, payee, 2, DEADLINE, r, vs);
    }

    function testFuzz_refusesEveryOtherSignature(uint256 key, bytes32 r, bytes32 vs) public {
        bytes32 id = open(5);
        vm.expectRevert(IHermeChannels.InvalidSignature.selector);
        channels.closeWithSig(payer, signer, payee, 0, DEADLINE, r, vs);
        key = within(key, 1, type(uint128).max);
        vm.assume(vm.addr(key) != payee);
        (r, vs) = closeBy(key, id, 0, 0, DEADLINE);
        vm.expectRevert(IHermeChannels.InvalidSignature.selector);
        channels.closeWithSig(payer, signer, payee, 0, DEADLINE, r, vs);
        (r, vs) = closeBy(PAYEE_KEY, id, 0, 0, DEADLINE);
        vm.expectRevert(IHermeChannels.InvalidSignature.selector);
        channels.closeWithSig(payer, signer, payee, 0, DEADLINE - 1, r, vs);
        vm.expectRevert(IHermeChannels.InvalidSignature.selector);
        channels.closeWithSig(payer, signer, payee, 0, DEADLINE, r, vs ^ bytes32(uint256(1 << 255)));
    }
}
