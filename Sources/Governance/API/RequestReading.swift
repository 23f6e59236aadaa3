import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Model
import NIOCore
import Store
import Telemetry

extension Request {
  /// The largest body that is read, in bytes.
  static let bodyLimit = 1 << 20

  /// The body as text.
  ///
  /// - Throws: ``Problem`` 413 when it is larger than ``bodyLimit``, 415 when it is neither YAML nor JSON, 400 when it is not UTF-8.
  func text() async throws -> String {
    let type = headers[.contentType]?.split(separator: ";").first.map { $0.lowercased() } ?? "application/json"
    guard Self.readable.contains(type.trimmingCharacters(in: .whitespaces)) else {
      throw Problem(
        status: 415, code: "unsupported-media-type", title: language.say("Format refusé", "Unsupported format"),
        detail: language.say(
          "« \(type) » n’est pas lu ; application/json et application/yaml le sont",
          "“\(type)” is not read; application/json and application/yaml are"))
    }
    let bytes: ByteBuffer
    do {
      bytes = try await body.collect(upTo: Self.bodyLimit)
    } catch is NIOTooManyBytesError {
      throw Problem(
        status: 413, code: "body-too-large", title: language.say("Corps trop grand", "Body too large"),
        detail: language.say("au plus \(Self.bodyLimit) octets sont lus", "at most \(Self.bodyLimit) bytes are read"))
    }
    guard let text = String(validating: bytes.readableBytesView, as: UTF8.self) else {
      throw Problem(
        status: 400, code: "malformed", title: language.say("Texte illisible", "Unreadable text"),
        detail: language.say("le corps n’est pas en UTF-8", "the body is not UTF-8"))
    }
    return text
  }

  private static let readable: Set<String> = [
    "application/json", "application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml",
  ]

  /// The language of sentences.
  var language: Language { Language(acceptLanguage: headers[.acceptLanguage]) }

  /// Who asks, for the audit trail. Users are not identified yet, so it is whoever sits at this machine.
  var storeContext: Store.RequestContext {
    Store.RequestContext(principal: "local", traceparent: TraceContext.current?.traceparent)
  }

  /// A whole number of the query, in a range.
  func number(_ name: Substring, default standard: Int, in range: ClosedRange<Int>) throws -> Int {
    guard let text = uri.queryParameters[name] else { return standard }
    guard let value = Int(text), range.contains(value) else {
      throw badParameter(name, found: String(text), accepted: "\(range.lowerBound)…\(range.upperBound)")
    }
    return value
  }

  /// A parameter that is not of the form wanted.
  func badParameter(_ name: Substring, found: String, accepted: String) -> Problem {
    Problem(
      status: 400, code: "bad-parameter", title: language.say("Paramètre refusé", "Bad parameter"),
      detail: language.say(
        "\(name)=\(found) n’est pas accepté ; le serait : \(accepted)",
        "\(name)=\(found) is not accepted; would be: \(accepted)"))
  }

  /// Refuses query parameters that no one reads: a misspelt filter must not return everything.
  func allowParameters(_ names: Set<Substring>) throws {
    for (name, value) in uri.queryParameters where !names.contains(name) {
      throw badParameter(
        name, found: String(value), accepted: names.isEmpty ? "—" : names.sorted().joined(separator: ", "))
    }
  }
}

extension Language {
  /// The text in this language.
  func say(_ fr: String, _ en: String) -> String { self == .fr ? fr : en }
}
