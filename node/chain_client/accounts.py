"""What the chain says of an account: its number and sequence, and its coins."""

from __future__ import annotations

from cosmpy.crypto.address import Address
from cosmpy.protos.cosmos.auth.v1beta1.auth_pb2 import BaseAccount
from cosmpy.protos.cosmos.auth.v1beta1.query_pb2 import QueryAccountRequest

from chain_module.address import ACCOUNT_PREFIX, to_text
from chain_module.bank.coins import DENOM
from node.chain_client.connection import Connection
from node.chain_client.failures import ChainCode, ChainFailure, failed
from node.chain_client.transactions import Account


class AccountQueries:
    """What `ChainClient` asks of the modules auth and bank."""

    connection: Connection

    def account(self, address: bytes) -> Account:
        """Number and sequence of an account. Raises ChainFailure: ACCOUNT_UNKNOWN."""
        request = QueryAccountRequest(address=to_text(address))
        answer = self.connection.find(self.connection.ledger.auth.Account, request)
        if answer is None:
            raise ChainFailure(
                ChainCode.ACCOUNT_UNKNOWN,
                expected=f"an account {to_text(address)}: one that was sent coins once",
                found="none on this chain",
            )
        found = BaseAccount()
        if not answer.account.Unpack(found):
            raise failed(self.connection.address, f"an account of type {answer.account.type_url}")
        return Account(number=int(found.account_number), sequence=int(found.sequence))

    def balance(self, address: bytes, denom: str = DENOM) -> int:
        """Coins of one denomination."""
        ledger = self.connection.ledger
        return int(self.connection.call(ledger.query_bank_balance, _cosmpy(address), denom))

    def balances(self, address: bytes) -> dict[str, int]:
        """Coins by denomination."""
        ledger = self.connection.ledger
        coins = self.connection.call(ledger.query_bank_all_balances, _cosmpy(address))
        return {str(coin.denom): int(coin.amount) for coin in coins}


def _cosmpy(address: bytes) -> Address:
    return Address(address, prefix=ACCOUNT_PREFIX)
