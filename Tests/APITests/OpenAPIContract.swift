import Foundation
import HTTPTypes
import TestSupport
import Yams

@testable import API

/// The OpenAPI document as the judge of every request and answer of these tests.
struct OpenAPIContract {
  /// Never changed after it was read, so that threads may share it although `Any` can not say so.
  nonisolated(unsafe) static let shared = Result { try OpenAPIContract() }

  static let methods = ["get", "put", "post", "delete", "patch", "options", "head", "trace"]

  /// Headers that the server sets by itself, whatever is asked.
  private static let transport: Set<String> = [
    "content-type", "content-length", "date", "server", "connection", "transfer-encoding",
  ]

  let document: [String: Any]
  let schema: JSONSchema
  /// The documented paths, by name.
  let templates: [String]

  private init() throws {
    let bytes = Data(OpenAPIDocument.bytes)
    schema = try JSONSchema(document: bytes, undescribed: .refused)
    document = try schema.node(at: "#")
    templates = ((document["paths"] as? [String: Any])?.keys).map { $0.sorted() } ?? []
  }

  /// The documented path that an address is of.
  func template(of address: String) -> String? {
    let parts = Self.parts(address.prefix { $0 != "?" })
    return templates.filter { template in
      let wanted = Self.parts(template[...])
      return wanted.count == parts.count && zip(wanted, parts).allSatisfy(Self.matches)
    }.max { Self.fixed($0) < Self.fixed($1) }
  }

  /// Whether a part of an address is one of a template: `{id}:replay` stands for all that end so.
  private static func matches(_ wanted: Substring, _ part: Substring) -> Bool {
    guard wanted.hasPrefix("{"), let end = wanted.lastIndex(of: "}") else { return wanted == part }
    let suffix = wanted[wanted.index(after: end)...]
    return part.hasSuffix(suffix) && part.count > suffix.count
  }

  /// How much of a template is the same in every address.
  private static func fixed(_ template: String) -> Int { template.replacing(/\{\w+\}/, with: "").count }

  /// The methods that a documented path takes, `HEAD` with `GET`.
  func methods(of template: String) throws -> [String] {
    let path = try schema.node(at: "#/paths/\(Self.escaped(template))")
    let methods = path.keys.filter { Self.methods.contains($0) }.map { $0.uppercased() }
    return (methods + (methods.contains("GET") ? ["HEAD"] : [])).sorted()
  }

  /// Where an answer of this status is described; nil where it is not.
  func response(_ method: String, _ template: String, status: Int) throws -> String? {
    let pointer = "#/paths/\(Self.escaped(template))/\(method.lowercased())/responses"
    guard let described = try schema.node(at: pointer)["\(status)"] as? [String: Any] else { return nil }
    return described["$ref"] as? String ?? "\(pointer)/\(status)"
  }

  /// What the document has against an answer; empty where it is as described.
  func complaints(_ method: HTTPRequest.Method, _ address: String, _ answer: Answer) throws -> [String] {
    guard let template = template(of: address) else {
      return try check(answer, at: "#/components/responses/NotFound", expecting: 404)
    }
    let allowed = try methods(of: template)
    guard allowed.contains(method.rawValue) else {
      return try check(answer, at: "#/components/responses/MethodNotAllowed", expecting: 405)
        + (answer.header("allow") == allowed.joined(separator: ", ") ? [] : ["Allow is not \(allowed)"])
    }
    let read = method == .head ? "GET" : method.rawValue
    guard let pointer = try response(read, template, status: answer.status) else {
      return ["\(method) \(template) does not describe the status \(answer.status)"]
    }
    return try check(answer, at: pointer, expecting: answer.status, isHead: method == .head)
  }

  /// What the document has against the body of a request that was carried out.
  func complaints(
    request method: HTTPRequest.Method, _ address: String, _ type: String?, _ body: [UInt8]
  ) throws -> [String] {
    guard let template = template(of: address),
      let value = try Yams.load(yaml: String(decoding: body, as: UTF8.self))
    else { return [] }
    let format = type?.lowercased().contains("yaml") == true ? "yaml" : "json"
    return try schema.problems(
      of: JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed),
      at: "#/paths/\(Self.escaped(template))/\(method.rawValue.lowercased())/requestBody/content"
        + "/application~1\(format)/schema")
  }

  private func check(
    _ answer: Answer, at pointer: String, expecting status: Int, isHead: Bool = false
  ) throws -> [String] {
    guard answer.status == status else { return ["\(answer.status) where \(status) is described"] }
    let response = try schema.node(at: pointer)
    return try headers(of: answer, response["headers"] as? [String: [String: Any]] ?? [:], at: pointer)
      + body(of: answer, response["content"] as? [String: Any] ?? [:], at: pointer, isHead: isHead)
  }

  private func headers(
    of answer: Answer, _ described: [String: [String: Any]], at pointer: String
  ) throws -> [String] {
    let known = Self.transport.union(described.keys.map { $0.lowercased() })
    var complaints = answer.headers.map(\.name.canonicalName).filter { !known.contains($0.lowercased()) }
      .map { "the header \($0) is not described" }
    for (name, header) in described {
      let place = header["$ref"] as? String ?? "\(pointer)/headers/\(name)"
      let demands = try schema.node(at: place)
      guard let text = answer.header(name) else {
        if demands["required"] as? Bool == true { complaints.append("the header \(name) is missing") }
        continue
      }
      let isNumber = (demands["schema"] as? [String: Any])?["type"] as? String == "integer"
      let value = isNumber ? Data(text.utf8) : try JSONEncoder().encode(text)
      complaints += try schema.problems(of: value, at: "\(place)/schema").map { "\(name): \($0)" }
    }
    return complaints
  }

  private func body(
    of answer: Answer, _ described: [String: Any], at pointer: String, isHead: Bool
  ) throws -> [String] {
    guard !described.isEmpty else { return answer.body.isEmpty ? [] : ["a body where none is described"] }
    let type = answer.header("content-type")?.prefix { $0 != ";" }.lowercased() ?? "none"
    guard described[type] != nil else { return ["the content type \(type) is not described"] }
    guard !isHead else { return answer.body.isEmpty ? [] : ["a body to HEAD"] }
    let data = type.hasSuffix("json") ? answer.body : try JSONEncoder().encode(answer.text)
    return try schema.problems(of: data, at: "\(pointer)/content/\(Self.escaped(type))/schema")
  }

  private static func parts(_ path: Substring) -> [Substring] { path.split(separator: "/") }

  private static func escaped(_ name: String) -> String {
    name.replacing("~", with: "~0").replacing("/", with: "~1")
  }
}
