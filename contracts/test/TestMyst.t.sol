// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {TestMyst} from "../src/TestMyst.sol";
import {vm} from "./Vm.sol";

contract TestMystTest {
    function test_onlyTheDeployerMints() public {
        TestMyst token = new TestMyst();
        token.mint(address(1), 5);
        require(token.balanceOf(address(1)) == 5, "minted");
        vm.prank(address(2));
        vm.expectRevert(abi.encodeWithSelector(TestMyst.NotMinter.selector, address(2)));
        token.mint(address(2), 5);
    }
}
