/** A token without EIP-2612, as most older ones are: compiled here and put on a chain for one test. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createWalletClient, type Hex, http, publicActions } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { type Address, address } from '../shared/base/units.ts';

const SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
contract PlainToken is ERC20("Plain", "PLAIN") {
    function mint(address to, uint256 amount) external { _mint(to, amount); }
}`;

interface Output {
  readonly contracts: Record<string, Record<string, { abi: unknown[]; evm: { bytecode: { object: string } } }>>;
}

export async function deployPlainToken(rpcUrl: string, deployerKey: Hex): Promise<Address> {
  const require = createRequire(import.meta.url);
  const solc = require('solc') as { compile(input: string, callbacks: object): string };
  const input = {
    language: 'Solidity',
    sources: { 'PlainToken.sol': { content: SOURCE } },
    settings: { outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } } },
  };
  const output = solc.compile(JSON.stringify(input), {
    import: (file: string) => ({ contents: readFileSync(require.resolve(file), 'utf8') }),
  });
  const contract = (JSON.parse(output) as Output).contracts['PlainToken.sol']?.PlainToken;
  if (!contract) throw new Error(`the token does not compile: ${output.slice(0, 500)}`);
  const account = privateKeyToAccount(deployerKey);
  const client = createWalletClient({ account, transport: http(rpcUrl) }).extend(publicActions);
  const { abi, evm } = contract;
  const hash = await client.deployContract({ abi: abi as [], bytecode: `0x${evm.bytecode.object}`, chain: null });
  const { contractAddress } = await client.waitForTransactionReceipt({ hash, pollingInterval: 50 });
  return address(contractAddress ?? '');
}
