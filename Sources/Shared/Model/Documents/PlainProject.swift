/// A project that is written plainly, which most questions bring along: read in a fraction of the time.
public enum PlainProject {
  /// The project of a JSON text in UTF-8 that is a Project resource, or an object with nothing but a `project` that is
  /// one; plainly written, and with nothing wrong with it, not even a warning. Nil for every other text: those are for
  /// ``DocumentText``, which reads the same, and says what is wrong.
  public static func read(_ bytes: UnsafeBufferPointer<UInt8>) -> Resource<ProjectSpec>? {
    do throws(PlainJSON.NotPlain) {
      var json = try PlainJSON(bytes)
      let project = try resource(&json, mayBeWrapped: true)
      try json.end()
      return project.problems.isEmpty ? project : nil
    } catch {
      return nil
    }
  }

  private static func resource(
    _ json: inout PlainJSON, mayBeWrapped: Bool
  ) throws(PlainJSON.NotPlain) -> Resource<ProjectSpec> {
    var (wrapped, version, kind): (Resource<ProjectSpec>?, String?, String?)
    var (metadata, spec): (Metadata?, ProjectSpec?)
    try json.object { json, name throws(PlainJSON.NotPlain) in
      switch name {
      case "apiVersion":
        version = try json.text()
        return 0
      case "kind":
        kind = try json.text()
        return 1
      case "metadata":
        metadata = try Self.metadata(&json)
        return 2
      case "spec":
        spec = try Self.spec(&json)
        return 3
      case "project" where mayBeWrapped:
        wrapped = try Self.resource(&json, mayBeWrapped: false)
        return 4
      default: throw PlainJSON.NotPlain()
      }
    }
    if let wrapped, version == nil, kind == nil, metadata == nil, spec == nil { return wrapped }
    guard wrapped == nil, version == apiVersion, kind == Kind.project.rawValue, let metadata, let spec else {
      throw PlainJSON.NotPlain()
    }
    return Resource(metadata: metadata, spec: spec)
  }

  private static func metadata(_ json: inout PlainJSON) throws(PlainJSON.NotPlain) -> Metadata {
    var (name, labels, annotations): (String?, [String: String], [String: String]) = (nil, [:], [:])
    try json.object { json, member throws(PlainJSON.NotPlain) in
      switch member {
      case "name":
        name = try json.text()
        return 0
      case "labels":
        labels = try json.dictionary()
        return 1
      case "annotations":
        annotations = try json.dictionary()
        return 2
      default: throw PlainJSON.NotPlain()
      }
    }
    guard let name else { throw PlainJSON.NotPlain() }
    return Metadata(name: name, labels: labels, annotations: annotations)
  }
}
