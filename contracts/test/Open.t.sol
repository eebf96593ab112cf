// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";

/// @notice open and openWithPermit.
contract OpenTest is Base {
    function testFuzz_opensAndMovesTheTokens(uint88 amount, uint16 grace) public {
        amount = uint88(within(amount, 1, 1e26));
        grace = uint16(within(grace, channels.MIN_GRACE(), channels.MAX_GRACE()));
        bytes32 id = keccak256(abi.encode(payer, signer, payee));
        vm.expectEmit(address(channels));
        emit IHermeChannels.Opened(id, payer, payee, signer, grace);
        vm.expectEmit(address(channels));
        emit IHermeChannels.Deposited(id, amount);
        vm.prank(payer);
        require(channels.open(signer, payee, amount, grace) == id, "id");

        IHermeChannels.Channel memory c = channels.channel(id);
        require(c.deposit == amount && c.claimed == 0 && c.closeAt == 0 && c.grace == grace && c.epoch == 0, "slot");
        require(token.balanceOf(address(channels)) == amount, "escrow");
    }

    function testFuzz_theIdIsTheHashOfItsParties(address a, address b, address c) public view {
        require(channels.idOf(a, b, c) == keccak256(abi.encode(a, b, c)), "id");
    }

    function test_refusesBadParameters() public {
        vm.startPrank(payer);
        vm.expectRevert(IHermeChannels.InvalidSigner.selector);
        channels.open(address(0), payee, 1, GRACE);
        vm.expectRevert(IHermeChannels.InvalidPayee.selector);
        channels.open(signer, address(0), 1, GRACE);
        vm.expectRevert(IHermeChannels.InvalidPayee.selector);
        channels.open(signer, address(channels), 1, GRACE);
        vm.expectRevert(IHermeChannels.ZeroAmount.selector);
        channels.open(signer, payee, 0, GRACE);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.GraceOutOfRange.selector, 59));
        channels.open(signer, payee, 1, 59);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.GraceOutOfRange.selector, 43201));
        channels.open(signer, payee, 1, 43201);
        vm.stopPrank();
    }

    function test_opensOnceEvenAfterARefund() public {
        bytes32 id = open(5);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.ChannelExists.selector, id));
        channels.open(signer, payee, 1, GRACE);
        vm.prank(payee);
        channels.close(payer, signer, none());
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.ChannelExists.selector, id));
        channels.open(signer, payee, 1, GRACE);
    }

    function test_openWithPermitTakesOneTransaction() public {
        vm.prank(payer);
        token.approve(address(channels), 0);
        (uint8 v, bytes32 r, bytes32 s) = permit(PAYER_KEY, 7, type(uint256).max);
        vm.prank(payer);
        channels.openWithPermit(signer, payee, 7, GRACE, type(uint256).max, v, r, s);
        require(state().deposit == 7, "deposit");
    }

    function test_aPermitSubmittedFirstBySomebodyElseDoesNoHarm() public {
        vm.prank(payer);
        token.approve(address(channels), 0);
        (uint8 v, bytes32 r, bytes32 s) = permit(PAYER_KEY, 7, type(uint256).max);
        token.permit(payer, address(channels), 7, type(uint256).max, v, r, s);
        vm.prank(payer);
        channels.openWithPermit(signer, payee, 7, GRACE, type(uint256).max, v, r, s);
        require(state().deposit == 7, "deposit");
    }

    function test_aPermitIsOnlyGoodForItsOwner() public {
        vm.prank(payer);
        token.approve(address(channels), 0);
        (uint8 v, bytes32 r, bytes32 s) = permit(PAYER_KEY, 7, type(uint256).max);
        address thief = address(0xBAD);
        vm.prank(thief);
        vm.expectRevert();
        channels.openWithPermit(thief, thief, 7, GRACE, type(uint256).max, v, r, s);
    }
}
