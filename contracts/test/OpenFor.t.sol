// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {Base} from "./Base.sol";
import {AgreeingWallet, DisowningWallet} from "./Hostile.sol";
import {vm} from "./Vm.sol";

/// @notice openFor and cancelOpen: a payer without coin signs, somebody else submits.
contract OpenForTest is Base {
    address private constant RELAYER = address(0x4E1A);
    address private constant STRANGER = address(0x57A6);

    function setUp() public override {
        super.setUp();
        vm.prank(payer);
        token.approve(address(channels), 0);
    }

    function testFuzz_opensOutOfThePayersTokens(
        uint88 amount,
        uint88 maxFee,
        uint88 fee,
        uint16 grace,
        uint256 nonce,
        uint64 early
    ) public {
        IHermeChannels.Open memory o = offer();
        o.amount = uint88(within(amount, 1, 1e26));
        o.maxFee = uint88(within(maxFee, 0, 1e26));
        o.grace = uint16(within(grace, channels.MIN_GRACE(), channels.MAX_GRACE()));
        o.nonce = nonce;
        fee = uint88(within(fee, 0, o.maxFee));
        vm.warp(o.deadline - within(early, 0, 1 days));
        bytes32 id = keccak256(abi.encode(payer, signer, payee));
        vm.expectEmit(address(channels));
        emit IHermeChannels.Opened(id, payer, payee, signer, o.grace);
        vm.expectEmit(address(channels));
        emit IHermeChannels.Deposited(id, o.amount);
        if (fee != 0) {
            vm.expectEmit(address(channels));
            emit IHermeChannels.RelayerPaid(id, RELAYER, fee);
        }
        require(submit(RELAYER, o, fee) == id, "id");

        IHermeChannels.Channel memory c = state();
        require(c.deposit == o.amount && c.claimed == 0 && c.closeAt == 0 && c.grace == o.grace && c.epoch == 0, "slot");
        require(token.balanceOf(address(channels)) == o.amount, "escrow");
        require(token.balanceOf(RELAYER) == fee && token.balanceOf(payer) == 1e30 - o.amount - fee, "fee");
        require(token.allowance(payer, address(channels)) == o.maxFee - fee, "allowance");
        require(channels.openNonceUsed(payer, nonce) && !channels.openNonceUsed(payer, nonce ^ 1), "nonce");
        require(channels.claim(payee, proof(1)) == 1, "not a channel like any other");
    }

    /// Whoever copies the relayer's transaction pays the gas and gets nothing.
    function test_theFeeGoesToTheNamedRelayerWhoeverSubmits() public {
        submit(STRANGER, offer(), 5);
        require(token.balanceOf(RELAYER) == 5 && token.balanceOf(STRANGER) == 0, "fee");
        require(token.balanceOf(address(channels)) == 100 && state().deposit == 100, "escrow");
    }

    function testFuzz_onlyTheRelayerTakesLessThanTheCap(uint88 fee) public {
        fee = uint88(within(fee, 0, 4));
        refused(STRANGER, offer(), fee, notAllowed(fee));
        refused(payer, offer(), fee, notAllowed(fee));
        submit(RELAYER, offer(), fee);
        require(token.balanceOf(RELAYER) == fee, "fee");
    }

    function testFuzz_nobodyTakesMoreThanTheCap(uint88 fee) public {
        fee = uint88(within(fee, 6, type(uint88).max));
        refused(RELAYER, offer(), fee, notAllowed(fee));
        refused(STRANGER, offer(), fee, notAllowed(fee));
    }

    function test_aNonceWorksOnce() public {
        submit(RELAYER, offer(), 5);
        refused(RELAYER, offer(), 5, used(7));
        IHermeChannels.Open memory second = offer();
        second.signer = address(0x2);
        refused(RELAYER, second, 5, used(7));
        vm.prank(payee);
        channels.close(payer, signer, none());
        refused(RELAYER, offer(), 5, used(7));
    }

    /// The other 255 nonces of the word, the same bit of other words and the same nonce of another payer stay free.
    function testFuzz_noncesAreIndependent(uint256 first, uint256 second) public {
        vm.assume(first != second);
        uint256[4] memory others = [second, first ^ 0x80, first ^ 0x100, first ^ (1 << 255)];
        vm.prank(payer);
        channels.cancelOpen(first);
        for (uint256 i; i < 4; ++i) {
            require(!channels.openNonceUsed(payer, others[i]), "another nonce was used");
        }
        require(channels.openNonceUsed(payer, first) && !channels.openNonceUsed(payee, first), "nonce");
        vm.prank(payer);
        channels.cancelOpen(second);
        require(channels.openNonceUsed(payer, first) && channels.openNonceUsed(payer, second), "forgotten");
    }

    function test_openingsOfOnePayerHappenInAnyOrder() public {
        IHermeChannels.Open memory later = offer();
        (later.nonce, later.signer) = (8, address(0x2));
        submit(RELAYER, later, 5);
        submit(RELAYER, offer(), 5);
        require(token.balanceOf(address(channels)) == 200, "escrow");
    }

    function test_aCancelledNonceIsWorthless() public {
        vm.expectEmit(address(channels));
        emit IHermeChannels.OpenCancelled(payer, 7);
        vm.prank(payer);
        channels.cancelOpen(7);
        refused(RELAYER, offer(), 5, used(7));
        vm.prank(payer);
        vm.expectRevert(used(7));
        channels.cancelOpen(7);
    }

    function test_nobodyCancelsForAnother() public {
        vm.prank(STRANGER);
        channels.cancelOpen(7);
        submit(RELAYER, offer(), 5);
    }

    function testFuzz_refusesAfterTheDeadline(uint64 late) public {
        IHermeChannels.Open memory o = offer();
        vm.warp(uint256(o.deadline) + within(late, 1, 1000 days));
        refused(RELAYER, o, 5, abi.encodeWithSelector(IHermeChannels.Expired.selector, o.deadline));
    }

    /// Each field is under the signature: changing any one of them leaves nothing that the payer signed.
    function testFuzz_aSignatureIsGoodForNothingElse(uint256 change) public {
        (bytes32 r, bytes32 vs) = openBy(PAYER_KEY, offer());
        approve(type(uint256).max);
        fund(STRANGER);
        change = within(change, 1, 50);
        for (uint256 field; field < 9; ++field) {
            IHermeChannels.Open memory o = offer();
            if (field == 0) o.payer = STRANGER;
            if (field == 1) o.payee = RELAYER;
            if (field == 2) o.signer = RELAYER;
            if (field == 3) o.amount += uint88(change);
            if (field == 4) o.grace -= uint16(change);
            if (field == 5) o.nonce ^= change;
            if (field == 6) o.deadline += uint64(change);
            if (field == 7) o.relayer = STRANGER;
            if (field == 8) o.maxFee += uint88(change);
            vm.prank(o.relayer);
            vm.expectRevert(IHermeChannels.InvalidSignature.selector);
            channels.openFor(o, 5, r, vs, 0, 0, 0);
        }
        require(token.balanceOf(address(channels)) == 0, "opened");
        channels.openFor(offer(), 5, r, vs, 0, 0, 0);
    }

    function testFuzz_refusesEveryOtherSignature(uint256 key, bytes32 r, bytes32 vs, uint64 chain) public {
        approve(type(uint256).max);
        expectInvalid(offer(), r, vs);
        key = within(key, 1, type(uint128).max);
        vm.assume(vm.addr(key) != payer && chain != block.chainid && chain != 0);
        (r, vs) = openBy(key, offer());
        expectInvalid(offer(), r, vs);
        (r, vs) = openBy(PAYER_KEY, offer());
        expectInvalid(offer(), r, flipped(vs));
        expectInvalid(offer(), r, malleated(vs));
        uint256 home = block.chainid;
        vm.chainId(chain);
        expectInvalid(offer(), r, vs);
        vm.chainId(home);
        HermeChannels other = new HermeChannels(token);
        vm.expectRevert(IHermeChannels.InvalidSignature.selector);
        other.openFor(offer(), 5, r, vs, 0, 0, 0);
    }

    /// A signature that recovers to nobody must not open for the zero address.
    function test_theZeroAddressNeverPays() public {
        IHermeChannels.Open memory o = offer();
        o.payer = address(0);
        expectInvalid(o, 0, 0);
    }

    function test_refusesWhatOpenRefuses() public {
        approve(type(uint256).max);
        IHermeChannels.Open memory o = offer();
        o.signer = address(0);
        refused(RELAYER, o, 5, abi.encodeWithSelector(IHermeChannels.InvalidSigner.selector));
        o = offer();
        o.payee = address(channels);
        refused(RELAYER, o, 5, abi.encodeWithSelector(IHermeChannels.InvalidPayee.selector));
        o = offer();
        o.amount = 0;
        refused(RELAYER, o, 5, abi.encodeWithSelector(IHermeChannels.ZeroAmount.selector));
        o = offer();
        o.grace = 59;
        refused(RELAYER, o, 5, abi.encodeWithSelector(IHermeChannels.GraceOutOfRange.selector, 59));
        bytes32 id = open(1);
        refused(RELAYER, offer(), 5, abi.encodeWithSelector(IHermeChannels.ChannelExists.selector, id));
        require(!channels.openNonceUsed(payer, 7), "a refusal used the nonce");
    }

    /// A permit shown in public can be submitted by anyone; the allowance is then there all the same.
    function test_aPermitSubmittedFirstBySomebodyElseDoesNoHarm() public {
        IHermeChannels.Open memory o = offer();
        (uint8 v, bytes32 pr, bytes32 ps) = permit(PAYER_KEY, 105, o.deadline);
        token.permit(payer, address(channels), 105, o.deadline, v, pr, ps);
        (bytes32 r, bytes32 vs) = openBy(PAYER_KEY, o);
        vm.prank(RELAYER);
        channels.openFor(o, 5, r, vs, v, pr, ps);
        require(state().deposit == 100, "deposit");
    }

    function test_anAllowanceDoesWithoutAPermit() public {
        approve(105);
        (bytes32 r, bytes32 vs) = openBy(PAYER_KEY, offer());
        channels.openFor(offer(), 5, r, vs, 0, 0, 0);
        require(state().deposit == 100 && token.balanceOf(RELAYER) == 5, "moved");
    }

    /// All or nothing: an allowance that covers the deposit but not the fee opens nothing and uses no nonce.
    function test_withoutTokensForTheFeeNothingOpens() public {
        approve(104);
        (bytes32 r, bytes32 vs) = openBy(PAYER_KEY, offer());
        vm.expectRevert();
        channels.openFor(offer(), 5, r, vs, 0, 0, 0);
        require(state().grace == 0 && !channels.openNonceUsed(payer, 7), "opened");
        vm.prank(RELAYER);
        channels.openFor(offer(), 4, r, vs, 0, 0, 0);
        require(state().deposit == 100, "deposit");
    }

    /// What a permit leaves over is an allowance that nobody but the payer can use.
    function test_aLeftOverAllowanceIsNobodysElse() public {
        submit(RELAYER, offer(), 0);
        require(token.allowance(payer, address(channels)) == 5, "allowance");
        vm.startPrank(RELAYER);
        vm.expectRevert();
        channels.topUp(signer, payee, 5);
        vm.expectRevert();
        channels.open(signer, RELAYER, 5, GRACE);
        vm.stopPrank();
        require(token.balanceOf(payer) == 1e30 - 100, "taken");
    }

    function test_theProviderMayBeTheRelayer() public {
        IHermeChannels.Open memory o = offer();
        o.relayer = payee;
        submit(payee, o, 3);
        require(token.balanceOf(payee) == 3 && state().deposit == 100, "moved");
    }

    function test_aFreeOpeningNeedsNoRelayer() public {
        IHermeChannels.Open memory o = offer();
        (o.relayer, o.maxFee) = (address(0), 0);
        submit(STRANGER, o, 0);
        require(state().deposit == 100 && token.balanceOf(payer) == 1e30 - 100, "moved");
    }

    /// An account with code of its own (EIP-7702) still opens by its key: the code is never asked.
    function test_anAccountWithDelegatedCodeSignsByItsKey() public {
        approve(105);
        (bytes32 r, bytes32 vs) = openBy(PAYER_KEY, offer());
        DisowningWallet wallet = new DisowningWallet();
        vm.signAndAttachDelegation(address(wallet), PAYER_KEY);
        token.transfer(payer, 0);
        require(payer.code.length == 23, "not delegated");
        channels.openFor(offer(), 5, r, vs, 0, 0, 0);
        require(state().deposit == 100, "deposit");
    }

    /// A smart account without a key can not use openFor, even if its code would agree: it calls open itself.
    function test_aSmartAccountIsNotAsked() public {
        IHermeChannels.Open memory o = offer();
        o.payer = address(new AgreeingWallet());
        fund(o.payer);
        (bytes32 r, bytes32 vs) = openBy(PAYER_KEY, o);
        expectInvalid(o, r, vs);
        vm.prank(o.payer);
        channels.open(o.signer, o.payee, o.amount, o.grace);
    }

    // ------------------------------------------------------------------ helpers

    function offer() private view returns (IHermeChannels.Open memory) {
        return IHermeChannels.Open({
            payer: payer,
            payee: payee,
            signer: signer,
            amount: 100,
            grace: GRACE,
            nonce: 7,
            deadline: 4_000_000_000,
            relayer: RELAYER,
            maxFee: 5
        });
    }

    function submit(address from, IHermeChannels.Open memory o, uint88 fee) private returns (bytes32) {
        (bytes32 r, bytes32 vs) = openBy(PAYER_KEY, o);
        (uint8 v, bytes32 pr, bytes32 ps) = permit(PAYER_KEY, uint256(o.amount) + o.maxFee, o.deadline);
        vm.prank(from);
        return channels.openFor(o, fee, r, vs, v, pr, ps);
    }

    function refused(address from, IHermeChannels.Open memory o, uint88 fee, bytes memory reason) private {
        (bytes32 r, bytes32 vs) = openBy(PAYER_KEY, o);
        (uint8 v, bytes32 pr, bytes32 ps) = permit(PAYER_KEY, uint256(o.amount) + o.maxFee, o.deadline);
        vm.prank(from);
        vm.expectRevert(reason);
        channels.openFor(o, fee, r, vs, v, pr, ps);
    }

    function expectInvalid(IHermeChannels.Open memory o, bytes32 r, bytes32 vs) private {
        vm.expectRevert(IHermeChannels.InvalidSignature.selector);
        channels.openFor(o, o.maxFee, r, vs, 0, 0, 0);
    }

    function approve(uint256 amount) private {
        vm.prank(payer);
        token.approve(address(channels), amount);
    }

    function notAllowed(uint88 fee) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IHermeChannels.FeeNotAllowed.selector, fee, 5);
    }

    function used(uint256 nonce) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IHermeChannels.NonceUsed.selector, nonce);
    }
}
