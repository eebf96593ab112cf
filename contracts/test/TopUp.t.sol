// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";

/// @notice topUp and topUpWithPermit.
contract TopUpTest is Base {
    function testFuzz_addsToTheDeposit(uint64 first, uint64 more) public {
        first = uint64(within(first, 1, type(uint64).max - 1));
        more = uint64(within(more, 1, type(uint64).max - 1));
        bytes32 id = open(first);
        vm.expectEmit(address(channels));
        emit IHermeChannels.Deposited(id, uint88(first) + more);
        vm.prank(payer);
        channels.topUp(signer, payee, more);
        require(state().deposit == uint256(first) + more, "deposit");
        require(token.balanceOf(address(channels)) == uint256(first) + more, "escrow");
    }

    function test_refusesNothingAndTheUnknown() public {
        vm.startPrank(payer);
        vm.expectRevert(IHermeChannels.ZeroAmount.selector);
        channels.topUp(signer, payee, 0);
        bytes32 id = channels.idOf(payer, signer, payee);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.UnknownChannel.selector, id));
        channels.topUp(signer, payee, 1);
        vm.stopPrank();
    }

    function test_refusesWhatDoesNotFitTheSlot() public {
        open(1);
        vm.prank(payer);
        vm.expectRevert();
        channels.topUp(signer, payee, type(uint88).max);
        require(state().deposit == 1 && state().epoch == 0 && state().grace == GRACE, "slot");
    }

    function test_thePayersOwnTopUpCancelsItsClose() public {
        open(5);
        vm.startPrank(payer);
        channels.requestClose(signer, payee);
        channels.topUp(signer, payee, 1);
        require(state().closeAt == 0, "still closing");
        vm.expectRevert();
        channels.withdraw(payer, signer, payee);
        vm.stopPrank();
    }

    function test_aStrangersDustDoesNotCancelAClose() public {
        open(5);
        vm.prank(payer);
        channels.requestClose(signer, payee);
        uint40 closeAt = state().closeAt;
        fund(address(this));
        vm.expectRevert();
        channels.topUp(signer, payee, 1);
        require(closeAt != 0 && state().closeAt == closeAt, "cancelled");
    }

    function testFuzz_anOldProofIsWorthlessAfterRefundAndTopUp(uint88 owed) public {
        owed = uint88(within(owed, 1, 1e20));
        open(1e20);
        channels.claim(payee, proof(owed));
        vm.prank(payee);
        channels.close(payer, signer, none());
        vm.prank(payer);
        channels.topUp(signer, payee, 1e20);
        require(channels.claim(payee, proof(owed)) == 0, "replayed");
        require(channels.claim(payee, proof(owed + 1)) == 1, "continues");
    }

    function test_topUpWithPermitTakesOneTransaction() public {
        open(5);
        vm.prank(payer);
        token.approve(address(channels), 0);
        (uint8 v, bytes32 r, bytes32 s) = permit(PAYER_KEY, 3, type(uint256).max);
        vm.prank(payer);
        channels.topUpWithPermit(signer, payee, 3, type(uint256).max, v, r, s);
        require(state().deposit == 8, "deposit");
    }

    function test_aPermitSubmittedFirstBySomebodyElseDoesNoHarm() public {
        open(5);
        vm.prank(payer);
        token.approve(address(channels), 0);
        (uint8 v, bytes32 r, bytes32 s) = permit(PAYER_KEY, 3, type(uint256).max);
        token.permit(payer, address(channels), 3, type(uint256).max, v, r, s);
        vm.prank(payer);
        channels.topUpWithPermit(signer, payee, 3, type(uint256).max, v, r, s);
        require(state().deposit == 8, "deposit");
    }

    function test_aBadPermitAddsNothing() public {
        open(5);
        vm.startPrank(payer);
        token.approve(address(channels), 0);
        vm.expectRevert();
        channels.topUpWithPermit(signer, payee, 3, type(uint256).max, 27, bytes32(uint256(1)), bytes32(uint256(1)));
        vm.stopPrank();
        require(state().deposit == 5, "deposit");
    }
}
