// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {Base} from "./Base.sol";
import {CallbackToken, FalseToken, FeeToken, FreezingToken} from "./Hostile.sol";
import {vm} from "./Vm.sol";

/// @notice Tokens outside of the assumptions: at worst a payment fails, never does one channel pay for another.
contract HostileTokensTest is Base {
    address private constant RELAYER = address(0x4E1A);

    // ------------------------------------------------------------------ fee on transfer

    function test_aTokenThatTakesAFeeOpensAndFillsNothing() public {
        FeeToken fee = new FeeToken();
        use(fee);
        fee.mint(payer, 2000);
        bytes memory reason = abi.encodeWithSelector(IHermeChannels.WrongAmountReceived.selector, 1000, 990);
        vm.prank(payer);
        vm.expectRevert(reason);
        channels.open(signer, payee, 1000, GRACE);
        IHermeChannels.Open memory o = offer(1000);
        (bytes32 r, bytes32 vs) = openBy(PAYER_KEY, o);
        vm.expectRevert(reason);
        channels.openFor(o, 1, r, vs, 0, 0, 0);
        require(fee.balanceOf(payer) == 2000 && fee.balanceOf(RELAYER) == 0, "kept");
        require(state().grace == 0 && !channels.openNonceUsed(payer, o.nonce), "a trace");
    }

    function test_aTokenThatStartsToTakeAFeeAddsNothing() public {
        FeeToken fee = new FeeToken();
        use(fee);
        fee.mint(payer, 2000);
        fee.exempt(true);
        open(1000);
        fee.exempt(false);
        vm.prank(payer);
        vm.expectRevert(abi.encodeWithSelector(IHermeChannels.WrongAmountReceived.selector, 500, 495));
        channels.topUp(signer, payee, 500);
        require(state().deposit == 1000 && fee.balanceOf(address(channels)) == 1000, "deposit");
    }

    // ------------------------------------------------------------------ reentrancy

    /// The inner call is one that anyone may make at any time, so only the guard can refuse it.
    function test_aTokenThatCallsBackGetsNowhere() public {
        CallbackToken callback = reentrant();
        bytes memory harmless = abi.encodeCall(channels.claim, (payee, none()));
        callback.onTransfer(address(channels), harmless);
        callback.mint(payer, 0);
        require(callback.succeeded(), "refused outside of a call");

        callback.onTransfer(address(channels), harmless);
        open(100);
        require(!callback.succeeded(), "re-entered open");

        callback.onTransfer(address(channels), harmless);
        vm.prank(payer);
        channels.topUp(signer, payee, 100);
        require(!callback.succeeded(), "re-entered topUp");

        callback.onTransfer(address(channels), harmless);
        channels.claim(payee, proof(10));
        require(!callback.succeeded(), "re-entered claim");

        callback.onTransfer(address(channels), harmless);
        vm.prank(payee);
        channels.close(payer, signer, none());
        require(!callback.succeeded(), "re-entered close");

        IHermeChannels.Open memory o = offer(100);
        o.signer = payer;
        (bytes32 r, bytes32 vs) = openBy(PAYER_KEY, o);
        callback.onTransfer(address(channels), harmless);
        channels.openFor(o, 1, r, vs, 0, 0, 0);
        require(!callback.succeeded(), "re-entered openFor");

        (r, vs) = closeBy(PAYEE_KEY, channels.idOf(payer, payer, payee), 0, 0, o.deadline);
        callback.onTransfer(address(channels), harmless);
        channels.closeWithSig(payer, payer, payee, 0, o.deadline, r, vs);
        require(!callback.succeeded(), "re-entered closeWithSig");

        vm.prank(payer);
        channels.topUp(signer, payee, 5);
        vm.prank(payer);
        channels.requestClose(signer, payee);
        vm.warp(block.timestamp + 2 days);
        callback.onTransfer(address(channels), harmless);
        channels.withdraw(payer, signer, payee);
        require(!callback.succeeded(), "re-entered withdraw");
        require(callback.balanceOf(address(channels)) == 0, "left over");
    }

    /// The real thing: taking one refund, or one claim, twice, while another channel's money lies there.
    function test_aTokenThatCallsBackTakesNothingTwice() public {
        CallbackToken callback = reentrant();
        open(100);
        vm.prank(payer);
        channels.open(payer, payee, 1000, GRACE);
        callback.onTransfer(address(channels), abi.encodeCall(channels.claim, (payee, proof(40))));
        require(channels.claim(payee, proof(40)) == 40, "claim");
        require(callback.balanceOf(payee) == 40, "claimed twice");

        vm.prank(payer);
        channels.requestClose(signer, payee);
        vm.warp(block.timestamp + 2 days);
        uint256 before = callback.balanceOf(payer);
        callback.onTransfer(address(channels), abi.encodeCall(channels.withdraw, (payer, signer, payee)));
        channels.withdraw(payer, signer, payee);
        require(callback.balanceOf(payer) - before == 60, "refunded twice");
        require(callback.balanceOf(address(channels)) == 1000, "another channel paid");
    }

    // ------------------------------------------------------------------ frozen and lying

    function test_aFrozenPayerDoesNotStopThePayee() public {
        FreezingToken ice = new FreezingToken();
        use(ice);
        ice.mint(payer, 100);
        open(100);
        vm.prank(payer);
        channels.requestClose(signer, payee);
        ice.freeze(payer, true);
        require(channels.claim(payee, proof(40)) == 40 && ice.balanceOf(payee) == 40, "unpaid");
        vm.warp(block.timestamp + 2 days);
        vm.expectRevert();
        channels.withdraw(payer, signer, payee);
        require(state().deposit == 100 && state().closeAt != 0, "a failed refund left a trace");
        ice.freeze(payer, false);
        channels.withdraw(payer, signer, payee);
        require(ice.balanceOf(payer) == 60, "lost");
    }

    function test_aFrozenPayeeDoesNotLoseItsClaim() public {
        FreezingToken ice = new FreezingToken();
        use(ice);
        ice.mint(payer, 100);
        open(100);
        ice.freeze(payee, true);
        IHermeChannels.Proof[] memory items = proof(40);
        vm.expectRevert();
        channels.claim(payee, items);
        require(state().claimed == 0, "booked without being paid");
        ice.freeze(payee, false);
        require(channels.claim(payee, items) == 40, "lost");
    }

    function test_aTokenThatSaysFalseMovesNoBooks() public {
        FalseToken liar = new FalseToken();
        use(liar);
        liar.mint(payer, 200);
        open(100);
        liar.lie();
        IHermeChannels.Proof[] memory items = proof(40);
        vm.expectRevert();
        channels.claim(payee, items);
        vm.prank(payee);
        vm.expectRevert();
        channels.close(payer, signer, none());
        vm.prank(payer);
        vm.expectRevert();
        channels.topUp(signer, payee, 5);
        require(state().deposit == 100 && state().claimed == 0 && state().epoch == 0, "booked");
    }

    // ------------------------------------------------------------------ helpers

    function use(ERC20 hostile) private {
        channels = new HermeChannels(hostile);
        vm.prank(payer);
        hostile.approve(address(channels), type(uint256).max);
    }

    function reentrant() private returns (CallbackToken callback) {
        callback = new CallbackToken();
        use(callback);
        callback.mint(payer, 1e6);
    }

    function offer(uint88 amount) private view returns (IHermeChannels.Open memory) {
        return IHermeChannels.Open(payer, payee, signer, amount, GRACE, 7, 4_000_000_000, RELAYER, 1);
    }
}
