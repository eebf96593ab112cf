// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {Base} from "./Base.sol";
import {CallbackToken, FeeToken} from "./Tokens.sol";
import {vm} from "./Vm.sol";

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

    function test_refusesATokenThatTakesAFee() public {
        FeeToken fee = new FeeToken();
        HermeChannels own = new HermeChannels(fee);
        fee.mint(payer, 1000);
        vm.startPrank(payer);
        fee.approve(address(own), 1000);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.WrongAmountReceived.selector, 1000, 990));
        own.open(signer, payee, 1000, GRACE);
        vm.stopPrank();
        require(fee.balanceOf(payer) == 1000, "kept");
    }

    function test_aTokenThatCallsBackGetsNowhere() public {
        CallbackToken callback = new CallbackToken();
        HermeChannels own = new HermeChannels(callback);
        callback.mint(payer, 1000);
        // A call that anyone may make at any time, so only the guard can refuse it.
        bytes memory harmless = abi.encodeCall(own.claim, (payee, none()));
        callback.onTransfer(address(own), harmless);
        callback.mint(payer, 0);
        require(callback.succeeded(), "refused outside of a call");

        vm.startPrank(payer);
        callback.approve(address(own), 1000);
        callback.onTransfer(address(own), harmless);
        own.open(signer, payee, 100, GRACE);
        require(!callback.succeeded(), "re-entered open");
        callback.onTransfer(address(own), harmless);
        own.topUp(signer, payee, 100);
        require(!callback.succeeded(), "re-entered topUp");
        vm.stopPrank();
        callback.onTransfer(address(own), harmless);
        vm.prank(payee);
        own.close(payer, signer, none());
        require(!callback.succeeded() && callback.balanceOf(payer) == 1000, "re-entered close");
    }

    function test_openWithPermitTakesOneTransaction() public {
        vm.prank(payer);
        token.approve(address(channels), 0);
        (uint8 v, bytes32 r, bytes32 s) = permit(PAYER_KEY, payer, 7);
        vm.prank(payer);
        channels.openWithPermit(signer, payee, 7, GRACE, type(uint256).max, v, r, s);
        require(state().deposit == 7, "deposit");
    }

    function test_aPermitSubmittedFirstBySomebodyElseDoesNoHarm() public {
        vm.prank(payer);
        token.approve(address(channels), 0);
        (uint8 v, bytes32 r, bytes32 s) = permit(PAYER_KEY, payer, 7);
        token.permit(payer, address(channels), 7, type(uint256).max, v, r, s);
        vm.prank(payer);
        channels.openWithPermit(signer, payee, 7, GRACE, type(uint256).max, v, r, s);
        require(state().deposit == 7, "deposit");
    }

    function test_aPermitIsOnlyGoodForItsOwner() public {
        vm.prank(payer);
        token.approve(address(channels), 0);
        (uint8 v, bytes32 r, bytes32 s) = permit(PAYER_KEY, payer, 7);
        address thief = address(0xBAD);
        vm.prank(thief);
        vm.expectRevert();
        channels.openWithPermit(thief, thief, 7, GRACE, type(uint256).max, v, r, s);
    }

    function permit(uint256 key, address owner, uint256 value) internal view returns (uint8, bytes32, bytes32) {
        bytes32 typeHash =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 structHash =
            keccak256(abi.encode(typeHash, owner, channels, value, token.nonces(owner), type(uint256).max));
        return vm.sign(key, keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash)));
    }
}
