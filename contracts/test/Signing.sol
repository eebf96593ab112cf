// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

import {HermeChannels} from "../src/HermeChannels.sol";
import {IHermeChannels} from "../src/interfaces/IHermeChannels.sol";
import {TestMyst} from "../src/TestMyst.sol";
import {vm} from "./Vm.sol";

/// @notice Signatures made the long way: types spelled out again, abi.encode, plain keccak. So neither a mistake in the
/// contract's assembly nor one in its type strings can hide in the tests.
abstract contract Signing {
    bytes32 private constant PROOF = keccak256("Proof(address payer,address payee,uint96 cumulative)");
    bytes32 private constant CLOSE = keccak256("Close(bytes32 channelId,uint24 epoch,uint88 claimed,uint64 deadline)");
    bytes32 private constant OPEN = keccak256(
        "Open(address payer,address payee,address signer,uint88 amount,uint16 grace,uint256 nonce,uint64 deadline,address relayer,uint88 maxFee)"
    );
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    /// @dev Order of secp256k1.
    uint256 internal constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    TestMyst internal token;
    HermeChannels internal channels;

    function proofBy(uint256 key, address payer, address payee, uint96 cumulative)
        internal
        view
        returns (IHermeChannels.Proof memory)
    {
        return proofFor(domain(block.chainid, address(channels)), key, payer, payee, cumulative);
    }

    function proofFor(bytes32 separator, uint256 key, address payer, address payee, uint96 cumulative)
        internal
        pure
        returns (IHermeChannels.Proof memory)
    {
        bytes32 structHash = keccak256(abi.encode(PROOF, payer, payee, cumulative));
        (bytes32 r, bytes32 vs) = compact(key, typed(separator, structHash));
        return IHermeChannels.Proof((uint256(uint160(payer)) << 96) | cumulative, r, vs);
    }

    function closeBy(uint256 key, bytes32 id, uint24 epoch, uint88 claimed, uint64 deadline)
        internal
        view
        returns (bytes32 r, bytes32 vs)
    {
        return compact(key, typed(keccak256(abi.encode(CLOSE, id, epoch, claimed, deadline))));
    }

    function openBy(uint256 key, IHermeChannels.Open memory o) internal view returns (bytes32 r, bytes32 vs) {
        bytes memory head = abi.encode(OPEN, o.payer, o.payee, o.signer, o.amount, o.grace);
        return
            compact(key, typed(keccak256(abi.encodePacked(head, abi.encode(o.nonce, o.deadline, o.relayer, o.maxFee)))));
    }

    /// @dev EIP-2612 permit for the channels, with the owner's next nonce.
    function permit(uint256 key, uint256 value, uint256 deadline) internal view returns (uint8, bytes32, bytes32) {
        address owner = vm.addr(key);
        bytes32 structHash = keccak256(abi.encode(PERMIT, owner, channels, value, token.nonces(owner), deadline));
        return vm.sign(key, typed(token.DOMAIN_SEPARATOR(), structHash));
    }

    function domain(uint256 chainId, address verifier) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN, keccak256("HermeChannels"), keccak256("1"), chainId, verifier));
    }

    function typed(bytes32 structHash) internal view returns (bytes32) {
        return typed(domain(block.chainid, address(channels)), structHash);
    }

    function typed(bytes32 separator, bytes32 structHash) private pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    /// @dev EIP-2098
    function compact(uint256 key, bytes32 digest) internal pure returns (bytes32 r, bytes32 vs) {
        uint8 v;
        bytes32 s;
        (v, r, s) = vm.sign(key, digest);
        vs = v == 28 ? flipped(s) : s;
    }

    /// @dev The other parity: another key's signature, or nobody's.
    function flipped(bytes32 vs) internal pure returns (bytes32) {
        return vs ^ bytes32(uint256(1 << 255));
    }

    /// @dev The other signature of the same key for the same digest: high s, which nothing may accept.
    function malleated(bytes32 vs) internal pure returns (bytes32) {
        uint256 parity = uint256(vs) & (1 << 255);
        return bytes32((ORDER - (uint256(vs) ^ parity)) | (parity ^ (1 << 255)));
    }

    function only(IHermeChannels.Proof memory item) internal pure returns (IHermeChannels.Proof[] memory items) {
        items = new IHermeChannels.Proof[](1);
        items[0] = item;
    }

    function none() internal pure returns (IHermeChannels.Proof[] memory) {
        return new IHermeChannels.Proof[](0);
    }

    function within(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + value % (high - low + 1);
    }
}
