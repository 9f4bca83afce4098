# SPDX-License-Identifier: Apache-2.0
"""Usage: schema.py sarif|cyclonedx|spdx|openvex REPORT SCHEMAS

Holds a report against the public schema of its form; prints what is wrong.  The schemas of SPDX 2.3 and OpenVEX 0.2.0 are in no package that can be
installed here: what their specifications require is written down below.
"""
import json
import os
import re
import sys

import jsonschema

MANDATORY_TEXT = {"type": "string", "minLength": 1}
TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"}
ELEMENT = {"type": "string", "pattern": r"^SPDXRef-[a-zA-Z0-9.-]+$"}

# SPDX 2.3, clauses 6 (document), 7 (package), 11 (relationship): what is required, the forms of what is there, and nothing that is not in it.
SPDX = {
    "type": "object",
    "required": ["spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages", "relationships"],
    "additionalProperties": False,
    "properties": {
        "spdxVersion": {"const": "SPDX-2.3"},
        "dataLicense": {"const": "CC0-1.0"},
        "SPDXID": {"const": "SPDXRef-DOCUMENT"},
        "name": MANDATORY_TEXT,
        "documentNamespace": {"type": "string", "pattern": r"^https?://[^#\s]+$"},
        "creationInfo": {
            "type": "object", "required": ["created", "creators"], "additionalProperties": False,
            "properties": {"created": TIME, "comment": MANDATORY_TEXT, "creators": {"type": "array", "minItems": 1, "items": {"type": "string", "pattern": "^(Tool|Person|Organization): ."}}},
        },
        "packages": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["SPDXID", "name", "downloadLocation"], "additionalProperties": False,
            "properties": {
                "SPDXID": ELEMENT, "name": MANDATORY_TEXT, "versionInfo": MANDATORY_TEXT, "sourceInfo": MANDATORY_TEXT,
                "downloadLocation": {"const": "NOASSERTION"}, "licenseConcluded": {"const": "NOASSERTION"}, "licenseDeclared": {"const": "NOASSERTION"},
                "copyrightText": {"const": "NOASSERTION"}, "filesAnalyzed": {"const": False},
                "primaryPackagePurpose": {"enum": ["APPLICATION", "FRAMEWORK", "LIBRARY", "CONTAINER", "OPERATING-SYSTEM", "DEVICE", "FIRMWARE", "SOURCE", "ARCHIVE", "FILE", "INSTALL", "OTHER"]},
                "checksums": {"type": "array", "items": {
                    "type": "object", "required": ["algorithm", "checksumValue"], "additionalProperties": False,
                    "properties": {"algorithm": {"const": "SHA256"}, "checksumValue": {"type": "string", "pattern": "^[0-9a-f]{64}$"}}}},
                "externalRefs": {"type": "array", "items": {
                    "type": "object", "required": ["referenceCategory", "referenceType", "referenceLocator"], "additionalProperties": False,
                    "properties": {
                        "referenceCategory": {"enum": ["OTHER", "PERSISTENT-ID", "SECURITY", "PACKAGE-MANAGER"]},
                        "referenceType": {"enum": ["purl", "advisory"]}, "referenceLocator": {"type": "string", "pattern": r"^\S+$"}, "comment": MANDATORY_TEXT}}},
            }}},
        "relationships": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["spdxElementId", "relationshipType", "relatedSpdxElement"], "additionalProperties": False,
            "properties": {"spdxElementId": ELEMENT, "relatedSpdxElement": ELEMENT, "relationshipType": {"enum": ["DESCRIBES", "CONTAINS"]}}}},
    },
}

# OpenVEX 0.2.0, "Document Struct Fields", "Statement Fields".
OPENVEX = {
    "type": "object",
    "required": ["@context", "@id", "author", "timestamp", "version", "statements"],
    "additionalProperties": False,
    "properties": {
        "@context": {"const": "https://openvex.dev/ns/v0.2.0"}, "@id": {"type": "string", "pattern": r"^https://\S+$"}, "author": MANDATORY_TEXT,
        "timestamp": TIME, "version": {"type": "integer", "minimum": 1}, "tooling": MANDATORY_TEXT,
        "statements": {"type": "array", "minItems": 1, "items": {
            "type": "object", "required": ["vulnerability", "products", "status"], "additionalProperties": False,
            "properties": {
                "vulnerability": {"type": "object", "required": ["name"], "additionalProperties": False,
                                  "properties": {"name": MANDATORY_TEXT, "aliases": {"type": "array", "minItems": 1, "uniqueItems": True, "items": MANDATORY_TEXT}}},
                "products": {"type": "array", "minItems": 1, "items": {
                    "type": "object", "required": ["@id"], "additionalProperties": False,
                    "properties": {"@id": {"type": "string", "pattern": "^pkg:"}, "identifiers": {"type": "object", "properties": {"purl": {"type": "string", "pattern": "^pkg:"}}}}}},
                "status": {"enum": ["not_affected", "affected", "fixed", "under_investigation"]},
                "status_notes": MANDATORY_TEXT, "impact_statement": MANDATORY_TEXT},
            "if": {"properties": {"status": {"const": "not_affected"}}}, "then": {"required": ["impact_statement"]}}},
    },
}


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def validator(form, folder):
    if form in ("spdx", "openvex"):
        return jsonschema.Draft7Validator({"spdx": SPDX, "openvex": OPENVEX}[form])
    if form == "sarif":
        schema = load(os.path.join(folder, "sarif.json"))
        return jsonschema.validators.validator_for(schema)(schema)
    schema = load(os.path.join(folder, "bom-1.6.SNAPSHOT.schema.json"))
    store = {}
    for name in os.listdir(folder):
        other = load(os.path.join(folder, name))
        for key in (other.get("$id"), "http://cyclonedx.org/schema/" + name):
            if key:
                store[key] = other
    return jsonschema.Draft7Validator(schema, resolver=jsonschema.RefResolver.from_schema(schema, store=store), format_checker=jsonschema.FormatChecker())


def spdx_references(report):
    """What no schema says: an element is there once, and each relationship is about two that are there."""
    ids = [p["SPDXID"] for p in report["packages"]] + [report["SPDXID"]]
    if len(ids) != len(set(ids)):
        yield "an SPDXID is there twice"
    for r in report["relationships"]:
        for key in ("spdxElementId", "relatedSpdxElement"):
            if r[key] not in ids:
                yield "no element " + r[key]


def cyclonedx_references(report):
    refs = [c["bom-ref"] for c in report["components"]]
    if len(refs) != len(set(refs)):
        yield "a bom-ref is there twice"
    for v in report.get("vulnerabilities", []):
        for a in v["affects"]:
            if a["ref"] not in refs:
                yield "no component " + a["ref"]


def sarif_references(report):
    for run in report["runs"]:
        rules = run["tool"]["driver"]["rules"]
        for r in run["results"]:
            if rules[r["ruleIndex"]]["id"] != r["ruleId"]:
                yield "ruleIndex of " + r["ruleId"]
        for rule in rules:
            severity = rule["properties"].get("security-severity")
            if severity is not None and not re.fullmatch(r"\d+\.\d", severity):
                yield "security-severity " + severity


def main():
    form, path, folder = sys.argv[1:]
    report = load(path)
    wrong = ["%s: %s" % ("/".join(map(str, e.absolute_path)), e.message[:200]) for e in validator(form, folder).iter_errors(report)]
    more = {"spdx": spdx_references, "cyclonedx": cyclonedx_references, "sarif": sarif_references}.get(form)
    if more and not wrong:
        wrong = list(more(report))
    print("\n".join(wrong[:20]))
    sys.exit(bool(wrong))


main()
