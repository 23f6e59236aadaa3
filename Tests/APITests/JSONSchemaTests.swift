import Foundation
import TestSupport
import Testing

/// The judge must see what is wrong.
struct JSONSchemaTests {
  private func problems(_ schema: String, _ instance: String, _ undescribed: JSONSchema.Undescribed = .allowed) throws
    -> Int
  {
    try JSONSchema(document: Data(schema.utf8), undescribed: undescribed).problems(of: Data(instance.utf8)).count
  }

  @Test(
    arguments: [
      (#"{"type": "integer"}"#, ["1", "-3", "1.0"], ["1.5", "true", "\"1\"", "null", "[]"]),
      (#"{"type": "boolean"}"#, ["true"], ["1", "0", "\"true\""]),
      (#"{"type": ["string", "number"]}"#, ["\"x\"", "1.5"], ["true", "null", "{}"]),
      (#"{"type": "null"}"#, ["null"], ["0", "\"\""]),
      (#"{"enum": ["a", 1, null]}"#, ["\"a\"", "1", "null"], ["\"1\"", "true", "\"b\""]),
      (#"{"const": "1"}"#, ["\"1\""], ["1", "\"2\""]),
      (#"{"minimum": 1, "maximum": 3}"#, ["1", "3", "\"9\""], ["0", "4"]),
      (#"{"format": "int32"}"#, ["2147483647"], ["2147483648", "1.5"]),
      (#"{"format": "int64"}"#, ["9223372036854775807"], ["1e30"]),
      (#"{"minLength": 1, "maxLength": 2}"#, ["\"é\"", "\"ab\""], ["\"\"", "\"abc\""]),
      (#"{"pattern": "^a+$"}"#, ["\"aa\"", "5"], ["\"ab\""]),
      (#"{"format": "uuid"}"#, ["\"0a000000-0000-4000-8000-00000000000a\""], ["\"0a\""]),
      (#"{"format": "date-time"}"#, ["\"2026-11-23T23:11:07.1Z\""], ["\"2026-11-23\"", "\"yesterday\""]),
      (#"{"format": "date"}"#, ["\"2026-11-23\""], ["\"23/11/2026\""]),
      (#"{"format": "uri"}"#, ["\"urn:x:y\""], ["\"x\""]),
      (
        #"{"items": {"type": "string"}, "minItems": 1, "maxItems": 2}"#, [#"["a"]"#, "\"x\""],
        ["[]", "[1]", #"["a","b","c"]"#]
      ),
      (#"{"uniqueItems": true}"#, ["[1, true, \"1\"]"], ["[1, 1]", #"[{"a":1,"b":2},{"b":2,"a":1}]"#]),
      (#"{"required": ["a"], "properties": {"a": {"type": "string"}}}"#, [#"{"a":"x","b":1}"#], ["{}", #"{"a":1}"#]),
      (#"{"properties": {"a": {}}, "additionalProperties": false}"#, [#"{"a":1}"#, "{}"], [#"{"b":1}"#]),
      (
        #"{"additionalProperties": {"type": "string"}, "maxProperties": 1, "minProperties": 1}"#, [#"{"a":"x"}"#],
        ["{}", #"{"a":1}"#, #"{"a":"x","b":"y"}"#]
      ),
      (#"{"propertyNames": {"pattern": "^a"}}"#, [#"{"ab":1}"#], [#"{"b":1}"#]),
      (#"{"oneOf": [{"type": "string"}, {"const": "a"}]}"#, ["\"b\""], ["\"a\"", "1"]),
      (#"{"anyOf": [{"type": "string"}, {"const": 1}]}"#, ["\"b\"", "1"], ["2"]),
      (#"{"allOf": [{"minimum": 1}, {"maximum": 2}]}"#, ["1"], ["0", "3"]),
      (
        ##"{"$defs": {"a/b": {"type": "string"}}, "properties": {"x": {"$ref": "#/$defs/a~1b"}}}"##, [#"{"x":"y"}"#],
        [#"{"x":1}"#]
      ),
    ] as [(String, [String], [String])])
  func `what a schema allows is valid, and nothing else`(schema: String, good: [String], bad: [String]) throws {
    for instance in good { #expect(try problems(schema, instance) == 0, "\(instance)") }
    for instance in bad { #expect(try problems(schema, instance) > 0, "\(instance)") }
  }

  @Test(arguments: [
    #"{"if": {}}"#, #"{"format": "colour"}"#, ##"{"$ref": "#/nowhere"}"##, ##"{"$ref": "#/title", "title": "x"}"##,
    #"{"$ref": "other.json"}"#,
  ])
  func `what the checker does not know is never passed over`(schema: String) {
    #expect(throws: TestSupportError.self) { try problems(schema, "\"x\"") }
  }

  @Test func `members that no one describes are seen where that is asked for`() throws {
    let schema = #"{"type": "object", "properties": {"a": {"type": "object", "properties": {}}}}"#
    #expect(try problems(schema, #"{"a":{},"b":1}"#, .allowed) == 0)
    #expect(try problems(schema, #"{"a":{"c":1},"b":1}"#, .refused) == 2)
    let open = #"{"type": "object", "additionalProperties": true}"#
    #expect(try problems(open, #"{"b":1}"#, .refused) == 0)
  }

  @Test func `properties and members are named alike`() throws {
    let schema = try JSONSchema(
      document: Data(
        ##"{"$defs": {"x": {"properties": {"c": {}}}}, "properties": {"a": {"items": {"$ref": "#/$defs/x"}}, "b": {}}}"##
          .utf8))
    #expect(try schema.properties() == ["/a", "/a/c", "/b"])
    #expect(try JSONSchema.members(of: Data(#"{"a":[{"c":1},{}],"b":2}"#.utf8)) == ["/a", "/a/c", "/b"])
  }
}
