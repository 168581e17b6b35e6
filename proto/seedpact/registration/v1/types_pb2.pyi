from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODE_UNSPECIFIED: _ClassVar[Mode]
    MODE_HARDWARE: _ClassVar[Mode]
    MODE_SOFTWARE: _ClassVar[Mode]

class TeeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEE_KIND_UNSPECIFIED: _ClassVar[TeeKind]
    TEE_KIND_SGX: _ClassVar[TeeKind]
    TEE_KIND_TDX: _ClassVar[TeeKind]

class TcbStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TCB_STATUS_UNSPECIFIED: _ClassVar[TcbStatus]
    TCB_STATUS_UP_TO_DATE: _ClassVar[TcbStatus]
    TCB_STATUS_SW_HARDENING_NEEDED: _ClassVar[TcbStatus]
    TCB_STATUS_CONFIGURATION_NEEDED: _ClassVar[TcbStatus]
    TCB_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED: _ClassVar[TcbStatus]
    TCB_STATUS_TD_RELAUNCH_ADVISED: _ClassVar[TcbStatus]
    TCB_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED: _ClassVar[TcbStatus]
    TCB_STATUS_OUT_OF_DATE: _ClassVar[TcbStatus]
    TCB_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED: _ClassVar[TcbStatus]
    TCB_STATUS_REVOKED: _ClassVar[TcbStatus]

class NodeStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NODE_STATUS_UNSPECIFIED: _ClassVar[NodeStatus]
    NODE_STATUS_CONFIRMED: _ClassVar[NodeStatus]
    NODE_STATUS_EXPIRED: _ClassVar[NodeStatus]
    NODE_STATUS_REVOKED: _ClassVar[NodeStatus]
MODE_UNSPECIFIED: Mode
MODE_HARDWARE: Mode
MODE_SOFTWARE: Mode
TEE_KIND_UNSPECIFIED: TeeKind
TEE_KIND_SGX: TeeKind
TEE_KIND_TDX: TeeKind
TCB_STATUS_UNSPECIFIED: TcbStatus
TCB_STATUS_UP_TO_DATE: TcbStatus
TCB_STATUS_SW_HARDENING_NEEDED: TcbStatus
TCB_STATUS_CONFIGURATION_NEEDED: TcbStatus
TCB_STATUS_CONFIGURATION_AND_SW_HARDENING_NEEDED: TcbStatus
TCB_STATUS_TD_RELAUNCH_ADVISED: TcbStatus
TCB_STATUS_TD_RELAUNCH_ADVISED_CONFIGURATION_NEEDED: TcbStatus
TCB_STATUS_OUT_OF_DATE: TcbStatus
TCB_STATUS_OUT_OF_DATE_CONFIGURATION_NEEDED: TcbStatus
TCB_STATUS_REVOKED: TcbStatus
NODE_STATUS_UNSPECIFIED: NodeStatus
NODE_STATUS_CONFIRMED: NodeStatus
NODE_STATUS_EXPIRED: NodeStatus
NODE_STATUS_REVOKED: NodeStatus

class Time(_message.Message):
    __slots__ = ("seconds", "nanos")
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    NANOS_FIELD_NUMBER: _ClassVar[int]
    seconds: int
    nanos: int
    def __init__(self, seconds: _Optional[int] = ..., nanos: _Optional[int] = ...) -> None: ...

class SgxMeasurement(_message.Message):
    __slots__ = ("mr_enclave", "mr_signer", "isv_prod_id", "isv_svn")
    MR_ENCLAVE_FIELD_NUMBER: _ClassVar[int]
    MR_SIGNER_FIELD_NUMBER: _ClassVar[int]
    ISV_PROD_ID_FIELD_NUMBER: _ClassVar[int]
    ISV_SVN_FIELD_NUMBER: _ClassVar[int]
    mr_enclave: bytes
    mr_signer: bytes
    isv_prod_id: int
    isv_svn: int
    def __init__(self, mr_enclave: _Optional[bytes] = ..., mr_signer: _Optional[bytes] = ..., isv_prod_id: _Optional[int] = ..., isv_svn: _Optional[int] = ...) -> None: ...

class TdxMeasurement(_message.Message):
    __slots__ = ("mr_td", "rtmrs")
    MR_TD_FIELD_NUMBER: _ClassVar[int]
    RTMRS_FIELD_NUMBER: _ClassVar[int]
    mr_td: bytes
    rtmrs: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, mr_td: _Optional[bytes] = ..., rtmrs: _Optional[_Iterable[bytes]] = ...) -> None: ...

class Measurement(_message.Message):
    __slots__ = ("sgx", "tdx")
    SGX_FIELD_NUMBER: _ClassVar[int]
    TDX_FIELD_NUMBER: _ClassVar[int]
    sgx: SgxMeasurement
    tdx: TdxMeasurement
    def __init__(self, sgx: _Optional[_Union[SgxMeasurement, _Mapping]] = ..., tdx: _Optional[_Union[TdxMeasurement, _Mapping]] = ...) -> None: ...

class UpgradeApproval(_message.Message):
    __slots__ = ("serial", "measurement", "signatures")
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURES_FIELD_NUMBER: _ClassVar[int]
    serial: int
    measurement: Measurement
    signatures: _containers.RepeatedCompositeFieldContainer[UpgradeSignature]
    def __init__(self, serial: _Optional[int] = ..., measurement: _Optional[_Union[Measurement, _Mapping]] = ..., signatures: _Optional[_Iterable[_Union[UpgradeSignature, _Mapping]]] = ...) -> None: ...

class UpgradeSignature(_message.Message):
    __slots__ = ("key", "signature")
    KEY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    key: bytes
    signature: bytes
    def __init__(self, key: _Optional[bytes] = ..., signature: _Optional[bytes] = ...) -> None: ...

class Floor(_message.Message):
    __slots__ = ("mode", "attestation_root", "upgrade_keys", "threshold", "worst_tcb_status")
    MODE_FIELD_NUMBER: _ClassVar[int]
    ATTESTATION_ROOT_FIELD_NUMBER: _ClassVar[int]
    UPGRADE_KEYS_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    WORST_TCB_STATUS_FIELD_NUMBER: _ClassVar[int]
    mode: Mode
    attestation_root: bytes
    upgrade_keys: _containers.RepeatedScalarFieldContainer[bytes]
    threshold: int
    worst_tcb_status: TcbStatus
    def __init__(self, mode: _Optional[_Union[Mode, str]] = ..., attestation_root: _Optional[bytes] = ..., upgrade_keys: _Optional[_Iterable[bytes]] = ..., threshold: _Optional[int] = ..., worst_tcb_status: _Optional[_Union[TcbStatus, str]] = ...) -> None: ...

class NetworkInputs(_message.Message):
    __slots__ = ("chain_id", "genesis_time_unix_nanos", "initial_height", "genesis_validators_hash", "consensus_params_hash", "floor", "app_state_hash")
    CHAIN_ID_FIELD_NUMBER: _ClassVar[int]
    GENESIS_TIME_UNIX_NANOS_FIELD_NUMBER: _ClassVar[int]
    INITIAL_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    GENESIS_VALIDATORS_HASH_FIELD_NUMBER: _ClassVar[int]
    CONSENSUS_PARAMS_HASH_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    APP_STATE_HASH_FIELD_NUMBER: _ClassVar[int]
    chain_id: str
    genesis_time_unix_nanos: int
    initial_height: int
    genesis_validators_hash: bytes
    consensus_params_hash: bytes
    floor: Floor
    app_state_hash: bytes
    def __init__(self, chain_id: _Optional[str] = ..., genesis_time_unix_nanos: _Optional[int] = ..., initial_height: _Optional[int] = ..., genesis_validators_hash: _Optional[bytes] = ..., consensus_params_hash: _Optional[bytes] = ..., floor: _Optional[_Union[Floor, _Mapping]] = ..., app_state_hash: _Optional[bytes] = ...) -> None: ...

class Policy(_message.Message):
    __slots__ = ("serial", "frozen", "measurements", "tcb_statuses", "advisories", "minimum_evaluation_number", "denied_fmspcs", "max_quote_age_blocks", "require_machine_list", "one_node_per_machine", "allow_dynamic_platform", "allow_cached_keys", "allow_smt", "upgrades")
    SERIAL_FIELD_NUMBER: _ClassVar[int]
    FROZEN_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENTS_FIELD_NUMBER: _ClassVar[int]
    TCB_STATUSES_FIELD_NUMBER: _ClassVar[int]
    ADVISORIES_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_EVALUATION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    DENIED_FMSPCS_FIELD_NUMBER: _ClassVar[int]
    MAX_QUOTE_AGE_BLOCKS_FIELD_NUMBER: _ClassVar[int]
    REQUIRE_MACHINE_LIST_FIELD_NUMBER: _ClassVar[int]
    ONE_NODE_PER_MACHINE_FIELD_NUMBER: _ClassVar[int]
    ALLOW_DYNAMIC_PLATFORM_FIELD_NUMBER: _ClassVar[int]
    ALLOW_CACHED_KEYS_FIELD_NUMBER: _ClassVar[int]
    ALLOW_SMT_FIELD_NUMBER: _ClassVar[int]
    UPGRADES_FIELD_NUMBER: _ClassVar[int]
    serial: int
    frozen: bool
    measurements: _containers.RepeatedCompositeFieldContainer[Measurement]
    tcb_statuses: _containers.RepeatedScalarFieldContainer[TcbStatus]
    advisories: _containers.RepeatedScalarFieldContainer[str]
    minimum_evaluation_number: int
    denied_fmspcs: _containers.RepeatedScalarFieldContainer[bytes]
    max_quote_age_blocks: int
    require_machine_list: bool
    one_node_per_machine: bool
    allow_dynamic_platform: bool
    allow_cached_keys: bool
    allow_smt: bool
    upgrades: _containers.RepeatedCompositeFieldContainer[UpgradeApproval]
    def __init__(self, serial: _Optional[int] = ..., frozen: bool = ..., measurements: _Optional[_Iterable[_Union[Measurement, _Mapping]]] = ..., tcb_statuses: _Optional[_Iterable[_Union[TcbStatus, str]]] = ..., advisories: _Optional[_Iterable[str]] = ..., minimum_evaluation_number: _Optional[int] = ..., denied_fmspcs: _Optional[_Iterable[bytes]] = ..., max_quote_age_blocks: _Optional[int] = ..., require_machine_list: bool = ..., one_node_per_machine: bool = ..., allow_dynamic_platform: bool = ..., allow_cached_keys: bool = ..., allow_smt: bool = ..., upgrades: _Optional[_Iterable[_Union[UpgradeApproval, _Mapping]]] = ...) -> None: ...

class NetworkKeys(_message.Message):
    __slots__ = ("epoch", "pk_io", "kem_io", "from_height", "prev_seed")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    PK_IO_FIELD_NUMBER: _ClassVar[int]
    KEM_IO_FIELD_NUMBER: _ClassVar[int]
    FROM_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PREV_SEED_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    pk_io: bytes
    kem_io: bytes
    from_height: int
    prev_seed: bytes
    def __init__(self, epoch: _Optional[int] = ..., pk_io: _Optional[bytes] = ..., kem_io: _Optional[bytes] = ..., from_height: _Optional[int] = ..., prev_seed: _Optional[bytes] = ...) -> None: ...

class Verdict(_message.Message):
    __slots__ = ("tee", "tcb_status", "measurement", "advisories", "fmspc", "platform_id")
    TEE_FIELD_NUMBER: _ClassVar[int]
    TCB_STATUS_FIELD_NUMBER: _ClassVar[int]
    MEASUREMENT_FIELD_NUMBER: _ClassVar[int]
    ADVISORIES_FIELD_NUMBER: _ClassVar[int]
    FMSPC_FIELD_NUMBER: _ClassVar[int]
    PLATFORM_ID_FIELD_NUMBER: _ClassVar[int]
    tee: TeeKind
    tcb_status: TcbStatus
    measurement: Measurement
    advisories: _containers.RepeatedScalarFieldContainer[str]
    fmspc: bytes
    platform_id: bytes
    def __init__(self, tee: _Optional[_Union[TeeKind, str]] = ..., tcb_status: _Optional[_Union[TcbStatus, str]] = ..., measurement: _Optional[_Union[Measurement, _Mapping]] = ..., advisories: _Optional[_Iterable[str]] = ..., fmspc: _Optional[bytes] = ..., platform_id: _Optional[bytes] = ...) -> None: ...

class NodeRecord(_message.Message):
    __slots__ = ("node_id", "operator", "exchange_key", "tls_key", "epoch", "report_data", "envelope", "verdict", "quote_hash", "register_tx_hash", "height", "time", "expires_at", "status")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    EXCHANGE_KEY_FIELD_NUMBER: _ClassVar[int]
    TLS_KEY_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    REPORT_DATA_FIELD_NUMBER: _ClassVar[int]
    ENVELOPE_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    QUOTE_HASH_FIELD_NUMBER: _ClassVar[int]
    REGISTER_TX_HASH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    operator: bytes
    exchange_key: bytes
    tls_key: bytes
    epoch: int
    report_data: bytes
    envelope: bytes
    verdict: Verdict
    quote_hash: bytes
    register_tx_hash: bytes
    height: int
    time: Time
    expires_at: Time
    status: NodeStatus
    def __init__(self, node_id: _Optional[bytes] = ..., operator: _Optional[bytes] = ..., exchange_key: _Optional[bytes] = ..., tls_key: _Optional[bytes] = ..., epoch: _Optional[int] = ..., report_data: _Optional[bytes] = ..., envelope: _Optional[bytes] = ..., verdict: _Optional[_Union[Verdict, _Mapping]] = ..., quote_hash: _Optional[bytes] = ..., register_tx_hash: _Optional[bytes] = ..., height: _Optional[int] = ..., time: _Optional[_Union[Time, _Mapping]] = ..., expires_at: _Optional[_Union[Time, _Mapping]] = ..., status: _Optional[_Union[NodeStatus, str]] = ...) -> None: ...

class Freshness(_message.Message):
    __slots__ = ("nonce", "height", "recent_heights")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    RECENT_HEIGHTS_FIELD_NUMBER: _ClassVar[int]
    nonce: bytes
    height: int
    recent_heights: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, nonce: _Optional[bytes] = ..., height: _Optional[int] = ..., recent_heights: _Optional[_Iterable[int]] = ...) -> None: ...

class Anchor(_message.Message):
    __slots__ = ("height", "hash", "time")
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    HASH_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    height: int
    hash: bytes
    time: Time
    def __init__(self, height: _Optional[int] = ..., hash: _Optional[bytes] = ..., time: _Optional[_Union[Time, _Mapping]] = ...) -> None: ...

class Machine(_message.Message):
    __slots__ = ("platform_id", "note", "from_height")
    PLATFORM_ID_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    FROM_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    platform_id: bytes
    note: str
    from_height: int
    def __init__(self, platform_id: _Optional[bytes] = ..., note: _Optional[str] = ..., from_height: _Optional[int] = ...) -> None: ...

class StoredCollateral(_message.Message):
    __slots__ = ("fmspc", "tee", "collateral", "evaluation_number")
    FMSPC_FIELD_NUMBER: _ClassVar[int]
    TEE_FIELD_NUMBER: _ClassVar[int]
    COLLATERAL_FIELD_NUMBER: _ClassVar[int]
    EVALUATION_NUMBER_FIELD_NUMBER: _ClassVar[int]
    fmspc: bytes
    tee: TeeKind
    collateral: bytes
    evaluation_number: int
    def __init__(self, fmspc: _Optional[bytes] = ..., tee: _Optional[_Union[TeeKind, str]] = ..., collateral: _Optional[bytes] = ..., evaluation_number: _Optional[int] = ...) -> None: ...

class CollateralPart(_message.Message):
    __slots__ = ("statement", "signature", "issuer_chain")
    STATEMENT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    ISSUER_CHAIN_FIELD_NUMBER: _ClassVar[int]
    statement: bytes
    signature: bytes
    issuer_chain: str
    def __init__(self, statement: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., issuer_chain: _Optional[str] = ...) -> None: ...

class HeldPolicy(_message.Message):
    __slots__ = ("policy", "until_height")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    UNTIL_HEIGHT_FIELD_NUMBER: _ClassVar[int]
    policy: Policy
    until_height: int
    def __init__(self, policy: _Optional[_Union[Policy, _Mapping]] = ..., until_height: _Optional[int] = ...) -> None: ...

class Identity(_message.Message):
    __slots__ = ("network_id", "network", "genesis_time", "founder")
    NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    NETWORK_FIELD_NUMBER: _ClassVar[int]
    GENESIS_TIME_FIELD_NUMBER: _ClassVar[int]
    FOUNDER_FIELD_NUMBER: _ClassVar[int]
    network_id: bytes
    network: NetworkInputs
    genesis_time: Time
    founder: Measurement
    def __init__(self, network_id: _Optional[bytes] = ..., network: _Optional[_Union[NetworkInputs, _Mapping]] = ..., genesis_time: _Optional[_Union[Time, _Mapping]] = ..., founder: _Optional[_Union[Measurement, _Mapping]] = ...) -> None: ...
