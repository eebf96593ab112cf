// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {TestMyst} from "../src/TestMyst.sol";
import {Handler} from "./Handler.sol";

contract Invariants {
    TestMyst private _token;
    HermeChannels private _channels;
    Handler private _handler;

    function setUp() public {
        _token = new TestMyst();
        _channels = new HermeChannels(_token);
        _handler = new Handler(_token, _channels);
        // The minter is this contract, so it pays the payers out.
        for (uint256 i; i < 3; ++i) {
            _token.mint(_handler.partiesOf(i).payer, 1e30);
        }
        _handler.enroll();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// Escrow equals balance; what came in is claimed, refunded or held; per channel and in sum.
    function invariant_moneyAddsUp() public view {
        uint256 escrow;
        for (uint256 k; k < _handler.COUNT(); ++k) {
            IHermeChannels.Channel memory c = _handler.channelAt(k);
            Handler.Book memory b = _handler.book(k);
            require(c.claimed <= c.deposit, "claimed more than deposited");
            require(c.claimed <= b.signed, "claimed more than signed");
            require(c.claimed == b.claimed, "claimed differs from what the payee got");
            require(b.paidIn == b.claimed + b.refunded + (c.deposit - c.claimed), "a channel leaks");
            require(c.epoch == b.epochs, "an epoch per refund");
            escrow += c.deposit - c.claimed;
        }
        require(_token.balanceOf(address(_channels)) == escrow, "escrow is not the balance");
    }

    /// Entitlement to refunds, full payment of signed amounts, isolation of channels, single use of signed closes.
    function invariant_noActionBrokeARule() public view {
        require(bytes(_handler.broken()).length == 0, _handler.broken());
    }
}
