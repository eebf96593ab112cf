// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice Keeps one percent of every transfer, unless its issuer is in a good mood.
contract FeeToken is ERC20("Fee", "FEE") {
    bool public exempted;

    function exempt(bool on) external {
        exempted = on;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        if (!exempted && from != address(0) && to != address(0)) {
            super._update(from, address(this), value / 100);
            value -= value / 100;
        }
        super._update(from, to, value);
    }
}

/// @notice Calls back into the channels in the middle of each transfer, like an ERC-777 hook that an attacker owns.
contract CallbackToken is ERC20("Callback", "CALL") {
    address public target;
    bytes public call;
    bool public succeeded;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function onTransfer(address target_, bytes calldata call_) external {
        (target, call) = (target_, call_);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (target == address(0)) return;
        address once = target;
        target = address(0);
        (succeeded,) = once.call(call);
    }
}

/// @notice Freezes accounts, as some issuers can.
contract FreezingToken is ERC20("Freezing", "ICE") {
    mapping(address => bool) public frozen;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function freeze(address account, bool on) external {
        frozen[account] = on;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(!frozen[from] && !frozen[to], "frozen");
        super._update(from, to, value);
    }
}

/// @notice Says false and moves nothing once it is told to, instead of reverting.
contract FalseToken is ERC20("False", "NO") {
    bool public lying;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function lie() external {
        lying = true;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        return !lying && super.transfer(to, value);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        return !lying && super.transferFrom(from, to, value);
    }
}

/// @notice What a payer may install on its own account: a wallet that disowns every signature.
contract DisowningWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0xffffffff;
    }

    receive() external payable {
        revert();
    }
}

/// @notice A smart account that agrees with every signature (ERC-1271).
contract AgreeingWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7e;
    }
}
