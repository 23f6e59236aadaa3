/// A field selector: `metadata.name=a,metadata.namespace!=b`, and a few more fields of namespaces, pods and events.
struct FieldQuery: Equatable, Sendable {
  struct Requirement: Equatable, Sendable {
    var path: [String]
    var value: String
    var isEqual: Bool
  }

  var requirements: [Requirement] = []

  /// - Throws: `StatusError` 400 for a field the kind can not be selected by.
  init(_ text: String, kind: ResourceKind) throws(StatusError) {
    for part in text.split(separator: ",") where !String(part).trimmed.isEmpty {
      guard let equals = part.firstIndex(of: "=") else {
        throw StatusError.badRequest("invalid selector: '\(text)'; can't understand '\(part)'")
      }
      var field = String(part[..<equals]).trimmed
      let isEqual = !field.hasSuffix("!")
      if !isEqual { field.removeLast() }
      let value = part[part.index(after: equals)...].drop { $0 == "=" }
      guard Self.fields(of: kind).contains(field) else {
        throw StatusError.badRequest(
          "\"\(field)\" is not a known field selector: only "
            + Self.fields(of: kind).map { "\"\($0)\"" }.joined(separator: ", "))
      }
      let path = field.split(separator: ".").map(String.init)
      requirements.append(Requirement(path: path, value: String(value).trimmed, isEqual: isEqual))
    }
  }

  func matches(_ object: JSONValue) -> Bool {
    requirements.allSatisfy { requirement in
      let value = object[path: requirement.path]?.text ?? ""
      return (value == requirement.value) == requirement.isEqual
    }
  }

  private static func fields(of kind: ResourceKind) -> [String] {
    switch kind {
    case .namespace: ["metadata.name", "metadata.namespace", "status.phase"]
    case .event:
      [
        "metadata.name", "metadata.namespace", "involvedObject.kind", "involvedObject.namespace",
        "involvedObject.name", "involvedObject.uid", "involvedObject.apiVersion", "reason", "type",
      ]
    case .pod: ["metadata.name", "metadata.namespace", "status.phase", "spec.nodeName"]
    default: ["metadata.name", "metadata.namespace"]
    }
  }
}
