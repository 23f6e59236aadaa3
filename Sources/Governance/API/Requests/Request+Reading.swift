import Contract
import Foundation
import HTTPTypes
import Hummingbird
import Model

extension Request {
  /// The language of sentences: what `lang` says, else what `Accept-Language` wants most.
  var language: Language {
    uri.queryParameters["lang"].flatMap { Language(rawValue: String($0)) }
      ?? Language(acceptLanguage: headers[.acceptLanguage])
  }

  /// How much of an explanation is wanted: `explain=full` for all of it, `limit` for the best clusters of each
  /// environment.
  func extent() throws -> ExplanationExtent {
    switch uri.queryParameters["explain"] {
    case nil: return .page(try number("limit", default: ExplanationExtent.standardCount, in: 1...1000))
    case "full":
      guard let limit = uri.queryParameters["limit"] else { return .full }
      throw badParameter("limit", found: String(limit), accepted: "—, explain=full")
    case let text?: throw badParameter("explain", found: String(text), accepted: "full")
    }
  }

  /// A whole number of the query, in a range.
  func number(_ name: Substring, default standard: Int, in range: ClosedRange<Int>) throws -> Int {
    guard let text = uri.queryParameters[name] else { return standard }
    guard let value = Int(text), range.contains(value) else {
      throw badParameter(String(name), found: String(text), accepted: "\(range.lowerBound)…\(range.upperBound)")
    }
    return value
  }

  /// A flag of the query; false where it is not given.
  func flag(_ name: Substring) throws -> Bool {
    switch uri.queryParameters[name] {
    case nil, "false": return false
    case "true": return true
    case let text?: throw badParameter(String(name), found: String(text), accepted: "true, false")
    }
  }

  /// Refuses query parameters that no one reads, and those given twice: a misspelt filter must not return everything.
  /// `lang` is read everywhere, since every problem is told in a language.
  func allowParameters(_ names: Set<Substring>) throws {
    guard uri.query != nil else { return }
    let names = names.union(["lang"])
    var seen: Set<Substring> = []
    for (name, value) in uri.queryParameters {
      guard names.contains(name), seen.insert(name).inserted else {
        let accepted = names.subtracting(seen).sorted().joined(separator: ", ")
        throw badParameter(String(name), found: String(value), accepted: accepted.isEmpty ? "—" : accepted)
      }
    }
    if let text = uri.queryParameters["lang"], Language(rawValue: String(text)) == nil {
      throw badParameter(
        "lang", found: String(text), accepted: Language.allCases.map(\.rawValue).joined(separator: ", "))
    }
  }

  /// Why something is done, for the audit trail: what the parameter `reason` says.
  ///
  /// - Throws: ``Problem`` 400 where it says nothing, or too much.
  func reason() throws -> String? {
    guard let text = uri.queryParameters["reason"].map(String.init) else { return nil }
    let isOneLine = PlainText.isPlain(text, onOneLine: true)
    let isSomething = text.contains { !$0.isWhitespace }
    guard isOneLine, isSomething, text.unicodeScalars.count <= Self.longestReason else {
      throw badParameter(
        "reason", found: String(text.prefix(80)), accepted: "1…\(Self.longestReason) characters on one line")
    }
    return text
  }

  /// In characters; an address with many more may not come through proxies.
  private static var longestReason: Int { 500 }

  func badParameter(_ name: String, found: String, accepted: String) -> Problem {
    .badParameter(name, found: found, accepted: accepted, language)
  }
}
