"""JSON documents inside messages: `google.protobuf.Struct` has one kind of number, ours have two."""

from typing import Any

from google.protobuf import json_format, struct_pb2

_EXACT = 2.0**53


def document(struct: struct_pb2.Struct) -> dict[str, Any]:
    """A Struct as a JSON object; whole numbers come back as such. An infinite number stays one, for the reader to refuse."""
    return {name: _value(value) for name, value in struct.fields.items()}


def items(values: struct_pb2.ListValue) -> list[Any]:
    """A ListValue as a JSON array."""
    return [_value(value) for value in values.values]


def struct(data: dict[str, Any]) -> struct_pb2.Struct:
    """A JSON object as a Struct."""
    made = struct_pb2.Struct()
    json_format.ParseDict(data, made)
    return made


def _value(value: struct_pb2.Value) -> Any:
    match value.WhichOneof("kind"):
        case "number_value":
            number: float = value.number_value
            return int(number) if number.is_integer() and abs(number) < _EXACT else number
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "struct_value":
            return document(value.struct_value)
        case "list_value":
            return items(value.list_value)
        case _:
            return None
