public import Foundation

/// The part of JSON Schema (draft 2020-12) that this project's documents use, for tests that keep them true.
///
/// A keyword that is not known here is an error of the schema, so that no demand is passed over in silence.
public struct JSONSchema {
  /// What is thought of members that a schema neither describes nor speaks of in `additionalProperties`.
  public enum Undescribed: Sendable {
    /// As the standard has it.
    case allowed
    /// They are a problem: the schema does not say all that is written.
    case refused
  }

  typealias Node = [String: Any]

  private let document: Node
  let undescribed: Undescribed

  /// A document, such as OpenAPI's, whose parts refer to each other by `#/…`.
  public init(document: Data, undescribed: Undescribed = .allowed) throws {
    guard let object = try JSONSerialization.jsonObject(with: document) as? Node else {
      throw TestSupportError("a schema document is a JSON object")
    }
    self.document = object
    self.undescribed = undescribed
  }

  /// What `instance` has against the schema at `pointer` (`#/components/schemas/Project`); empty when it is valid.
  public func problems(of instance: Data, at pointer: String = "#") throws -> [String] {
    let value = try JSONSerialization.jsonObject(with: instance, options: .fragmentsAllowed)
    return try check(value, against: node(at: pointer), at: "$").sorted()
  }

  /// The members that the schema at `pointer` requires.
  public func required(at pointer: String) throws -> Set<String> {
    Set(try node(at: pointer)["required"] as? [String] ?? [])
  }

  /// Every property below the schema at `pointer`, as `/status/ready`; arrays are looked through.
  public func properties(at pointer: String = "#") throws -> Set<String> {
    try properties(of: node(at: pointer), at: "")
  }

  /// Every member of `instance`, as ``properties(at:)`` writes them.
  public static func members(of instance: Data) throws -> Set<String> {
    members(of: try JSONSerialization.jsonObject(with: instance, options: .fragmentsAllowed), at: "")
  }

  /// The object of the document that `pointer` leads to.
  public func node(at pointer: String) throws -> [String: Any] {
    var node: Any = document
    for part in pointer.split(separator: "/").dropFirst() {
      let name = part.replacingOccurrences(of: "~1", with: "/").replacingOccurrences(of: "~0", with: "~")
      guard let next = (node as? Node)?[name] else { throw TestSupportError("\(pointer) leads nowhere") }
      node = next
    }
    guard pointer.hasPrefix("#"), let schema = node as? Node else {
      throw TestSupportError("\(pointer) is not a schema")
    }
    return schema
  }

  private func properties(of schema: Node, at path: String) throws -> Set<String> {
    var found: Set<String> = []
    if let reference = schema["$ref"] as? String { found.formUnion(try properties(of: node(at: reference), at: path)) }
    if let items = schema["items"] as? Node { found.formUnion(try properties(of: items, at: path)) }
    for (name, member) in schema["properties"] as? [String: Node] ?? [:] {
      found.insert("\(path)/\(name)")
      found.formUnion(try properties(of: member, at: "\(path)/\(name)"))
    }
    return found
  }

  private static func members(of value: Any, at path: String) -> Set<String> {
    if let items = value as? [Any] { return Set(items.flatMap { members(of: $0, at: path) }) }
    var found: Set<String> = []
    for (name, member) in value as? Node ?? [:] {
      found.insert("\(path)/\(name)")
      found.formUnion(members(of: member, at: "\(path)/\(name)"))
    }
    return found
  }
}
