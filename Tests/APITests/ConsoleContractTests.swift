import Foundation
import HTTPTypes
import Model
import Testing

@testable import API

/// The calls that a console makes, as they were recorded in `Recorded/console.json`, one after the other, by a key of a
/// console's. What is recorded of an answer is what the console relies on: nothing of it may be missing or different, more
/// may come beside it.
struct ConsoleContractTests {
  /// One call. `${name}` stands for what an earlier answer was kept as.
  private struct Call: Decodable {
    struct Request: Decodable {
      var method: String
      var path: String
      var headers: [String: String]?
      var body: JSONTree?
    }

    struct Response: Decodable {
      var status: Int
      var headers: [String: String]?
      var body: JSONTree?
    }

    var what: String
    var request: Request
    var response: Response
    /// Words that people are shown.
    var says: String?
    /// What is kept of the answer, by name: members and positions, joined by dots; or `header.` and a header's name.
    var keep: [String: String]?
  }

  private static var calls: [Call] {
    get throws {
      let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "Recorded/console.json")
      return try JSONDecoder().decode([Call].self, from: Data(contentsOf: file))
    }
  }

  @Test func `what a console has recorded it can do again`() async throws {
    try await KeyedAPI.run { api, _ in
      for (path, text) in Offered.all {
        let answer = try await api.send(
          .put, "/api/v1/\(path)", text, headers: ["authorization": "Bearer governance-admin"])
        try #require(answer.status == 201, "\(path): \(answer.text)")
      }
      let given = try await api.send(
        .post, "/api/v1/keys", #"{"name": "console", "roles": ["console"]}"#, type: "application/json",
        headers: ["authorization": "Bearer governance-admin"])
      let key = try #require(try JSONDecoder().decode(JSONTree.self, from: given.body)["secret"]?.text)
      var kept: [String: String] = [:]
      for call in try Self.calls { try await Self.replay(call, key, &kept, api) }
      #expect(kept.count == 4)
    }
  }

  @Test func `each call that the page for its maintainers names is recorded`() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../../docs/console.md")
    let text = try String(contentsOf: page.standardizedFileURL, encoding: .utf8)
    // What comes last is about what the console answers.
    let own = text.prefix(upTo: try #require(text.range(of: "## Taking over what the console has already")).lowerBound)
    let named = own.matches(of: /`(GET|POST) (\/api\/v1\/[^`?]*)/).map { "\($0.1) \(Self.template(String($0.2)))" }
    let recorded = try Self.calls.map { "\($0.request.method) \(Self.template($0.request.path))" }
    #expect(named.count > 7)
    #expect(Set(named).subtracting(recorded) == [])
  }

  /// A path without what differs from call to call.
  private static func template(_ path: String) -> String {
    String(path.prefix { $0 != "?" }).replacing(/\$?\{[a-z]+\}/, with: "*")
  }

  private static func replay(_ call: Call, _ key: String, _ kept: inout [String: String], _ api: APIFixture)
    async throws
  {
    let body = try call.request.body.map { String(decoding: try JSONEncoder().encode($0), as: UTF8.self) }
    let method = try #require(HTTPRequest.Method(call.request.method))
    let answer = try await api.send(
      method, fill(call.request.path, kept), body.map { fill($0, kept) }, type: "application/json",
      headers: ["X-API-Key": key].merging((call.request.headers ?? [:]).mapValues { fill($0, kept) }) { $1 })
    #expect(answer.status == call.response.status, "\(call.what): \(answer.text)")
    for (name, value) in call.response.headers ?? [:] { #expect(answer.header(name) == value, "\(call.what)") }
    let said = answer.body.isEmpty ? JSONTree.null : try JSONDecoder().decode(JSONTree.self, from: answer.body)
    if let words = call.says { #expect(answer.text.contains(words), "\(call.what): \(answer.text)") }
    if let wanted = call.response.body {
      #expect(said.lacks(wanted.filled { fill($0, kept) }) == [], "\(call.what): \(answer.text)")
    }
    for (name, path) in call.keep ?? [:] {
      let found: String? =
        path.hasPrefix("header.") ? answer.header(String(path.dropFirst("header.".count))) : said.at(path)?.text
      let value = try #require(found, "\(call.what): \(path)")
      kept[name] = value
    }
  }

  private static func fill(_ text: String, _ kept: [String: String]) -> String {
    kept.reduce(text) { $0.replacing("${\($1.key)}", with: $1.value) }
  }
}

/// JSON of any form.
private enum JSONTree: Codable, Hashable {
  case null
  case flag(Bool)
  case number(Double)
  case text(String)
  case list([JSONTree])
  case object([String: JSONTree])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let flag = try? container.decode(Bool.self) {
      self = .flag(flag)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([JSONTree].self) {
      self = .list(list)
    } else {
      self = .object(try container.decode([String: JSONTree].self))
    }
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .flag(let flag): try container.encode(flag)
    case .number(let number): try container.encode(number)
    case .text(let text): try container.encode(text)
    case .list(let list): try container.encode(list)
    case .object(let members): try container.encode(members)
    }
  }

  var text: String? {
    guard case .text(let text) = self else { return nil }
    return text
  }

  subscript(name: String) -> JSONTree? {
    switch self {
    case .object(let members): members[name]
    case .list(let items): Int(name).flatMap { items.indices.contains($0) ? items[$0] : nil }
    default: nil
    }
  }

  /// What stands at the end of members and positions that are joined by dots.
  func at(_ path: String) -> JSONTree? {
    path.split(separator: ".").reduce(Optional(self)) { $0?[String($1)] }
  }

  func filled(_ fill: (String) -> String) -> JSONTree {
    switch self {
    case .text(let text): .text(fill(text))
    case .list(let items): .list(items.map { $0.filled(fill) })
    case .object(let members): .object(members.mapValues { $0.filled(fill) })
    default: self
    }
  }

  /// Where this does not hold what is wanted: objects may have more members, lists may not have more items.
  func lacks(_ wanted: JSONTree, at path: String = "") -> [String] {
    switch (self, wanted) {
    case (.object(let members), .object(let others)):
      return others.sorted { $0.key < $1.key }.flatMap { name, other in
        members[name]?.lacks(other, at: path + "." + name) ?? [path + "." + name]
      }
    case (.list(let items), .list(let others)) where items.count == others.count:
      return zip(items, others).enumerated().flatMap { $1.0.lacks($1.1, at: path + ".\($0)") }
    default: return self == wanted ? [] : [path]
    }
  }
}
