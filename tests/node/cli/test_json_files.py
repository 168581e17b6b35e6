"""JSON files: what is written reads back, and there is one reading."""

from __future__ import annotations

import json

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st

from node.cli.exit_codes import ExitCode
from node.cli.failures import Failure
from node.cli.json_files import dump_object, message_from_json, parse_object
from node.json_form import message_to_json
from seedpact.registration.v1 import types_pb2 as pb

UINT64 = st.integers(0, 2**64 - 1)
HASH = st.binary(min_size=32, max_size=32)

SGX = st.builds(
    pb.SgxMeasurement,
    mr_enclave=HASH,
    mr_signer=HASH,
    isv_prod_id=st.integers(0, 0xFFFF),
    isv_svn=st.integers(0, 0xFFFF),
)
TDX = st.builds(pb.TdxMeasurement, mr_td=st.binary(max_size=48), rtmrs=st.lists(HASH, max_size=4))
MEASUREMENTS = st.one_of(st.builds(pb.Measurement, sgx=SGX), st.builds(pb.Measurement, tdx=TDX))
POLICIES = st.builds(
    pb.Policy,
    serial=UINT64,
    frozen=st.booleans(),
    measurements=st.lists(MEASUREMENTS, max_size=3),
    tcb_statuses=st.lists(st.sampled_from(pb.TcbStatus.values()), max_size=4),
    advisories=st.lists(st.text(max_size=20), max_size=3),
    denied_fmspcs=st.lists(st.binary(min_size=6, max_size=6), max_size=3),
    max_quote_age_blocks=UINT64,
)


def read(data: bytes) -> pb.Policy:
    return message_from_json(parse_object(data, what="a policy"), pb.Policy, what="a policy")


def refused(data: bytes) -> str:
    with pytest.raises(Failure) as caught:
        read(data)
    assert caught.value.exit_code is ExitCode.USAGE
    assert "\n" not in str(caught.value)
    return caught.value.found


def message_or_failure(data: bytes) -> None:
    try:
        read(data)
    except Failure as failure:
        failed = failure
    else:
        return
    assert failed.exit_code is ExitCode.USAGE


@given(POLICIES)
def test_a_written_file_reads_back(policy: pb.Policy) -> None:
    """read(write(m)) == m."""
    assert read(dump_object(message_to_json(policy))) == policy


@given(POLICIES, st.binary(min_size=32, max_size=32).filter(any))
def test_the_canonical_json_of_protobuf_is_read_as_well(policy: pb.Policy, code: bytes) -> None:
    """read(canonical(m)) == m, where at least one value shows that its bytes are base64."""
    policy.measurements.append(pb.Measurement(sgx=pb.SgxMeasurement(mr_enclave=code)))
    assert read(json_format.MessageToJson(policy).encode()) == policy


@given(st.binary(max_size=200))
def test_any_bytes_give_a_message_or_a_failure(data: bytes) -> None:
    """Returns or raises Failure, and nothing else."""
    message_or_failure(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(
            st.sampled_from([field.name for field in pb.Policy.DESCRIPTOR.fields] + ["sgx", "x"]),
            children,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_any_json_gives_a_message_or_a_failure(value: object) -> None:
    """Also where every field has a value of a wrong kind."""
    message_or_failure(json.dumps(value).encode())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "no JSON"),
        ("[]", "a list"),
        ("7", "a int"),
        ("null", "a NoneType"),
        ('{"serial": 1, "serial": 2}', "twice"),
        ('{"serial": 1.0}', "integer"),
        ('{"serial": NaN}', "integer"),
        ('{"serial": true}', "serial"),
        ('{"surplus": 1}', "surplus"),
        ('{"denied_fmspcs": ["00a06711"], "deniedFmspcs": []}', "twice"),
        ('{"denied_fmspcs": ["0"]}', "neither hex nor base64"),
        ('{"denied_fmspcs": ["zz zz"]}', "neither hex nor base64"),
        ('{"denied_fmspcs": ["AKBnEQA=="]}', "neither hex nor base64"),
        ('{"denied_fmspcs": [7]}', "denied"),
        ('{"tcb_statuses": ["TCB_STATUS_GREAT"]}', "tcb"),
        ('{"measurements": 1}', "measurements"),
        ('{"measurements": [[]]}', "no object"),
        ('{"measurements": [null]}', "no object"),
        ('{"serial": null}', "serial"),
        ('{"frozen": null}', "null"),
        ('{"frozen": 1}', "frozen"),
        ('{"serial": [1]}', "list"),
        ('{"serial": "1_000"}', "integer"),
        ('{"serial": " 1"}', "integer"),
        ('{"serial": -1}', "serial"),
        ('{"serial": 18446744073709551616}', "serial"),
        ('{"advisories": [1]}', "advisories"),
        ("[" * 100_000, "nested deeper than 64"),
        ("[" * 65 + "]" * 65, "nested deeper than 64"),
        ('{"serial": ' + "9" * 5000 + "}", "more than 80 digits"),
        ('{"serial": "' + "9" * 5000 + '"}', "serial"),
        ('{"serial": ' + "9" * 80 + "}", "serial"),
    ],
)
def test_what_is_ambiguous_or_unknown_is_refused(text: str, found: str) -> None:
    assert found.lower() in refused(text.encode()).lower()


def test_bytes_that_are_no_text_are_refused() -> None:
    assert "text" in refused(b'{"serial": "\xff"}')


def test_hex_and_base64_do_not_mix_in_one_file() -> None:
    """The hex of six bytes is also base64 of nine: in a canonical file it is read as base64."""
    text = '{"denied_fmspcs": ["00a067110000", "AKBnEQAA/w=="]}'
    assert [len(entry) for entry in read(text.encode()).denied_fmspcs] == [9, 7]


def test_integers_that_doubles_cannot_hold_are_text() -> None:
    inputs = pb.NetworkInputs(genesis_time_unix_nanos=2**60, initial_height=1)
    value = message_to_json(inputs)
    assert value["genesis_time_unix_nanos"] == str(2**60)
    assert value["initial_height"] == 1
