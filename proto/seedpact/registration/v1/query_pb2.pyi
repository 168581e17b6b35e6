from seedpact.ics23.v1 import proofs_pb2 as _proofs_pb2
from seedpact.registration.v1 import genesis_pb2 as _genesis_pb2
from seedpact.registration.v1 import types_pb2 as _types_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Proof(_message.Message):
    __slots__ = ("store", "store_key", "store_value", "proof_ops", "height")
    STORE_FIELD_NUMBER: _ClassVar[int]
    STORE_KEY_FIELD_NUMBER: _ClassVar[int]
    STORE_VALUE_FIELD_NUMBER: _ClassVar[int]
    PROOF_OPS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    store: str
    store_key: bytes
    store_value: bytes
    proof_ops: _proofs_pb2.ProofOps
    height: int
    def __init__(self, store: _Optional[str] = ..., store_key: _Optional[bytes] = ..., store_value: _Optional[bytes] = ..., proof_ops: _Optional[_Union[_proofs_pb2.ProofOps, _Mapping]] = ..., height: _Optional[int] = ...) -> None: ...

class QueryNodeRequest(_message.Message):
    __slots__ = ("node_id", "prove")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    PROVE_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    prove: bool
    def __init__(self, node_id: _Optional[bytes] = ..., prove: bool = ...) -> None: ...

class QueryNodeResponse(_message.Message):
    __slots__ = ("node", "height", "proof")
    NODE_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    node: _types_pb2.NodeRecord
    height: int
    proof: Proof
    def __init__(self, node: _Optional[_Union[_types_pb2.NodeRecord, _Mapping]] = ..., height: _Optional[int] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class QueryNodesRequest(_message.Message):
    __slots__ = ("page_key", "limit", "status", "operator", "prove")
    PAGE_KEY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    OPERATOR_FIELD_NUMBER: _ClassVar[int]
    PROVE_FIELD_NUMBER: _ClassVar[int]
    page_key: bytes
    limit: int
    status: _types_pb2.NodeStatus
    operator: bytes
    prove: bool
    def __init__(self, page_key: _Optional[bytes] = ..., limit: _Optional[int] = ..., status: _Optional[_Union[_types_pb2.NodeStatus, str]] = ..., operator: _Optional[bytes] = ..., prove: bool = ...) -> None: ...

class QueryNodesResponse(_message.Message):
    __slots__ = ("nodes", "next_page_key", "height", "proofs")
    NODES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_KEY_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOFS_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[_types_pb2.NodeRecord]
    next_page_key: bytes
    height: int
    proofs: _containers.RepeatedCompositeFieldContainer[Proof]
    def __init__(self, nodes: _Optional[_Iterable[_Union[_types_pb2.NodeRecord, _Mapping]]] = ..., next_page_key: _Optional[bytes] = ..., height: _Optional[int] = ..., proofs: _Optional[_Iterable[_Union[Proof, _Mapping]]] = ...) -> None: ...

class QueryNetworkKeysRequest(_message.Message):
    __slots__ = ("epoch", "prove")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    PROVE_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    prove: bool
    def __init__(self, epoch: _Optional[int] = ..., prove: bool = ...) -> None: ...

class QueryNetworkKeysResponse(_message.Message):
    __slots__ = ("keys", "height", "proof", "next_epoch")
    KEYS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    NEXT_EPOCH_FIELD_NUMBER: _ClassVar[int]
    keys: _types_pb2.NetworkKeys
    height: int
    proof: Proof
    next_epoch: Proof
    def __init__(self, keys: _Optional[_Union[_types_pb2.NetworkKeys, _Mapping]] = ..., height: _Optional[int] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ..., next_epoch: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class QueryParamsRequest(_message.Message):
    __slots__ = ("prove",)
    PROVE_FIELD_NUMBER: _ClassVar[int]
    prove: bool
    def __init__(self, prove: bool = ...) -> None: ...

class QueryParamsResponse(_message.Message):
    __slots__ = ("params", "floor", "network_id", "height", "proof", "identity_proof")
    PARAMS_FIELD_NUMBER: _ClassVar[int]
    FLOOR_FIELD_NUMBER: _ClassVar[int]
    NETWORK_ID_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_PROOF_FIELD_NUMBER: _ClassVar[int]
    params: _genesis_pb2.Params
    floor: _types_pb2.Floor
    network_id: bytes
    height: int
    proof: Proof
    identity_proof: Proof
    def __init__(self, params: _Optional[_Union[_genesis_pb2.Params, _Mapping]] = ..., floor: _Optional[_Union[_types_pb2.Floor, _Mapping]] = ..., network_id: _Optional[bytes] = ..., height: _Optional[int] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ..., identity_proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class QueryPolicyRequest(_message.Message):
    __slots__ = ("prove",)
    PROVE_FIELD_NUMBER: _ClassVar[int]
    prove: bool
    def __init__(self, prove: bool = ...) -> None: ...

class QueryPolicyResponse(_message.Message):
    __slots__ = ("policy", "height", "proof")
    POLICY_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    policy: _types_pb2.Policy
    height: int
    proof: Proof
    def __init__(self, policy: _Optional[_Union[_types_pb2.Policy, _Mapping]] = ..., height: _Optional[int] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...

class QueryFreshnessRequest(_message.Message):
    __slots__ = ("node_id", "prove")
    NODE_ID_FIELD_NUMBER: _ClassVar[int]
    PROVE_FIELD_NUMBER: _ClassVar[int]
    node_id: bytes
    prove: bool
    def __init__(self, node_id: _Optional[bytes] = ..., prove: bool = ...) -> None: ...

class QueryFreshnessResponse(_message.Message):
    __slots__ = ("freshness", "height", "proof")
    FRESHNESS_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    PROOF_FIELD_NUMBER: _ClassVar[int]
    freshness: _types_pb2.Freshness
    height: int
    proof: Proof
    def __init__(self, freshness: _Optional[_Union[_types_pb2.Freshness, _Mapping]] = ..., height: _Optional[int] = ..., proof: _Optional[_Union[Proof, _Mapping]] = ...) -> None: ...
