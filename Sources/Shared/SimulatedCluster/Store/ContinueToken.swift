import Foundation

/// Where a page ended: the revision the whole list is taken at, and the position of its last object.
struct ContinueToken: Equatable {
  var revision: UInt64
  var start: String

  init(revision: UInt64, start: String) {
    self.revision = revision
    self.start = start
  }

  /// - Throws: `StatusError` 400.
  init(_ text: String) throws(StatusError) {
    var base64 = text.replacing("-", with: "+").replacing("_", with: "/")
    base64 += String(repeating: "=", count: (4 - base64.count % 4) % 4)
    guard let data = Data(base64Encoded: base64), let value = try? JSONParser.parse([UInt8](data)),
      value["v"] == "meta.k8s.io/v1", let revision = value["rv"]?.int, revision > 0, let start = value["start"]?.text
    else { throw .badRequest("invalid continue token: continue key is not valid") }
    self.init(revision: UInt64(revision), start: start)
  }

  var text: String {
    let value: JSONValue = [
      "v": "meta.k8s.io/v1", "rv": .integer(Int64(clamping: revision)), "start": .string(start),
    ]
    return Data(JSONWriter.bytes(value)).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  /// A position that sorts as keys do.
  static func position(of key: ClusterStore.Key, in selection: ClusterStore.Selection) -> String {
    selection.namespace == nil && selection.kind.isNamespaced ? "\(key.namespace)/\(key.name)" : key.name
  }
}
