// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {TestMyst} from "../src/TestMyst.sol";
import {Signing} from "./Signing.sol";
import {vm} from "./Vm.sol";

/// @notice One funded payer with its own signer key and one payee.
abstract contract Base is Signing {
    uint256 internal constant PAYER_KEY = 0xA11CE;
    uint256 internal constant SIGNER_KEY = 0x51641E6;
    uint256 internal constant PAYEE_KEY = 0xB0B;
    uint16 internal constant GRACE = 1440;

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
}
