#!/usr/bin/python3
"""Holds an OpenAPI 3.1 document against the standards: check_openapi.py FILE

Its structure against the OpenAPI Initiative's schema of 3.0 (Debian: openapi-specification), which has all
that 3.1 kept and this document uses; its schemas, which 3.1 made those of JSON Schema, against the meta-schema of
2020-12 (Debian: python3-jsonschema); and every reference against what is there.
"""
import copy
import json
import sys

from jsonschema import Draft4Validator, Draft202012Validator

STRUCTURE = "/usr/share/openapi-specification/schemas/v3.0/schema.json"


def faults_of_schema(schema, place):
    for fault in Draft202012Validator(Draft202012Validator.META_SCHEMA).iter_errors(schema):
        yield f"{place}: {fault.message}"


def walk(node, place=()):
    """Every object and array of the document, with its place."""
    yield node, place
    if isinstance(node, (dict, list)):
        for key, member in node.items() if isinstance(node, dict) else enumerate(node):
            yield from walk(member, place + (str(key),))


def find(document, reference):
    at = document
    for part in reference.removeprefix("#/").split("/"):
        at = at[part.replace("~1", "/").replace("~0", "~")]
    return at


def faults(document):
    if not document["openapi"].startswith("3.1."):
        yield "openapi: this is not 3.1"
    with open(STRUCTURE, encoding="utf-8") as file:
        structure = json.load(file)
    # The schemas are looked at by their own rules: 3.0 had others.
    plain = copy.deepcopy(document)
    plain["openapi"] = "3.0.3"
    plain["info"].get("license", {}).pop("identifier", None)  # new in 3.1
    for node, place in walk(plain):
        if isinstance(node, dict) and isinstance(node.get("schema"), dict):
            yield from faults_of_schema(node["schema"], "/".join(place))
            node["schema"] = {}
    schemas = plain["components"].get("schemas", {})
    for name, schema in schemas.items():
        yield from faults_of_schema(schema, f"components/schemas/{name}")
        schemas[name] = {}
    for fault in Draft4Validator(structure).iter_errors(plain):
        yield "/".join(map(str, fault.absolute_path)) + ": " + fault.message
    for node, place in walk(document):
        if not isinstance(node, dict) or not isinstance(node.get("$ref"), str):
            continue
        try:
            find(document, node["$ref"])
        except KeyError:
            yield "/".join(place) + ": there is no " + node["$ref"]
    names = [operation["operationId"] for path in document["paths"].values()
             for operation in path.values() if isinstance(operation, dict) and "operationId" in operation]
    for name in {name for name in names if names.count(name) > 1}:
        yield f"operationId {name} comes twice"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        found = list(faults(json.load(file)))
    print(*found or ["no faults"], sep="\n")
    return 1 if found else 0


sys.exit(main())
