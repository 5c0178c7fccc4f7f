#!/usr/bin/python3
"""Validates the SBOMs of this system against the published schemas, with validators that are not ours.

validate_sbom.py cyclonedx GENERATOR              CycloneDX 1.6; licence expressions and package-urls of both documents
validate_sbom.py spdx GENERATOR SCHEMA CACHE      SPDX 2.3; SCHEMA is a file, or empty: fetched once into the folder CACHE

Exits 77 (skipped) only where no SCHEMA was given and the network does not deliver it.
"""
import copy
import hashlib
import json
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import jsonschema

SPDX_URL = "https://raw.githubusercontent.com/spdx/spdx-spec/v2.3/schemas/spdx-schema.json"
SPDX_SHA256 = "239208b7ac287b3cf5d9a9af23f9d69863971102a5e1587a27a398b43490b89b"
SKIPPED = 77


def generate(generator):
    """Both documents, written twice: the same system must give the same bytes."""
    texts = []
    for _ in range(2):
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder, "spdx.json"), Path(folder, "cyclonedx.json")]
            subprocess.run([generator, *files], check=True)
            texts.append([file.read_text("utf-8") for file in files])
    assert texts[0] == texts[1], "two runs differ"
    return [json.loads(text) for text in texts[0]]


def must_hold(validator, document, what):
    errors = list(validator.iter_errors(document))
    for error in errors[:10]:
        print(f"{what}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
    assert not errors, f"{what}: {len(errors)} errors"
    print(f"{what}: valid")


def must_refuse(validator, document, spoil, what):
    """A validator that accepts everything would prove nothing."""
    spoiled = copy.deepcopy(document)
    spoil(spoiled)
    assert next(validator.iter_errors(spoiled), None), f"{what} was accepted"


def cyclonedx_validator():
    import cyclonedx.schema
    from referencing import Registry, Resource

    folder = Path(cyclonedx.schema.__file__).parent / "_res"
    parts = [json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text()) for name in ("spdx", "jsf-0.82")]
    registry = Registry().with_resources((part["$id"], Resource.from_contents(part)) for part in parts)
    # The snapshots refer to one another by file name.
    registry = registry.with_resources(
        (f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json", Resource.from_contents(part))
        for name, part in zip(("spdx", "jsf-0.82"), parts))
    main = json.loads((folder / "bom-1.6.SNAPSHOT.schema.json").read_text())
    assert "bom-1.6" in main["$id"], main["$id"]
    return jsonschema.Draft7Validator(main, registry=registry, format_checker=jsonschema.FormatChecker()), parts[0]["enum"]


def check_expression(text, parser):
    """Parsed by license-expression; every name is on the SPDX list or a LicenseRef."""
    if text != "NOASSERTION":
        info = parser.validate(text)
        unknown = [name for name in info.invalid_symbols if not name.startswith("LicenseRef-")]
        assert not unknown and not [e for e in info.errors if "Unknown" not in e], f"{text}: {info.errors}"


def check_packages(spdx, cdx):
    from license_expression import get_spdx_licensing
    from packageurl import PackageURL

    parser = get_spdx_licensing()
    packages = {package["SPDXID"]: package for package in spdx["packages"]}
    assert len(packages) == len(spdx["packages"]), "an SPDXID stands twice"
    # Beside them stand the image and the systems in it, which have no package-url.
    installed = [package for package in spdx["packages"] if package["SPDXID"].startswith("SPDXRef-Package-")]
    declared = {info["licenseId"] for info in spdx["hasExtractedLicensingInfos"]}
    used = set()
    for package in installed:
        text = package["licenseDeclared"]
        check_expression(text, parser)
        used |= {word.strip("()") for word in text.split() if "LicenseRef-" in word}
        for reference in package["externalRefs"]:
            assert PackageURL.from_string(reference["referenceLocator"]).to_string() == reference["referenceLocator"]
        purl = PackageURL.from_string(package["externalRefs"][0]["referenceLocator"])
        assert (purl.name, purl.version) == (package["name"], package["versionInfo"])
    assert used == declared, "LicenseRefs used and declared differ"
    for relationship in spdx["relationships"]:
        for end in (relationship["spdxElementId"], relationship["relatedSpdxElement"]):
            assert end in packages or end == "SPDXRef-DOCUMENT", end
    references = [component["bom-ref"] for component in cdx["components"]]
    assert references == [package["externalRefs"][0]["referenceLocator"] for package in installed]
    for dependency in cdx["dependencies"][1:]:
        assert dependency["ref"] in references and set(dependency["dependsOn"]) <= set(references)
    print(f"{len(references)} packages: expressions, package-urls and references hold")


def installed_by_dpkg():
    words = subprocess.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Version} ${Architecture}\n"],
                           check=True, capture_output=True, text=True).stdout
    lines = [line.split(" ", 1) for line in words.splitlines()]
    return {name for status, name in lines if status not in ("config-files", "not-installed")}


def cyclonedx(generator):
    spdx, cdx = generate(generator)
    validator, identifiers = cyclonedx_validator()
    must_hold(validator, cdx, "CycloneDX 1.6")
    must_refuse(validator, cdx, lambda d: d.pop("bomFormat"), "a document without its format")
    must_refuse(validator, cdx, lambda d: d["components"][0].pop("name"), "a component without a name")
    must_refuse(validator, cdx, lambda d: d.update(serialNumber="urn:uuid:1"), "a broken serial number")
    assert "GPL-2.0-or-later" in identifiers
    check_packages(spdx, cdx)
    ours = {f'{c["name"]} {c["version"]} {c["purl"].rsplit("=")[-1]}' for c in cdx["components"]}
    assert ours == installed_by_dpkg(), ours ^ installed_by_dpkg()
    print("the same packages as dpkg-query lists")
    return 0


def spdx_schema(given, cache):
    """The text of the published schema, or nothing where the network does not deliver it."""
    file = Path(given) if given else Path(cache, "spdx-schema-2.3.json")
    if not given and not file.exists():
        try:
            with urllib.request.urlopen(SPDX_URL, timeout=20) as answer:
                text = answer.read(1 << 20)
        except (urllib.error.URLError, OSError) as error:
            print(f"skipped: {SPDX_URL} cannot be had ({error}); configure with -DHOLDFAST_SPDX_SCHEMA=FILE")
            return None
        assert hashlib.sha256(text).hexdigest() == SPDX_SHA256, f"{SPDX_URL} is not what it was"
        file.write_bytes(text)
    text = file.read_bytes()
    assert hashlib.sha256(text).hexdigest() == SPDX_SHA256, f"{file} is not the schema of SPDX 2.3"
    return json.loads(text)


def spdx(generator, given, cache):
    schema = spdx_schema(given, cache)
    if schema is None:
        return SKIPPED
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    document, _ = generate(generator)
    must_hold(validator, document, "SPDX 2.3")
    must_refuse(validator, document, lambda d: d.pop("SPDXID"), "a document without SPDXID")
    must_refuse(validator, document, lambda d: d["packages"][0].update(primaryPackagePurpose="SYSTEM"), "an unknown purpose")
    must_refuse(validator, document, lambda d: d["packages"][-1].update(extra=1), "an unknown field")
    return 0


if __name__ == "__main__":
    sys.exit({"cyclonedx": cyclonedx, "spdx": spdx}[sys.argv[1]](*sys.argv[2:]))
