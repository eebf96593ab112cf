// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";

/// @notice requestClose and withdraw: the payer's way out without the payee.
contract ExitTest is Base {
    function test_requestCloseNamesTheTimeAndThePayee() public {
        bytes32 id = open(5);
        uint40 due = uint40(block.timestamp) + uint40(GRACE) * 60;
        vm.expectEmit(address(channels));
        emit IHermeChannels.CloseRequested(id, payee, due);
        vm.prank(payer);
        channels.requestClose(signer, payee);
        require(state().closeAt == due, "closeAt");
    }

    function test_askingAgainChangesNothing() public {
        open(5);
        vm.prank(payer);
        channels.requestClose(signer, payee);
        uint40 due = state().closeAt;
        vm.warp(block.timestamp + 1 hours);
        vm.prank(payer);
        channels.requestClose(signer, payee);
        require(state().closeAt == due, "moved");
    }

    function test_onlyThePayerGivesNotice() public {
        open(5);
        vm.prank(payee);
        vm.expectRevert();
        channels.requestClose(signer, payee);
        vm.expectRevert();
        channels.requestClose(signer, payee);
        require(state().closeAt == 0, "closing");
    }

    function test_withdrawNeedsAChannelAndANotice() public {
        bytes32 id = channels.idOf(payer, signer, payee);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.UnknownChannel.selector, id));
        channels.withdraw(payer, signer, payee);
        open(5);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.CloseNotRequested.selector, id));
        channels.withdraw(payer, signer, payee);
    }

    function testFuzz_withdrawWaitsForTheWholeGrace(uint16 grace, uint32 early) public {
        grace = uint16(within(grace, channels.MIN_GRACE(), channels.MAX_GRACE()));
        uint256 length = uint256(grace) * 60;
        early = uint32(within(early, 1, length));
        vm.startPrank(payer);
        channels.open(signer, payee, 1e18, grace);
        channels.requestClose(signer, payee);
        vm.stopPrank();
        uint256 due = block.timestamp + length;
        vm.warp(due - early);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.TooEarly.selector, uint40(due)));
        channels.withdraw(payer, signer, payee);
        vm.warp(due);
        uint256 before = token.balanceOf(payer);
        channels.withdraw(payer, signer, payee);
        require(token.balanceOf(payer) - before == 1e18, "refund");
    }

    function testFuzz_whatWasClaimedInTheGraceIsNotRefunded(uint88 owed) public {
        owed = uint88(within(owed, 0, 1000e18));
        bytes32 id = open(1000e18);
        vm.prank(payer);
        channels.requestClose(signer, payee);
        vm.warp(block.timestamp + 2 days); // due, but not executed: proofs still count
        require(channels.claim(payee, proof(owed)) == owed, "claim");
        uint256 before = token.balanceOf(payer);
        vm.expectEmit(address(channels));
        emit IHermeChannels.Refunded(id, 1000e18 - owed, 1);
        vm.prank(address(0xCA11));
        channels.withdraw(payer, signer, payee);
        require(token.balanceOf(payer) - before == 1000e18 - owed, "refund");
        require(token.balanceOf(address(channels)) == 0, "left over");
        require(state().epoch == 1 && state().closeAt == 0 && state().deposit == owed, "slot");
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.CloseNotRequested.selector, id));
        channels.withdraw(payer, signer, payee);
    }

    function test_theEpochWrapsInsteadOfLockingMoney() public {
        bytes32 id = open(9);
        bytes32 slot = keccak256(abi.encode(id, uint256(2))); // after the two strings of OpenZeppelin's EIP712
        uint256 last = (uint256(type(uint24).max) << 232) | (uint256(GRACE) << 216) | 9;
        vm.store(address(channels), slot, bytes32(last));
        require(state().epoch == type(uint24).max && state().deposit == 9, "layout");
        vm.prank(payee);
        channels.close(payer, signer, none());
        require(state().epoch == 0 && token.balanceOf(address(channels)) == 0, "locked");
    }
}
