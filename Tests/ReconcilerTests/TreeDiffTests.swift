import Foundation
import Model
import Reconciler
import Testing

struct TreeDiffTests {
  private func tree(_ json: String) throws -> ObjectTree {
    try JSONDecoder().decode(ObjectTree.self, from: Data(json.utf8))
  }

  @Test(arguments: [
    (#"{"a":1}"#, #"{"a":1,"b":2}"#, [], "members besides are not ours"),
    (#"{"a":1}"#, #"{"a":2}"#, ["a"], "another number"),
    (#"{"a":1}"#, #"{}"#, ["a"], "a member is missing"),
    (#"{"a":{"b":1,"c":2}}"#, #"{"a":{"b":3}}"#, ["a.b", "a.c"], "each field is told"),
    (#"{"a":{"b":1}}"#, #"{"a":[1]}"#, ["a"], "another type"),
    (#"{"a":"1000m"}"#, #"{"a":"1"}"#, [], "quantities by value"),
    (#"{"a":"8Gi"}"#, #"{"a":"8192Mi"}"#, [], "binary quantities"),
    (#"{"a":"4"}"#, #"{"a":4}"#, [], "a quantity written as a number"),
    (#"{"a":4}"#, #"{"a":"4000m"}"#, [], "a number written as a quantity"),
    (#"{"a":"4"}"#, #"{"a":"5"}"#, ["a"], "another quantity"),
    (#"{"a":"x"}"#, #"{"a":"y"}"#, ["a"], "another text"),
    (#"{"a":true}"#, #"{"a":true}"#, [], "the same truth"),
    (#"{"a":true}"#, #"{"a":1}"#, ["a"], "a truth is no number"),
    (#"{"a":{}}"#, #"{}"#, [], "an empty selector that the server drops"),
    (#"{"a":{}}"#, #"{"a":null}"#, [], "an empty selector shown as null"),
    (#"{"a":{}}"#, #"{"a":{"matchLabels":{},"matchExpressions":null}}"#, [], "a hollow selector"),
    (#"{"a":{}}"#, #"{"a":{"matchLabels":{"x":"y"}}}"#, ["a"], "a narrowed selector"),
    (#"{"a":[]}"#, #"{}"#, [], "an empty list that the server drops"),
    (#"{"a":[]}"#, #"{"a":null}"#, [], "a nullable list"),
    (#"{"a":[]}"#, #"{"a":[{}]}"#, ["a"], "a rule that opens everything"),
    (#"{"a":[1,2]}"#, #"{"a":[1,2]}"#, [], "the same list"),
    (#"{"a":[1,2]}"#, #"{"a":[2,1]}"#, ["a"], "order counts"),
    (#"{"a":[1]}"#, #"{"a":[1,2]}"#, ["a"], "one element more"),
    (#"{"a":[{"b":{}}]}"#, #"{"a":[{"b":{},"c":null}]}"#, [], "hollow members in a list"),
    (#"{"a":[{"b":{}}]}"#, #"{"a":[{"c":{"cidr":"0.0.0.0/0"}}]}"#, ["a"], "a peer replaced in a list"),
    (#"{"a":[{"b":{}}]}"#, #"{"a":[{"c":{}}]}"#, ["a"], "an empty selector of something else in a list"),
    (#"{"a":[{"b":[{"c":{}}]}]}"#, #"{"a":[{"b":[{}]}]}"#, ["a"], "an empty selector that is gone from a list"),
    (#"{"a":[{"b":[],"c":null}]}"#, #"{"a":[{}]}"#, [], "a list without elements in a list"),
    (#"{"a":[{"b":1}]}"#, #"{"a":[{"b":1,"max":{"cpu":"1"}}]}"#, ["a"], "a member more in a list is not ours to keep"),
    (#"{"a":[{"cpu":"1000m"}]}"#, #"{"a":[{"cpu":"1"}]}"#, [], "quantities in lists"),
    (#"{"a":null}"#, #"{"a":1}"#, ["a"], "something where nothing is wanted"),
  ])
  func `fields are compared as the API server shows them`(
    wanted: String, live: String, paths: [String], why: String
  ) throws {
    #expect(try tree(wanted).differences(from: try tree(live)).map(\.path) == paths, "\(why)")
  }

  @Test func `letter by letter where asked`() throws {
    #expect(try tree(#"{"a":"1"}"#).differences(from: try tree(#"{"a":"1000m"}"#), comparing: .exact).count == 1)
    #expect(try tree(#"{"a":53}"#).differences(from: try tree(#"{"a":"53"}"#), comparing: .exact).count == 1)
  }

  @Test func `nothing at all differs as a whole`() {
    #expect(ObjectTree.object(["a": 1]).differences(from: nil).map(\.path) == [""])
  }

  @Test func `any JSON is read and written back`() throws {
    let text = #"{"a":[null,true,1,1.5,"x",{"b":{}}],"c":-9007199254740991,"d":1e+300}"#
    let value = try tree(text)
    let written = try JSONEncoder().encode(value)
    #expect(try JSONDecoder().decode(ObjectTree.self, from: written) == value)
    #expect(value["a"]?.description == #"[null,true,1,1.5,"x",{"b":{}}]"#)
    #expect(value["c"]?.description == "-9007199254740991" && value["d"]?.description == "1e+300")
    #expect(value["a"]?["b"] == nil && value["a"]?.text == nil && value["a"]?.texts == [:])
    #expect((["x": "y", "z": true] as ObjectTree).texts == ["x": "y"])
    #expect((["x": 1, "x": 2] as ObjectTree) == ["x": 2])
    #expect(ObjectTree.string("bare").description == "bare")
    #expect(throws: DecodingError.self) { try tree("{") }
  }
}
