// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {Base} from "./Base.sol";
import {DisowningWallet} from "./Hostile.sol";
import {vm} from "./Vm.sol";

contract ClaimTest is Base {
    function testFuzz_paysTheHighestOnceInAnyOrder(uint88 deposit, uint96 a, uint96 b) public {
        deposit = uint88(within(deposit, 1, 1e26));
        bytes32 id = open(deposit);
        uint256 first = channels.claim(payee, proof(a));
        uint256 second = channels.claim(payee, proof(b));
        uint256 highest = a > b ? a : b;
        if (highest > deposit) highest = deposit;
        require(first + second == highest && token.balanceOf(payee) == highest, "sum");
        require(channels.claim(payee, proof(a)) == 0 && channels.claim(payee, proof(b)) == 0, "paid twice");
        require(channels.channel(id).claimed == highest, "claimed");
    }

    function test_saysWhatItPaid() public {
        bytes32 id = open(10);
        vm.expectEmit(address(channels));
        emit IHermeChannels.Claimed(id, 4);
        channels.claim(payee, proof(4));
    }

    function testFuzz_aProofIsBoundToPayeeSignerChainAndContract(uint88 amount, address other, uint64 chain) public {
        vm.assume(other != payee && other != address(0) && chain != block.chainid && chain != 0);
        amount = uint88(within(amount, 1, 1e26));
        open(1e26);
        fund(vm.addr(7));
        vm.prank(vm.addr(7));
        channels.open(signer, payee, 1e26, GRACE); // another payer with the same signer key
        IHermeChannels.Proof[] memory good = proof(amount);
        require(channels.claim(other, good) == 0, "redirected");
        require(channels.claim(payee, only(proofBy(SIGNER_KEY + 1, payer, payee, amount))) == 0, "forged");
        require(channels.claim(payee, only(proofBy(PAYER_KEY, payer, payee, amount))) == 0, "payer is not the signer");
        IHermeChannels.Proof[] memory moved = proof(amount);
        moved[0].payerAndAmount = (uint256(uint160(vm.addr(7))) << 96) | amount;
        require(channels.claim(payee, moved) == 0, "moved to another payer");
        IHermeChannels.Proof[] memory raised = proof(amount);
        raised[0].payerAndAmount += 1;
        require(channels.claim(payee, raised) == 0, "raised");
        uint256 home = block.chainid;
        vm.chainId(chain);
        require(channels.claim(payee, good) == 0, "other chain");
        vm.chainId(home);
        require(new HermeChannels(token).claim(payee, good) == 0, "other contract");
        require(channels.claim(payee, good) == amount, "the real one");
    }

    function testFuzz_malleatedSignaturesPayNothing(uint88 amount) public {
        amount = uint88(within(amount, 1, 1e26));
        open(amount);
        IHermeChannels.Proof[] memory good = proof(amount);
        bytes32 vs = good[0].vs;
        good[0].vs = malleated(vs);
        require(channels.claim(payee, good) == 0, "high s");
        good[0].vs = flipped(vs);
        require(channels.claim(payee, good) == 0, "flipped parity");
        good[0].vs = 0;
        require(channels.claim(payee, good) == 0, "zero s");
        good[0].vs = vs;
        require(channels.claim(payee, good) == amount, "the real one");
    }

    /// Any bytes at all, mixed with a good item: never reverts, pays the good one only.
    function testFuzz_garbageNeverReverts(uint256[12] calldata words, uint8 place) public {
        open(100);
        IHermeChannels.Proof[] memory items = new IHermeChannels.Proof[](5);
        uint256 good = place % 5;
        for (uint256 i; i < 4; ++i) {
            items[i < good ? i : i + 1] =
                IHermeChannels.Proof(words[3 * i], bytes32(words[3 * i + 1]), bytes32(words[3 * i + 2]));
        }
        items[good] = proof(60)[0];
        require(channels.claim(payee, items) == 60, "paid");
        require(token.balanceOf(payee) == 60, "balance");
    }

    function testFuzz_orderAndDuplicatesDoNotMatter(uint96[6] calldata amounts) public {
        open(1e26);
        uint256 highest;
        IHermeChannels.Proof[] memory items = new IHermeChannels.Proof[](12);
        for (uint256 i; i < 6; ++i) {
            items[i] = items[11 - i] = proof(amounts[i])[0];
            if (amounts[i] > highest) highest = amounts[i];
        }
        if (highest > 1e26) highest = 1e26;
        require(channels.claim(payee, items) == highest, "sum");
    }

    function testFuzz_overSignedStaysOwed(uint88 deposit, uint88 more, uint96 signed) public {
        deposit = uint88(within(deposit, 1, 1e26));
        more = uint88(within(more, 1, 1e26));
        signed = uint96(within(signed, uint256(deposit) + 1, type(uint96).max));
        open(deposit);
        require(channels.claim(payee, proof(signed)) == deposit, "capped");
        vm.prank(payer);
        channels.topUp(signer, payee, more);
        uint256 rest = uint256(signed) - deposit;
        require(channels.claim(payee, proof(signed)) == (rest < more ? rest : more), "after top-up");
    }

    function test_poisonedOrFrontRunBatchStillPaysTheRest() public {
        open(100e18);
        IHermeChannels.Proof[] memory items = new IHermeChannels.Proof[](4);
        items[0] = proof(1e18)[0];
        items[1] = proofBy(0xBAD, payer, payee, 5e18);
        items[2] = proofBy(SIGNER_KEY, address(0xDEAD), payee, 5e18);
        items[3] = proof(2e18)[0];
        vm.prank(address(0xF407));
        channels.claim(payee, only(items[0]));
        require(channels.claim(payee, items) == 1e18, "rest");
        require(token.balanceOf(payee) == 2e18 && token.balanceOf(address(0xF407)) == 0, "only to the payee");
    }

    /// A payer that delegates its account to code (EIP-7702) cannot disown what its key signed.
    function test_proofsSurviveTheSignerBecomingAContract() public {
        vm.prank(payer);
        channels.open(payer, payee, 100e18, GRACE);
        IHermeChannels.Proof[] memory items = only(proofBy(PAYER_KEY, payer, payee, 3e18));
        DisowningWallet wallet = new DisowningWallet();
        vm.signAndAttachDelegation(address(wallet), PAYER_KEY);
        token.transfer(payer, 0);
        require(payer.code.length == 23, "not delegated");
        require(channels.claim(payee, items) == 3e18, "disowned");
        vm.prank(payee);
        channels.close(payer, payer, none());
        require(token.balanceOf(address(channels)) == 0, "refund blocked");
    }

    /// A smart account that disowns its signatures: its channel has a plain key, and that is all that counts.
    function test_aSmartAccountCannotVoidItsProofs() public {
        address account = address(new DisowningWallet());
        fund(account);
        vm.prank(account);
        channels.open(signer, payee, 100e18, GRACE);
        require(channels.claim(payee, only(proofBy(SIGNER_KEY, account, payee, 3e18))) == 3e18, "disowned");
        vm.prank(payee);
        channels.close(account, signer, none());
        require(token.balanceOf(account) == 1e30 - 3e18, "refund");
    }

    /// Two hundred items of which all but one are poison: bounded gas, and the good one is paid.
    function test_aBatchFullOfPoisonStaysPayable() public {
        open(100e18);
        IHermeChannels.Proof[] memory items = new IHermeChannels.Proof[](200);
        for (uint256 i; i < 199; ++i) {
            items[i] = IHermeChannels.Proof(type(uint256).max - i, bytes32(type(uint256).max - i), bytes32(i));
        }
        items[199] = proof(7e18)[0];
        uint256 before = gasleft();
        require(channels.claim(payee, items) == 7e18, "rest");
        require(before - gasleft() < 200 * 13_000, "poison costs more than good items");
    }

    function test_anEmptyBatchIsNothing() public {
        require(channels.claim(payee, none()) == 0, "paid");
    }

    function test_aClaimAfterTheGraceStillPaysUntilTheRefundIsExecuted() public {
        open(10);
        vm.prank(payer);
        channels.requestClose(signer, payee);
        uint40 closeAt = state().closeAt;
        vm.warp(closeAt + 30 days);
        require(channels.claim(payee, proof(4)) == 4, "unpaid");
        require(state().closeAt == closeAt, "a claim moved the notice");
        channels.withdraw(payer, signer, payee);
        require(channels.claim(payee, proof(9)) == 0, "paid out of nothing");
    }
}
