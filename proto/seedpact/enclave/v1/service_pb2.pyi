from seedpact.enclave.v1 import chain_pb2 as _chain_pb2
from seedpact.registration.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class EnclaveState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ENCLAVE_STATE_UNSPECIFIED: _ClassVar[EnclaveState]
    ENCLAVE_STATE_EMPTY: _ClassVar[EnclaveState]
    ENCLAVE_STATE_KEYED: _ClassVar[EnclaveState]
    ENCLAVE_STATE_PENDING: _ClassVar[EnclaveState]
    ENCLAVE_STATE_HOLDER: _ClassVar[EnclaveState]
ENCLAVE_STATE_UNSPECIFIED: EnclaveState
ENCLAVE_STATE_EMPTY: EnclaveState
ENCLAVE_STATE_KEYED: EnclaveState
ENCLAVE_STATE_PENDING: EnclaveState
ENCLAVE_STATE_HOLDER: EnclaveState

class Error(_message.Message):
    __slots__ = ("code", "expected", "found")
    CODE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    FOUND_FIELD_NUMBER: _ClassVar[int]
    code: str
    expected: str
    found: str
    def __init__(self, code: _Optional[str] = ..., expected: _Optional[str] = ..., found: _Optional[str] = ...) -> None: ...

class Evidence(_message.Message):
    __slots__ = ("quote", "collateral")
    QUOTE_FIELD_NUMBER: _ClassVar[int]
    COLLATERAL_FIELD_NUMBER: _ClassVar[int]
    quote: bytes
    collateral: bytes
    def __init__(self, quote: _Optional[bytes] = ..., collateral: _Optional[bytes] = ...) -> None: ...

class GetInfoRequest(_message.Message):
    __slots__ = ("challenge",)
    CHALLENGE_FIELD_NUMBER: _ClassVar[int]
    challenge: bytes
    def __init__(self, challenge: _Optional[bytes] = ...) -> None: ...

class GetInfoResponse(_message.Message):
    __slots__ = ("state", "mode", "measurement", "network_id", "chain_id", "node_id", "exchange_key", "tls_key", "epochs", "root_height", "root_hash", "quotes", "version", "backup_current", "trusted_height", "freshness_nonce", "fresh_until", "forked", "backup_newer", "endpoint_proof")
    STATE_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENT_FIELD_NUMBER: _ClassVar[int]
    NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_KEY_FIELD_NUMBER: _ClassVar[int]
    TLS_KEY_FIELD_NUMBER: _ClassVar[int]
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    ROOT_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ROOT_HASH_FIELD_NUMBER: _ClassVar[int]
    QUOTES_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    BACKUP_CURRENT_FIELD_NUMBER: _ClassVar[int]
    TRUSTED_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FRESHNESS_NONCE_FIELD_NUMBER: _ClassVar[int]
    FRESH_UNTIL_FIELD_NUMBER: _ClassVar[int]
    FORKED_FIELD_NUMBER: _ClassVar[int]
    BACKUP_NEWER_FIELD_NUMBER: _ClassVar[int]
    ENDPOINT_PROOF_FIELD_NUMBER: _ClassVar[int]
    state: EnclaveState
    mode: _types_pb2.Mode
    measurement: _types_pb2.Measurement
    network_id: bytes
    chain_id: str
    node_id: bytes
    exchange_key: bytes
    tls_key: bytes
    epochs: _containers.RepeatedScalarFieldContainer[int]
    root_height: int
    root_hash: bytes
    quotes: int
    version: str
    backup_current: bool
    trusted_height: int
    freshness_nonce: bytes
    fresh_until: int
    forked: bool
    backup_newer: bool
    endpoint_proof: bytes
    def __init__(self, state: _Optional[_Union[EnclaveState, str]] = ..., mode: _Optional[_Union[_types_pb2.Mode, str]] = ..., measurement: _Optional[_Union[_types_pb2.Measurement, _Mapping]] = ..., network_id: _Optional[bytes] = ..., chain_id: _Optional[str] = ..., node_id: _Optional[bytes] = ..., exchange_key: _Optional[bytes] = ..., tls_key: _Optional[bytes] = ..., epochs: _Optional[_Iterable[int]] = ..., root_height: _Optional[int] = ..., root_hash: _Optional[bytes] = ..., quotes: _Optional[int] = ..., version: _Optional[str] = ..., backup_current: bool = ..., trusted_height: _Optional[int] = ..., freshness_nonce: _Optional[bytes] = ..., fresh_until: _Optional[int] = ..., forked: bool = ..., backup_newer: bool = ..., endpoint_proof: _Optional[bytes] = ...) -> None: ...

class BootstrapRequest(_message.Message):
    __slots__ = ("network",)
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    network: _types_pb2.NetworkInputs
    def __init__(self, network: _Optional[_Union[_types_pb2.NetworkInputs, _Mapping]] = ...) -> None: ...

class BootstrapResponse(_message.Message):
    __slots__ = ("network_id", "node_id", "exchange_key", "tls_key", "pk_io", "kem_io", "evidence")
    NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_KEY_FIELD_NUMBER: _ClassVar[int]
    TLS_KEY_FIELD_NUMBER: _ClassVar[int]
    PK_IO_FIELD_NUMBER: _ClassVar[int]
    KEM_IO_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    network_id: bytes
    node_id: bytes
    exchange_key: bytes
    tls_key: bytes
    pk_io: bytes
    kem_io: bytes
    evidence: Evidence
    def __init__(self, network_id: _Optional[bytes] = ..., node_id: _Optional[bytes] = ..., exchange_key: _Optional[bytes] = ..., tls_key: _Optional[bytes] = ..., pk_io: _Optional[bytes] = ..., kem_io: _Optional[bytes] = ..., evidence: _Optional[_Union[Evidence, _Mapping]] = ...) -> None: ...

class CreateNodeKeyRequest(_message.Message):
    __slots__ = ("network", "epoch", "kem_io", "discard")
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    KEM_IO_FIELD_NUMBER: _ClassVar[int]
    DISCARD_FIELD_NUMBER: _ClassVar[int]
    network: _types_pb2.NetworkInputs
    epoch: int
    kem_io: bytes
    discard: bool
    def __init__(self, network: _Optional[_Union[_types_pb2.NetworkInputs, _Mapping]] = ..., epoch: _Optional[int] = ..., kem_io: _Optional[bytes] = ..., discard: bool = ...) -> None: ...

class CreateNodeKeyResponse(_message.Message):
    __slots__ = ("network_id", "node_id", "exchange_key", "kem_ciphertext")
    NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_KEY_FIELD_NUMBER: _ClassVar[int]
    KEM_CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    network_id: bytes
    node_id: bytes
    exchange_key: bytes
    kem_ciphertext: bytes
    def __init__(self, network_id: _Optional[bytes] = ..., node_id: _Optional[bytes] = ..., exchange_key: _Optional[bytes] = ..., kem_ciphertext: _Optional[bytes] = ...) -> None: ...

class MakeQuoteRequest(_message.Message):
    __slots__ = ("register", "bootstrap")
    REGISTER_FIELD_NUMBER: _ClassVar[int]
    BOOTSTRAP_FIELD_NUMBER: _ClassVar[int]
    register: RegisterPurpose
    bootstrap: BootstrapPurpose
    def __init__(self, register: _Optional[_Union[RegisterPurpose, _Mapping]] = ..., bootstrap: _Optional[_Union[BootstrapPurpose, _Mapping]] = ...) -> None: ...

class RegisterPurpose(_message.Message):
    __slots__ = ("operator", "epoch", "anchor_height", "anchor_hash", "kem_io", "chain")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_HASH_FIELD_NUMBER: _ClassVar[int]
    KEM_IO_FIELD_NUMBER: _ClassVar[int]
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    operator: bytes
    epoch: int
    anchor_height: int
    anchor_hash: bytes
    kem_io: bytes
    chain: _chain_pb2.ChainProof
    def __init__(self, operator: _Optional[bytes] = ..., epoch: _Optional[int] = ..., anchor_height: _Optional[int] = ..., anchor_hash: _Optional[bytes] = ..., kem_io: _Optional[bytes] = ..., chain: _Optional[_Union[_chain_pb2.ChainProof, _Mapping]] = ...) -> None: ...

class BootstrapPurpose(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class MakeQuoteResponse(_message.Message):
    __slots__ = ("evidence", "report_data", "exchange_key", "kem_ciphertext", "tls_key", "node_id")
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    REPORT_DATA_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_KEY_FIELD_NUMBER: _ClassVar[int]
    KEM_CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    TLS_KEY_FIELD_NUMBER: _ClassVar[int]
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    evidence: Evidence
    report_data: bytes
    exchange_key: bytes
    kem_ciphertext: bytes
    tls_key: bytes
    node_id: bytes
    def __init__(self, evidence: _Optional[_Union[Evidence, _Mapping]] = ..., report_data: _Optional[bytes] = ..., exchange_key: _Optional[bytes] = ..., kem_ciphertext: _Optional[bytes] = ..., tls_key: _Optional[bytes] = ..., node_id: _Optional[bytes] = ...) -> None: ...

class Newcomer(_message.Message):
    __slots__ = ("operator", "exchange_key", "kem_ciphertext", "epoch", "anchor_height", "anchor_hash", "tls_key", "quote", "collateral_index")
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_KEY_FIELD_NUMBER: _ClassVar[int]
    KEM_CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_HASH_FIELD_NUMBER: _ClassVar[int]
    TLS_KEY_FIELD_NUMBER: _ClassVar[int]
    QUOTE_FIELD_NUMBER: _ClassVar[int]
    COLLATERAL_INDEX_FIELD_NUMBER: _ClassVar[int]
    operator: bytes
    exchange_key: bytes
    kem_ciphertext: bytes
    epoch: int
    anchor_height: int
    anchor_hash: bytes
    tls_key: bytes
    quote: bytes
    collateral_index: int
    def __init__(self, operator: _Optional[bytes] = ..., exchange_key: _Optional[bytes] = ..., kem_ciphertext: _Optional[bytes] = ..., epoch: _Optional[int] = ..., anchor_height: _Optional[int] = ..., anchor_hash: _Optional[bytes] = ..., tls_key: _Optional[bytes] = ..., quote: _Optional[bytes] = ..., collateral_index: _Optional[int] = ...) -> None: ...

class ConfirmNodesRequest(_message.Message):
    __slots__ = ("chain", "newcomers", "collaterals")
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    NEWCOMERS_FIELD_NUMBER: _ClassVar[int]
    COLLATERALS_FIELD_NUMBER: _ClassVar[int]
    chain: _chain_pb2.ChainProof
    newcomers: _containers.RepeatedCompositeFieldContainer[Newcomer]
    collaterals: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, chain: _Optional[_Union[_chain_pb2.ChainProof, _Mapping]] = ..., newcomers: _Optional[_Iterable[_Union[Newcomer, _Mapping]]] = ..., collaterals: _Optional[_Iterable[bytes]] = ...) -> None: ...

class ConfirmNodesResponse(_message.Message):
    __slots__ = ("confirmations",)
    CONFIRMATIONS_FIELD_NUMBER: _ClassVar[int]
    confirmations: _containers.RepeatedCompositeFieldContainer[Confirmation]
    def __init__(self, confirmations: _Optional[_Iterable[_Union[Confirmation, _Mapping]]] = ...) -> None: ...

class Confirmation(_message.Message):
    __slots__ = ("node_id", "envelope", "verdict", "refusal")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    envelope: bytes
    verdict: _types_pb2.Verdict
    refusal: Error
    def __init__(self, node_id: _Optional[bytes] = ..., envelope: _Optional[bytes] = ..., verdict: _Optional[_Union[_types_pb2.Verdict, _Mapping]] = ..., refusal: _Optional[_Union[Error, _Mapping]] = ...) -> None: ...

class ImportSeedRequest(_message.Message):
    __slots__ = ("chain",)
    CHAIN_FIELD_NUMBER: _ClassVar[int]
    chain: _chain_pb2.ChainProof
    def __init__(self, chain: _Optional[_Union[_chain_pb2.ChainProof, _Mapping]] = ...) -> None: ...

class ImportSeedResponse(_message.Message):
    __slots__ = ("epochs", "tls_key")
    EPOCHS_FIELD_NUMBER: _ClassVar[int]
    TLS_KEY_FIELD_NUMBER: _ClassVar[int]
    epochs: _containers.RepeatedScalarFieldContainer[int]
    tls_key: bytes
    def __init__(self, epochs: _Optional[_Iterable[int]] = ..., tls_key: _Optional[bytes] = ...) -> None: ...

class GetNetworkKeysRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetNetworkKeysResponse(_message.Message):
    __slots__ = ("keys",)
    KEYS_FIELD_NUMBER: _ClassVar[int]
    keys: _containers.RepeatedCompositeFieldContainer[_types_pb2.NetworkKeys]
    def __init__(self, keys: _Optional[_Iterable[_Union[_types_pb2.NetworkKeys, _Mapping]]] = ...) -> None: ...

class BackupRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BackupResponse(_message.Message):
    __slots__ = ("backup",)
    BACKUP_FIELD_NUMBER: _ClassVar[int]
    backup: bytes
    def __init__(self, backup: _Optional[bytes] = ...) -> None: ...

class RestoreRequest(_message.Message):
    __slots__ = ("backup", "network_id")
    BACKUP_FIELD_NUMBER: _ClassVar[int]
    NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    backup: bytes
    network_id: bytes
    def __init__(self, backup: _Optional[bytes] = ..., network_id: _Optional[bytes] = ...) -> None: ...

class RestoreResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: EnclaveState
    def __init__(self, state: _Optional[_Union[EnclaveState, str]] = ...) -> None: ...
