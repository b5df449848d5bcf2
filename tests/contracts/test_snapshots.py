"""The exported schemas are what the code says."""

import jsonschema
import pytest

from contracts.export import FOLDER, asyncapi, rendered, schemas


@pytest.mark.parametrize("name", sorted(schemas()))
def test_exported_schema_is_the_code(name: str) -> None:
    """A change of a contract shows in the committed schema: run `make schemas` and review the diff."""
    assert (FOLDER / name).read_text("utf-8") == rendered(schemas()[name])


@pytest.mark.parametrize("name", [name for name in schemas() if name.endswith(".schema.json")])
def test_exported_schema_is_valid_json_schema(name: str) -> None:
    """Every document schema is valid JSON Schema 2020-12."""
    jsonschema.Draft202012Validator.check_schema(schemas()[name])


def test_every_reference_of_asyncapi_resolves() -> None:
    """The AsyncAPI document refers to nothing that it does not hold."""
    document = asyncapi()

    def references(node: object) -> list[str]:
        if isinstance(node, dict):
            own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
            return own + [ref for value in node.values() for ref in references(value)]
        return [ref for value in node for ref in references(value)] if isinstance(node, list) else []

    for reference in references(document):
        target: object = document
        for step in reference.removeprefix("#/").split("/"):
            assert isinstance(target, dict), reference
            assert step in target, reference
            target = target[step]
