// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title Test MYST: the ERC-20 with permit that stands in for MYST where Warren deploys its own contracts
/// @notice Worthless by design. Only the account that deployed it can mint.
contract TestMyst is ERC20, ERC20Permit {
    /// @notice The only account that may mint.
    address public immutable minter;

    /// @notice Somebody else than the deployer tried to mint.
    error NotMinter(address caller);

    constructor() ERC20("Test MYST", "tMYST") ERC20Permit("Test MYST") {
        minter = msg.sender;
    }

    /// @notice Creates `amount` (18 decimals) for `to`.
    function mint(address to, uint256 amount) external {
        if (msg.sender != minter) revert NotMinter(msg.sender);
        _mint(to, amount);
    }
}
