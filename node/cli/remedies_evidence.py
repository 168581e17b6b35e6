"""Remedies for codes about evidence: form, chain state, quote, binding, policy (gates 1 to 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from enclave.errors import Code
from node.cli.remedy import Remedy

_FORM: Final = {
    Code.MALFORMED_REQUEST: Remedy(
        "The bytes are not the one encoding that the enclave takes: they do not decode, hold "
        "unknown fields, or are encoded in another way.",
        "use a client of the enclave's own version",
    ),
    Code.BAD_LENGTH: Remedy(
        "A value has a fixed size and came in another.", "give the value in the expected size"
    ),
    Code.BAD_VALUE: Remedy(
        "A value is outside of what its field can mean.", "give a value as expected says"
    ),
    Code.TOO_LARGE: Remedy(
        "Sizes are limited before anything is parsed, so that nobody can exhaust an enclave.",
        "check that it is the right file; nothing genuine is that large",
    ),
    Code.BAD_EXCHANGE_KEY: Remedy(
        "An X25519 key has one encoding here: below 2^255 - 19, with the top bit clear.",
        "take the key as the enclave printed it",
    ),
    Code.LOW_ORDER_KEY: Remedy(
        "A key of low order gives everybody the same shared secret.",
        "take the key that an enclave made (`seedpactd register`); never write one by hand",
    ),
    Code.BAD_TLS_KEY: Remedy(
        "An Ed25519 key has to be a canonical point that is not of small order.",
        "take the key as the enclave printed it",
    ),
    Code.BAD_KEM_KEY: Remedy(
        "These are not the 1,184 bytes of an ML-KEM-768 key.",
        "ask a holder again: `seedpactd enclave network-keys`",
    ),
    Code.MALFORMED_QUOTE: Remedy(
        "A length inside the quote is wrong, or bytes follow its end.",
        "fetch the quote again; check that it was not cut, re-encoded or concatenated",
    ),
    Code.UNSUPPORTED_QUOTE: Remedy(
        "It looks like a quote, of a version, TEE or key type that nobody here verifies. "
        "Supported are SGX in version 3 and TDX in versions 4 and 5, with a PCK chain inside.",
        "make the quote with DCAP and ECDSA P-256, its PCK chain inside",
    ),
    Code.MALFORMED_COLLATERAL: Remedy(
        "Collateral is one JSON object of nine text fields, TCB info in version 3.",
        "make it of the v4 API's answers: `seedpactd attest collateral --help`",
    ),
    Code.MALFORMED_POLICY: Remedy(
        "A policy is a seedpact.registration.v1.Policy: known fields, ascending lists.",
        "correct it as `seedpactd attest verify --help` describes",
    ),
}

_STATE: Final = {
    Code.FROZEN: Remedy(
        "The network's policy is frozen: nobody registers and nothing is confirmed.",
        "wait for the vote that ends the freeze; follow the network's announcements",
    ),
    Code.STALE_EPOCH: Remedy(
        "The seed was rotated: the quote or record names an epoch that is not the current one.",
        "quote again for the current epoch",
    ),
    Code.UNKNOWN_ANCHOR: Remedy(
        "The quote binds a header that is not one of this chain's recent ones, or is less than "
        "two blocks old.",
        "quote again with a header of this chain at least 3 below its newest",
    ),
    Code.STALE_QUOTE: Remedy(
        "The quote is older, in blocks, than the policy allows.", "quote again with a newer anchor"
    ),
}

_VERIFICATION: Final = {
    Code.UNTRUSTED_ROOT: Remedy(
        "The evidence ends in another root certificate than the one that is trusted.",
        "check --trust-anchor; evidence of software mode needs its network's development root",
    ),
    Code.CERTIFICATE_INVALID: Remedy(
        "A certificate is not what its place in the chain asks for, or its issuer did not sign "
        "it, or no CRL covers it.",
        "fetch quote and collateral again, both for this machine, its CA (`pckcrl?ca=..`) and this "
        "trust anchor: `seedpactd attest collateral --help`",
    ),
    Code.CERTIFICATE_EXPIRED: Remedy(
        "A certificate of a chain has ended at the time of judging.",
        "fetch new collateral; for a PCK certificate, provision the machine again",
    ),
    Code.CERTIFICATE_NOT_YET_VALID: Remedy(
        "A certificate of a chain starts after the time of judging.",
        "check the time; use collateral that was issued before it",
    ),
    Code.CERTIFICATE_REVOKED: Remedy(
        "The issuer took the certificate back: the machine or its authority is not trusted.",
        "use another machine; ask its vendor why it was revoked",
    ),
    Code.CRL_EXPIRED: Remedy(
        "A revocation list has ended at the time of judging (they live about 30 days).",
        "fetch new collateral, or judge at a time inside its window",
    ),
    Code.COLLATERAL_EXPIRED: Remedy(
        "TCB info or QE identity has ended at the time of judging (they live about 30 days).",
        "fetch new collateral, or judge at a time inside its window",
    ),
    Code.COLLATERAL_NOT_YET_VALID: Remedy(
        "The collateral was issued after the time of judging.",
        "check the time; use collateral that was issued before it",
    ),
    Code.COLLATERAL_SIGNATURE_INVALID: Remedy(
        "A signed text or list of the collateral was changed, or signed by somebody else.",
        "fetch the collateral again, as bytes: `seedpactd attest collateral --help`",
    ),
    Code.COLLATERAL_MISMATCH: Remedy(
        "The collateral is about another platform or TEE than the quote, or its parts disagree.",
        "fetch the collateral for this quote's own FMSPC and TEE",
    ),
    Code.QUOTE_SIGNATURE_INVALID: Remedy(
        "The quote was changed, or never signed by a quoting enclave.",
        "fetch the quote again; if it fails again, it is forged",
    ),
    Code.QE_REJECTED: Remedy(
        "The quoting enclave is not Intel's, or in a version that Intel does not name.",
        "update the machine's DCAP packages and quote again",
    ),
    Code.TCB_LEVEL_NOT_FOUND: Remedy(
        "The platform is below every level that the TCB info knows.",
        "update the machine's BIOS and microcode, then quote again",
    ),
    Code.TCB_REVOKED: Remedy(
        "Intel revoked this patch level: keys of such platforms are known to leak.",
        "update the machine's BIOS and microcode, then provision and quote again",
    ),
    Code.TD_REJECTED: Remedy(
        "The trust domain's attributes or its TDX module allow others to look in.",
        "start the TD without migration, service TDs and reserved attributes",
    ),
    Code.QUOTE_UNVERIFIABLE: Remedy(
        "The verification library refuses for a reason that has no code of its own.",
        "check quote and collateral with another verifier, and report the case",
    ),
}

_BINDING: Final = {
    Code.REPORT_DATA_MISMATCH: Remedy(
        "The quote is genuine, but was made for other values than those that came with it.",
        "quote again, and send exactly what that answer holds",
    ),
    Code.DEBUG_ENCLAVE: Remedy(
        "A debug enclave can be read by its host: its measurement vouches for nothing.",
        "build and start the enclave without debug",
    ),
}

_POLICY: Final = {
    Code.EMPTY_POLICY: Remedy(
        "A policy that lists no code or no status admits nobody.",
        "list measurements and tcb_statuses in the policy",
    ),
    Code.MEASUREMENT_NOT_ALLOWED: Remedy(
        "The code is not on the policy's list (for SGX also: an isv_svn below the listed one).",
        "run a listed release, or propose this measurement to the network",
    ),
    Code.TCB_STATUS_NOT_ALLOWED: Remedy(
        "The platform's patch level has a status that the policy does not list.",
        "update BIOS and microcode, or propose the status to the network",
    ),
    Code.ADVISORY_NOT_ALLOWED: Remedy(
        "The platform's level has security advisories that the policy does not accept.",
        "apply what the advisory asks for, or propose it to the network",
    ),
    Code.EVALUATION_NUMBER_TOO_LOW: Remedy(
        "The collateral is from before a TCB recovery that the policy asks for.",
        "fetch newer collateral (a higher tcbEvaluationDataNumber)",
    ),
    Code.FMSPC_DENIED: Remedy(
        "The policy denies this family of CPUs.", "use a machine of another CPU family"
    ),
    Code.PLATFORM_FLAG_NOT_ALLOWED: Remedy(
        "The PCK certificate has a platform flag that the policy does not allow.",
        "change the BIOS setting and provision again, or propose the flag to the network",
    ),
    Code.MACHINE_NOT_LISTED: Remedy(
        "The policy has a list of machines, and this one is not on it.",
        "propose the machine's platform id to the network",
    ),
    Code.BELOW_FLOOR: Remedy(
        "The platform's status is worse than the network's floor, which no vote can change.",
        "update BIOS and microcode",
    ),
    Code.MEASUREMENT_UNSIGNED: Remedy(
        "An enclave confirms its own code, or code that enough upgrade keys signed for this "
        "network; a policy alone cannot admit other code.",
        "run the release that the network runs, or have the upgrade keys sign this one",
    ),
}

EVIDENCE_REMEDIES: Final[Mapping[Code, Remedy]] = {
    **_FORM,
    **_STATE,
    **_VERIFICATION,
    **_BINDING,
    **_POLICY,
}
