import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Identity
import Model
import Placement
import TestSupport
import Testing

@testable import API

/// The document says what the routes do: no more, and no less. That answers are as described is seen wherever one is
/// received: ``APIFixture/send(_:_:_:type:headers:location:)``.
struct OpenAPIDocumentTests {
  private typealias Node = [String: Any]

  private let contract: OpenAPIContract

  init() throws { contract = try OpenAPIContract.shared.get() }

  private struct Operation {
    var method: String
    var path: String
    var pathItem: Node
    var node: Node
  }

  private func operations() throws -> [Operation] {
    try contract.schema.node(at: "#/paths").flatMap { path, item in
      let item = item as? Node ?? [:]
      return item.filter { OpenAPIContract.methods.contains($0.key) }.map {
        Operation(method: $0.key, path: path, pathItem: item, node: $0.value as? Node ?? [:])
      }
    }
  }

  /// Every object and list element of the document, with its place.
  private func walk(_ value: Any, at path: String = "#", visit: (Node, String) throws -> Void) rethrows {
    if let node = value as? Node {
      try visit(node, path)
      for (name, member) in node { try walk(member, at: "\(path)/\(name)", visit: visit) }
    } else if let items = value as? [Any] {
      for (index, item) in items.enumerated() { try walk(item, at: "\(path)/\(index)", visit: visit) }
    }
  }

  @Test func `each route and method is described, and each that is described is a route`() async throws {
    let described = Set(try operations().map { "\($0.method.uppercased()) \($0.path)" })
    try await APIFixture.run { api in
      let routes = APIServer.routes(
        store: api.store, telemetry: api.telemetry, authentication: .none
      ).router.routes
      let served = Set(
        routes.map { route in
          "\(route.method.rawValue) \(route.path.description)".replacing(/\/:(\w+)/) { "/{\($0.output.1)}" }
        })
      #expect(served.subtracting(described) == [], "served, not described")
      #expect(described.subtracting(served) == [], "described, not served")
      #expect(served.count == routes.count, "each once")
    }
  }

  @Test func `operations have a name of their own, a summary and a known tag`() throws {
    let operations = try operations()
    let names = operations.compactMap { $0.node["operationId"] as? String }
    #expect(names.count == operations.count && Set(names).count == names.count)
    let tags = Set((contract.document["tags"] as? [Node] ?? []).compactMap { $0["name"] as? String })
    for operation in operations {
      #expect((operation.node["summary"] as? String)?.isEmpty == false, "\(operation.path)")
      #expect(tags.isSuperset(of: operation.node["tags"] as? [String] ?? ["none"]), "\(operation.path)")
    }
  }

  @Test func `the parameters of an address are described, required, and no others`() throws {
    for operation in try operations() {
      let listed = (operation.pathItem["parameters"] as? [Node] ?? []) + (operation.node["parameters"] as? [Node] ?? [])
      let parameters = try listed.map { try ($0["$ref"] as? String).map { try contract.schema.node(at: $0) } ?? $0 }
      let inPath = parameters.filter { $0["in"] as? String == "path" }
      #expect(inPath.allSatisfy { $0["required"] as? Bool == true })
      let wanted = operation.path.matches(of: /\{(\w+)\}/).map { String($0.output.1) }
      #expect(inPath.compactMap { $0["name"] as? String } == wanted, "\(operation.path)")
      let names = parameters.map { "\($0["in"] ?? "") \($0["name"] ?? "")" }
      #expect(Set(names).count == names.count, "\(operation.path)")
    }
  }

  @Test func `references lead somewhere, and every component is used`() throws {
    var used: Set<String> = []
    walk(contract.document) { node, path in
      guard let reference = node["$ref"] as? String else { return }
      used.insert(reference)
      #expect(throws: Never.self, "\(path)") { try contract.schema.node(at: reference) }
    }
    // Schemes are named, and not referred to.
    let named = try [contract.document].map { $0["security"] } + operations().map { $0.node["security"] }
    for scheme in named.flatMap({ $0 as? [Node] ?? [] }).flatMap(\.keys) {
      let reference = "#/components/securitySchemes/\(scheme)"
      used.insert(reference)
      #expect(throws: Never.self) { try contract.schema.node(at: reference) }
    }
    let components = try contract.schema.node(at: "#/components").flatMap { group, members in
      (members as? Node ?? [:]).keys.map { "#/components/\(group)/\($0)" }
    }
    // Every address answers this one to other methods; the introduction says so.
    #expect(Set(components).subtracting(used) == ["#/components/responses/MethodNotAllowed"])
  }

  @Test func `a credential is demanded just where the route does so, and its refusals are told there`() async throws {
    var demanding: Set<String> = []
    var told: [String: Set<String>] = [:]
    for operation in try operations() {
      let name = "\(operation.method.uppercased()) \(operation.path)"
      if (operation.node["security"] as? [Node])?.isEmpty != true { demanding.insert(name) }
      told[name] = Set((operation.node["responses"] as? Node ?? [:]).keys).intersection(["401", "403"])
    }
    let (wanted, refusals) = (demanding, told)
    try await APIFixture.run { api in
      let routes = APIServer.accesses(store: api.store, telemetry: api.telemetry)
      let known = Set(routes.filter(\.access.needsCaller).map { "\($0.method) \($0.path)" })
      #expect(known.count == routes.count - 3, "all but this document, and the public offer and its history")
      #expect(wanted == known)
      for (name, told) in refusals { #expect(told == (known.contains(name) ? ["401", "403"] : []), "\(name)") }
    }
  }

  @Test func `every problem code is listed, and told where it is answered`() throws {
    #expect(try words("ProblemCode") == ProblemCode.allCases.map(\.rawValue))
    let descriptions = try contract.schema.node(at: "#/components/responses").values
      .compactMap { ($0 as? Node)?["description"] as? String }.joined()
    for code in ProblemCode.allCases { #expect(descriptions.contains("`\(code.rawValue)`"), "\(code)") }
  }

  @Test func `lists of words are the code's`() throws {
    #expect(try words("ReasonCode") == ReasonCode.allCases.map(\.rawValue))
    #expect(try words("PlacementPhase") == PlacementPhase.allCases.map(\.rawValue))
    #expect(try words("Stage") == Stage.wellKnown)
    #expect(try words("Sensitivity") == Sensitivity.allCases.map(\.rawValue))
    for kind in ResourceRoutes.kinds {
      let name = try contract.schema.node(at: "#/components/schemas/\(kind.rawValue)/properties/kind")["const"]
      #expect(name as? String == kind.rawValue)
    }
  }

  /// Whoever goes by the document sends what it describes.
  @Test func `YAML that is no JSON is read where it is described, and nowhere else`() async throws {
    var found: [String: Bool] = [:]
    for operation in try operations() {
      guard let body = operation.node["requestBody"] as? Node else { continue }
      let types = body["content"] as? Node ?? [:]
      found["\(operation.method.uppercased()) \(operation.path)"] = types["application/yaml"] != nil
    }
    let described = found
    try await APIFixture.run { api in
      for (name, isYAML) in described {
        let parts = name.split(separator: " ").map(String.init)
        let address = parts[1].replacing("{name}", with: "x").replacing("{task}", with: "verify")
          .replacing("{id}", with: "0a000000-0000-4000-8000-00000000000a")
        let answer = try await api.send(
          HTTPRequest.Method(parts[0]) ?? .post, address, "a: 1", headers: ["If-Match": "\"1\""])
        let errors = try answer.problem(400, .malformed).errors ?? []
        let isRefused = errors.contains { $0.messageFR.hasPrefix("JSON invalide") }
        #expect(isRefused != isYAML, "\(name): \(answer.text)")
      }
    }
  }

  private func words(_ schema: String) throws -> [String] {
    try contract.schema.node(at: "#/components/schemas/\(schema)")["enum"] as? [String] ?? []
  }

  /// Without this, a member that is not described would pass unseen.
  @Test func `every schema of an object says whether it has other members`() throws {
    walk(try contract.schema.node(at: "#/components/schemas")) { node, path in
      guard node["type"] as? String == "object" else { return }
      #expect(node["additionalProperties"] != nil, "\(path)")
    }
  }

  /// What the trail says of a text is compared with it.
  @Test(arguments: ["ProposalView", "PolicyVersionView"])
  func `the digest of a text is never left out`(schema: String) throws {
    let required = try contract.schema.node(at: "#/components/schemas/\(schema)")["required"] as? [String]
    #expect(required?.contains("digest") == true)
  }

  @Test func `every example is valid`() throws {
    var count = 0
    try walk(contract.document) { node, path in
      let schema = node["schema"] as? Node ?? node
      guard schema["type"] != nil || schema["$ref"] != nil || schema["oneOf"] != nil else { return }
      var examples = node["example"].map { [$0] } ?? []
      examples += node["examples"] as? [Any] ?? []
      examples += (node["examples"] as? [String: Node] ?? [:]).values.compactMap { $0["value"] }
      guard !examples.isEmpty else { return }
      let place = escaped(node["schema"] == nil ? path : "\(path)/schema")
      for example in examples {
        count += 1
        let data = try JSONSerialization.data(withJSONObject: example, options: .fragmentsAllowed)
        #expect(try contract.schema.problems(of: data, at: place) == [], "\(path)")
      }
    }
    #expect(count >= ResourceRoutes.kinds.count)
  }

  /// Whoever reads the document sees what each body looks like, without asking a server.
  @Test func `every JSON body has an example: its own, or that of its schema`() throws {
    let operations = try operations()
    var count = 0
    for operation in operations {
      var parts = operation.node["responses"] as? Node ?? [:]
      parts["request"] = operation.node["requestBody"]
      for (name, part) in parts {
        for (type, body) in try target(of: part)["content"] as? [String: Node] ?? [:] {
          guard type.hasSuffix("json") || type.hasSuffix("yaml") else { continue }
          count += 1
          let hasOwn = body["example"] != nil || (body["examples"] as? Node)?.isEmpty == false
          let isShown = try hasOwn || hasExample(body["schema"])
          #expect(isShown, "\(operation.method) \(operation.path) \(name) \(type)")
        }
      }
    }
    #expect(count >= operations.count)
  }

  /// Whether a schema has an example: its own, that of the one it refers to, or of each that may stand in its place.
  private func hasExample(_ schema: Any?) throws -> Bool {
    guard let schema = schema as? Node else { return false }
    if (schema["examples"] as? [Any])?.isEmpty == false { return true }
    if schema["$ref"] != nil { return try hasExample(target(of: schema)) }
    let choices = schema["oneOf"] as? [Node] ?? []
    return try !choices.isEmpty && choices.allSatisfy { try hasExample($0) }
  }

  /// What a part of the document says, or the one that it refers to.
  private func target(of part: Any) throws -> Node {
    let node = part as? Node ?? [:]
    return try (node["$ref"] as? String).map { try contract.schema.node(at: $0) } ?? node
  }

  /// Every field is in the schema and in the model, or this would see it: the examples fill in all of both.
  @Test(arguments: ResourceRoutes.kinds)
  func `the example of a kind is valid, and has every field`(kind: Kind) throws {
    let pointer = "#/components/schemas/\(kind.rawValue)"
    let example = try #require((try contract.schema.node(at: pointer)["examples"] as? [Any])?.first)
    let data = try JSONSerialization.data(withJSONObject: example)
    let documents = try ResourceDocument.read(String(decoding: data, as: UTF8.self))
    #expect(documents.map(\.problems) == [[]])
    let resource = try #require(documents.first?.resource)
    #expect(resource.kind == kind)
    let written = try ModelJSON.encoder.encode(resource)
    #expect(try contract.schema.problems(of: written, at: pointer) == [], "as the service writes it")
    let described = try contract.schema.properties(at: pointer).filter { $0.hasPrefix("/spec") && !Self.isShared($0) }
    #expect(described.subtracting(try JSONSchema.members(of: data)) == [], "described, not in the example")
    var fields = Fields()
    fields.look(at: resource, "")
    let missing = fields.empty.subtracting(fields.filled).filter { $0.contains("/spec") && !Self.isShared($0) }
    #expect(missing == [], "in the model, not in the example")
  }

  /// Parts of selectors, amounts and texts, which no example needs to have all of.
  private static func isShared(_ path: String) -> Bool {
    path.contains(/\/(matchLabels|matchExpressions|cpu|memory|gpu|storage|pods|en)(\/|$)/)
  }

  /// Which fields of a value are filled in, and which are not.
  private struct Fields {
    var filled: Set<String> = []
    var empty: Set<String> = []

    mutating func look(at value: Any, _ path: String) {
      let mirror = Mirror(reflecting: value)
      switch mirror.displayStyle {
      case .optional, .collection, .set, .dictionary:
        if mirror.children.isEmpty { empty.insert(path) } else { filled.insert(path) }
        for child in mirror.children { look(at: child.value, path) }
      default: for child in mirror.children { look(at: child.value, "\(path)/\(child.label ?? "")") }
      }
    }
  }

  /// Addresses hold slashes, and media types too.
  private func escaped(_ path: String) -> String {
    var text = path
    for name in contract.templates.reversed() + ["application/json", "application/yaml", "application/problem+json"] {
      text = text.replacing("/\(name)/", with: "/\(name.replacing("/", with: "~1"))/")
    }
    return text
  }
}
