// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {TestMyst} from "../src/TestMyst.sol";
import {Books} from "./Books.sol";
import {Handler} from "./Handler.sol";

/// @notice The ten rules of the channels, held against any sequence of actions of three payers, two payees, two signer
/// keys, a relayer and a stranger. One campaign checks them all (foundry runs one per `invariant_` function).
///
///  1 the balance is what the channels hold plus donations; what came in was claimed, refunded or is held     here
///  2 claimed ≤ deposit, and claimed ≤ the most that the signer ever signed for that payee, chain, contract    here
///  3 claimed never falls, also across refunds and top-ups                                                      Books
///  4 no refund without the payer's notice and its whole grace, or the payee's close for this very epoch        Handler
///  5 until a refund is executed, claim pays min(signed, deposit) - claimed                                     Handler
///  6 claim never reverts; order and duplicates of items do not matter                                          Handler
///  7 only payers get refunds, only payees claims, only the relayer fees; no action touches another channel     all three
///  8 a signed close works at most once; so does a signed opening                                               Handler
///  9 only the payer tops up and gives notice; a notice neither moves nor restarts                              Handler
/// 10 a proof for one channel is worthless in every other, and in another form                                  Handler
contract Invariants {
    TestMyst private _token;
    HermeChannels private _channels;
    Handler private _handler;

    function setUp() public {
        _token = new TestMyst();
        _channels = new HermeChannels(_token);
        _handler = new Handler(_token, _channels);
        for (uint256 i; i < _handler.PAYERS(); ++i) {
            _token.mint(_handler.partiesOf(i).payer, _handler.FUNDS());
        }
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_everyRuleHolds() public view {
        require(bytes(_handler.broken()).length == 0, _handler.broken());
        channelsAddUp();
        accountsAddUp();
    }

    function channelsAddUp() private view {
        uint256 escrow;
        for (uint256 i; i < _handler.PAYERS(); ++i) {
            escrow += _handler.donated(_handler.partiesOf(i).payer);
        }
        for (uint256 k; k < _handler.COUNT(); ++k) {
            IHermeChannels.Channel memory c = _handler.channelAt(k);
            Books.Book memory b = _handler.book(k);
            require(c.claimed <= c.deposit, "claimed more than deposited");
            require(c.claimed <= b.signed, "claimed more than signed");
            require(c.claimed == b.claimed, "claimed differs from what the payee got");
            require(b.paidIn == b.claimed + b.refunded + (c.deposit - c.claimed), "a channel leaks");
            require(c.epoch == b.epochs, "an epoch per refund");
            escrow += c.deposit - c.claimed;
        }
        require(_token.balanceOf(address(_channels)) == escrow, "escrow is not the balance");
    }

    function accountsAddUp() private view {
        uint256 fees;
        for (uint256 i; i < _handler.PAYERS(); ++i) {
            address payer = _handler.partiesOf(i).payer;
            (uint256 gone, uint256 back) = (_handler.donated(payer), 0);
            for (uint256 k = i; k < _handler.COUNT(); k += _handler.PAYERS()) {
                Books.Book memory b = _handler.book(k);
                (gone, back) = (gone + b.paidIn + b.fees, back + b.refunded);
                fees += b.fees;
            }
            require(_token.balanceOf(payer) == _handler.FUNDS() + back - gone, "a payer has not what it should");
        }
        for (uint256 j; j < _handler.PAYEES(); ++j) {
            uint256 earned;
            for (uint256 k; k < _handler.COUNT(); ++k) {
                if ((k / _handler.PAYERS()) % _handler.PAYEES() == j) earned += _handler.book(k).claimed;
            }
            address payee = _handler.partiesOf(j * _handler.PAYERS()).payee;
            require(_token.balanceOf(payee) == earned, "a payee has not what it should");
        }
        require(_token.balanceOf(_handler.RELAYER()) == fees, "the relayer has not what it should");
        require(_token.balanceOf(_handler.STRANGER()) == 0, "a stranger got something");
    }
}
