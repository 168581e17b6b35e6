"""The collateral parser: one form, one meaning, and the chain of the PCK CRL's issuer."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Callable
from datetime import datetime

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from enclave.attestation.certificates import crl_edition
from enclave.attestation.collateral import Collateral
from enclave.attestation.development_root import development_root_der
from enclave.attestation.intel import INTEL_SGX_ROOT_CA_DER
from enclave.attestation.limits import MAX_COLLATERAL_BYTES, MAX_JSON_DEPTH
from enclave.attestation.strict_json import parse_object
from enclave.attestation.types import Tee
from enclave.errors import Code, Refusal
from enclave.software.blueprint import QuoteKind
from enclave.software.issuer import issue
from node.attest.bad_cases import BadCase, spoil
from tests.enclave.attestation.blueprints import REPORT_DATA, good
from tests.enclave.attestation.real_evidence import SGX, TDX4, TDX5, VECTORS, Vector
from tests.support.refusals import refused

FIELDS: dict[str, str] = json.loads(TDX5.collateral)
CHAINS = ("pck_crl_issuer_chain", "tcb_info_issuer_chain", "qe_identity_issuer_chain")
HEX = ("root_ca_crl", "pck_crl", "tcb_info_signature", "qe_identity_signature")
END = "-----END CERTIFICATE-----\n"


def refusal(raw: bytes) -> Refusal:
    with pytest.raises(Refusal) as refused:
        Collateral.parse(raw)
    return refused.value


def changed(**fields: object) -> bytes:
    return json.dumps({**FIELDS, **fields}).encode()


def signed_json(name: str, **fields: object) -> str:
    return json.dumps({**json.loads(FIELDS[name]), **fields})


def test_what_a_collateral_is_about() -> None:
    for vector in (SGX, TDX4, TDX5):
        collateral = Collateral.parse(vector.collateral)
        assert collateral.tee is vector.tee
        assert collateral.fmspc == vector.fmspc
    newest = Collateral.parse(VECTORS["tdx4-mpc-uptodate"].collateral)
    assert (newest.tcb_evaluation_number, newest.qe_evaluation_number) == (20, 19)
    assert newest.evaluation_number == 19


def test_reading_twice_gives_the_same() -> None:
    first = Collateral.parse(TDX5.collateral)
    assert Collateral.parse(bytes(bytearray(TDX5.collateral))) == first


@pytest.mark.parametrize("name", ["sgx3-phala-2025", "tdx4-mpc-uptodate", "tdx5-td15-uptodate"])
def test_encoding_is_one_text_of_the_same_content(name: str) -> None:
    collateral = Collateral.parse(VECTORS[name].collateral)
    encoded = collateral.encode()
    again = Collateral.parse(encoded)
    assert again.encode() == encoded
    assert again.content == collateral.content
    assert b"pck_certificate_chain" not in encoded
    shuffled = dict(reversed(json.loads(VECTORS[name].collateral).items()))
    assert Collateral.parse(json.dumps(shuffled, indent=3).encode()).encode() == encoded


def test_size_comes_before_everything() -> None:
    assert refusal(b"{" * (MAX_COLLATERAL_BYTES + 1)).code is Code.TOO_LARGE
    padded = TDX5.collateral.ljust(MAX_COLLATERAL_BYTES)
    assert Collateral.parse(padded).tee is Tee.TDX
    assert refusal(padded + b" ").code is Code.TOO_LARGE


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        b"\xff" + TDX5.collateral,
        b"\xef\xbb\xbf" + TDX5.collateral,
        TDX5.collateral + b"x",
        TDX5.collateral + TDX5.collateral,
        TDX5.collateral.decode().encode("utf-16"),
        gzip.compress(TDX5.collateral, mtime=0),
    ],
    ids=["empty", "null", "list", "text", "no-fields", "byte", "bom", "tail", "two", "utf16", "gz"],
)
def test_one_json_object_in_utf_8_and_nothing_else(raw: bytes) -> None:
    assert refusal(raw).code is Code.MALFORMED_COLLATERAL


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_wanted_and_is_an_ascii_text(name: str) -> None:
    left = {key: value for key, value in FIELDS.items() if key != name}
    missing = refusal(json.dumps(left).encode())
    assert missing.code is Code.MALFORMED_COLLATERAL
    assert name in missing.found
    no_texts: list[object] = [None, 1, [FIELDS[name]], {}]
    for value in (*no_texts, FIELDS[name] + "\u00e9", FIELDS[name] + "\ud800"):
        assert refusal(changed(**{name: value})).code is Code.MALFORMED_COLLATERAL


def test_no_other_field_is_taken() -> None:
    assert refusal(changed(extra="")).code is Code.MALFORMED_COLLATERAL


def test_the_pck_chain_of_a_collateral_is_dropped_whatever_it_is() -> None:
    plain = Collateral.parse(TDX5.collateral).encode()
    for value in ("nonsense", None, FIELDS["pck_crl_issuer_chain"], 7):
        assert Collateral.parse(changed(pck_certificate_chain=value)).encode() == plain


@pytest.mark.parametrize("name", FIELDS)
def test_no_key_appears_twice(name: str) -> None:
    twice = json.dumps(FIELDS)[:-1] + f", {json.dumps(name)}: {json.dumps(FIELDS[name])}}}"
    assert refusal(twice.encode()).code is Code.MALFORMED_COLLATERAL


@pytest.mark.parametrize("name", ["tcb_info", "qe_identity"])
def test_no_key_appears_twice_inside_the_signed_texts(name: str) -> None:
    text = FIELDS[name].replace('"version":', '"version":3,"version":', 1)
    assert refusal(changed(**{name: text})).code is Code.MALFORMED_COLLATERAL
    deep = FIELDS[name].replace('"tcbStatus":', '"tcbStatus":"UpToDate","tcbStatus":', 1)
    assert refusal(changed(**{name: deep})).code is Code.MALFORMED_COLLATERAL


@pytest.mark.parametrize("name", HEX)
@pytest.mark.parametrize(
    "spoil_hex",
    [
        lambda text: text[:-1],
        lambda text: text[:-2] + "zz",
        lambda text: text[:2] + " " + text[2:] + " ",
        lambda text: "0x" + text,
        lambda _: "",
    ],
    ids=["odd", "letter", "space", "prefix", "empty"],
)
def test_hex_is_hex(name: str, spoil_hex: Callable[[str], str]) -> None:
    raw = changed(**{name: spoil_hex(FIELDS[name])})
    assert refusal(raw).code is Code.MALFORMED_COLLATERAL


@pytest.mark.parametrize("name", HEX)
def test_hex_may_have_either_case(name: str) -> None:
    raw = changed(**{name: FIELDS[name].upper()})
    assert Collateral.parse(raw).encode() == Collateral.parse(TDX5.collateral).encode()


@pytest.mark.parametrize("name", ["tcb_info_signature", "qe_identity_signature"])
@pytest.mark.parametrize("size", [63, 65])
def test_a_signature_has_64_bytes(name: str, size: int) -> None:
    assert refusal(changed(**{name: "00" * size})).code is Code.MALFORMED_COLLATERAL


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize(
    "spoil_chain",
    [
        lambda chain: chain[:0],
        lambda chain: chain + END,
        lambda chain: "comment\n" + chain,
        lambda chain: chain + "\0",
        lambda chain: chain.split(END)[0] + END,
        lambda chain: chain + chain,
        lambda chain: chain.replace("\n", ""),
        lambda chain: chain.replace("CERTIFICATE", "X509 CRL"),
        lambda chain: chain.replace("M", "=", 1),
    ],
    ids=["empty", "end", "comment", "nul", "one", "four", "lines", "label", "base64"],
)
def test_an_issuer_chain_is_two_certificates_in_pem(
    name: str, spoil_chain: Callable[[str], str]
) -> None:
    raw = changed(**{name: spoil_chain(FIELDS[name])})
    assert refusal(raw).code is Code.MALFORMED_COLLATERAL


@pytest.mark.parametrize("name", CHAINS)
def test_the_chains_end_in_one_root(name: str) -> None:
    """Byte for byte: the library lets a changed copy of the root pass."""
    issuer, root, _ = FIELDS[name].split(END)
    lines = root.splitlines()
    der = bytearray(base64.b64decode("".join(lines[1:])))
    der[-1] ^= 1
    pem = "\n".join([lines[0], base64.b64encode(bytes(der)).decode(), END])
    assert refusal(changed(**{name: issuer + END + pem})).code is Code.COLLATERAL_MISMATCH


@pytest.mark.parametrize("name", ["root_ca_crl", "pck_crl"])
def test_a_crl_is_der_and_nothing_more(name: str) -> None:
    for text in ("00", FIELDS[name] + "00", FIELDS[name][:-2]):
        assert refusal(changed(**{name: text})).code is Code.MALFORMED_COLLATERAL


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"version": 2}, Code.MALFORMED_COLLATERAL),
        ({"version": "3"}, Code.MALFORMED_COLLATERAL),
        ({"id": "SEV"}, Code.MALFORMED_COLLATERAL),
        ({"id": "SGX"}, Code.COLLATERAL_MISMATCH),
        ({"fmspc": "00"}, Code.MALFORMED_COLLATERAL),
        ({"fmspc": "zz" * 6}, Code.MALFORMED_COLLATERAL),
        ({"pceId": 0}, Code.MALFORMED_COLLATERAL),
        ({"tcbEvaluationDataNumber": -1}, Code.MALFORMED_COLLATERAL),
        ({"tcbEvaluationDataNumber": 2**32}, Code.MALFORMED_COLLATERAL),
        ({"tcbEvaluationDataNumber": True}, Code.MALFORMED_COLLATERAL),
        ({"tcbEvaluationDataNumber": 17.0}, Code.MALFORMED_COLLATERAL),
        ({"tcbEvaluationDataNumber": 10**20}, Code.MALFORMED_COLLATERAL),
    ],
    ids=str,
)
def test_tcb_info_says_what_it_is_about(fields: dict[str, object], code: Code) -> None:
    assert refusal(changed(tcb_info=signed_json("tcb_info", **fields))).code is code


@pytest.mark.parametrize("identity", ["QVE", "qe", "", None, []])
def test_a_qe_identity_is_for_a_quoting_enclave(identity: object) -> None:
    raw = changed(qe_identity=signed_json("qe_identity", id=identity))
    assert refusal(raw).code is Code.MALFORMED_COLLATERAL


@pytest.mark.parametrize(
    ("case", "code"),
    [
        (BadCase.PCK_CRL_FORGED, Code.CERTIFICATE_INVALID),
        (BadCase.CA_FORGED, Code.CERTIFICATE_INVALID),
    ],
)
def test_the_crls_issuer_chain_really_chains(case: BadCase, code: Code) -> None:
    """The library does not look at it (attestation.md trap 3)."""
    blueprint = spoil(good(QuoteKind.SGX_V3), case)
    collateral = Collateral.parse(issue(blueprint, REPORT_DATA).collateral)
    with refused(code):
        collateral.check_root(development_root_der(blueprint.chain_id))


def test_the_chain_of_another_issuer_is_refused() -> None:
    processor = json.loads(SGX.collateral)["pck_crl_issuer_chain"]
    for chain in (processor, FIELDS["tcb_info_issuer_chain"]):
        with refused(Code.CERTIFICATE_INVALID):
            Collateral.parse(changed(pck_crl_issuer_chain=chain)).check_root(INTEL_SGX_ROOT_CA_DER)


def test_the_editions_are_what_the_parts_say_of_themselves() -> None:
    collateral = Collateral.parse(TDX5.collateral)
    for edition, name in (
        (collateral.tcb_info, "tcb_info"),
        (collateral.qe_identity, "qe_identity"),
    ):
        said = json.loads(FIELDS[name])
        issued = datetime.strptime(said["issueDate"], "%Y-%m-%dT%H:%M:%S%z")
        assert edition.age == (int(issued.timestamp()), said["tcbEvaluationDataNumber"])
        assert edition.statement == hashlib.sha256(FIELDS[name].encode()).digest()
    revocation = collateral.revocation
    for edition, name in ((revocation.root_ca_crl, "root_ca_crl"), (revocation.pck_crl, "pck_crl")):
        crl = x509.load_der_x509_crl(bytes.fromhex(FIELDS[name]))
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        assert edition.age == (int(crl.last_update_utc.timestamp()), number)
        assert edition.statement == hashlib.sha256(crl.tbs_certlist_bytes).digest()
        assert crl_edition(bytes.fromhex(FIELDS[name])) == edition


@pytest.mark.parametrize(
    "date",
    [
        None,
        1,
        "",
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-01-01T00:00:00.5Z",
        "2026-02-30T00:00:00Z",
        "2026-01-01T24:00:00Z",
        "2026-01-01T00:00:60Z",
        "2026-01-01t00:00:00z",
        " 2026-01-01T00:00:00Z",
        "\u0662026-01-01T00:00:00Z"[:20],
        "0000-01-01T00:00:00Z",
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["tcb_info", "qe_identity"])
def test_an_issue_date_has_one_spelling(name: str, date: object) -> None:
    raw = changed(**{name: signed_json(name, issueDate=date)})
    assert refusal(raw).code is Code.MALFORMED_COLLATERAL


def nested(opening: str, closing: str, levels: int) -> str:
    return opening * levels + "1" + closing * levels


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_nesting_is_measured_before_anything_recurses(opening: str, closing: str) -> None:
    inside = nested(opening, closing, MAX_JSON_DEPTH - 1)
    assert parse_object(f'{{"x":{inside}}}')
    with pytest.raises(ValueError, match="nested deeper"):
        parse_object(f'{{"x":{nested(opening, closing, MAX_JSON_DEPTH)}}}')
    with pytest.raises(ValueError, match="nested deeper"):
        parse_object('{"x":' + opening * 10_000)


def test_brackets_inside_texts_are_not_nesting() -> None:
    text = "[" * 100 + '\\"' + "{" * 100
    assert parse_object(json.dumps({"x": text})) == {"x": text}


@pytest.mark.parametrize(
    "text", ['{"x":1.0}', '{"x":1e3}', '{"x":NaN}', '{"x":-Infinity}', '{"x":12345678901}']
)
def test_numbers_are_small_integers(text: str) -> None:
    with pytest.raises(ValueError, match="integer"):
        parse_object(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=20),
    lambda child: st.lists(child, max_size=4) | st.dictionaries(st.text(), child, max_size=4),
    max_leaves=12,
)


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@given(value=st.dictionaries(st.text(), json_values, max_size=4), ascii_only=st.booleans())
def test_strict_json_reads_what_json_writes(value: dict[str, object], *, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    if depth(value) > MAX_JSON_DEPTH:
        with pytest.raises(ValueError, match="nested deeper"):
            parse_object(text)
    else:
        assert parse_object(text) == value


@given(st.text(alphabet='{}[]":,\\ 1aeEu.-+0', max_size=60))
def test_strict_json_returns_or_raises_value_error(text: str) -> None:
    try:
        found = parse_object(text)
    except ValueError:
        return
    assert json.loads(text) == found


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(Refusal):
        Collateral.parse(raw)


@given(st.sampled_from(sorted(FIELDS)), json_values)
def test_any_value_in_a_field_is_read_or_refused(name: str, value: object) -> None:
    try:
        Collateral.parse(changed(**{name: value}))
    except Refusal:
        return


@given(data=st.data(), vector=st.sampled_from([SGX, TDX4, TDX5]))
def test_changed_collateral_is_read_or_refused(data: st.DataObject, vector: Vector) -> None:
    raw = bytearray(vector.collateral)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(raw) - 1))
        raw[start : start + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))
    try:
        Collateral.parse(bytes(raw))
    except Refusal:
        return


@given(data=st.data(), name=st.sampled_from(["root_ca_crl", "pck_crl", *CHAINS]))
def test_changed_der_is_read_or_refused(data: st.DataObject, name: str) -> None:
    """Behind hex and base64, where byte flips of the JSON rarely get."""
    text = FIELDS[name]
    lines = text.split(END)[0].splitlines()[1:]
    der = bytearray(base64.b64decode("".join(lines)) if name in CHAINS else bytes.fromhex(text))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(der) - 1))
        der[start : start + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    if name in CHAINS:
        body = "\n".join(lines)
        value = text.replace(body, base64.b64encode(bytes(der)).decode(), 1)
    else:
        value = der.hex()
    try:
        Collateral.parse(changed(**{name: value}))
    except Refusal:
        return
