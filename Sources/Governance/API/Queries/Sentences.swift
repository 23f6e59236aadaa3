import Contract
import Model
import NIOConcurrencyHelpers
import Placement

/// Reasons as JSON, with their sentences. Made once, used by all requests; what is kept is bounded. A sentence follows from
/// the reason and the language alone.
final class Sentences: Sendable {
  private struct Said: Hashable {
    var reason: Reason
    var language: Language
  }

  /// So many are kept; then all are forgotten, and those in use come back.
  private static let most = 20_000

  private let sentences = NIOLockedValueBox<[Said: [UInt8]]>([:])

  /// The reasons, each as an element of a list, in their order.
  func bytes(of reasons: [Reason], in language: Language) -> [[UInt8]] {
    guard !reasons.isEmpty else { return [] }
    let wanted = reasons.map { Said(reason: $0, language: language) }
    let known = sentences.withLockedValue { all in wanted.map { all[$0] } }
    var made: [Said: [UInt8]] = [:]
    let bytes = zip(wanted, known).map { said, known in
      if let known { return known }
      let bytes = Self.bytes(of: said.reason, language)
      made[said] = bytes
      return bytes
    }
    guard !made.isEmpty else { return bytes }
    let news = made
    sentences.withLockedValue { all in
      if all.count + news.count > Self.most { all.removeAll() }
      all.merge(news) { $1 }
    }
    return bytes
  }

  static func bytes(of reason: Reason, _ language: Language) -> [UInt8] {
    bytes(of: ExplanationView.ReasonView(reason, language))
  }

  static func bytes(of view: ExplanationView.ReasonView) -> [UInt8] {
    JSONBytes.written { json in
      json.raw(#"{"category":"#)
      json.text(view.category)
      json.raw(#","code":"#)
      json.text(view.code.rawValue)
      if let holders = view.holders { write(holders, to: &json) }
      json.raw(#","parameters":"#)
      json.write(parameters: view.parameters)
      json.raw(#","remedy":"#)
      json.text(view.remedy)
      json.raw(#","sentence":"#)
      json.text(view.sentence)
      json.raw(#","temporary":"#)
      json.flag(view.temporary)
      json.raw("}")
    }
  }

  private static func write(_ holders: HoldersView, to json: inout JSONBytes) {
    json.raw(#","holders":{"largest":"#)
    json.list(holders.largest) { holder, json in
      json.raw(#"{"amount":"#)
      json.text(holder.amount)
      json.raw(#","environment":"#)
      json.text(holder.environment)
      json.raw(#","project":"#)
      json.text(holder.project)
      json.raw(#","replica":"#)
      json.number(holder.replica)
      json.raw("}")
    }
    if let omitted = holders.omitted {
      json.raw(#","omitted":"#)
      json.flag(omitted)
    }
    json.raw(#","others":"#)
    json.number(holders.others)
    json.raw(#","othersAmount":"#)
    json.text(holders.othersAmount)
    json.raw("}")
  }
}

/// The reason `Outranked` as JSON: it comes with almost every cluster that is shown, with two numbers that are hardly ever
/// the same, in a text that always is.
struct OutrankedSentence: Sendable {
  private enum Part: Sendable {
    case bytes([UInt8])
    case score
    case chosen
  }

  static let french = OutrankedSentence(.fr)
  static let english = OutrankedSentence(.en)

  private let parts: [Part]

  /// The sentence is made of two marks that no text holds, and taken apart where they are.
  private init(_ language: Language) {
    let (score, chosen): (Unicode.Scalar, Unicode.Scalar) = ("\u{F8FE}", "\u{F8FF}")
    let reason = Reason(.outranked, ["score": String(score), "chosen": String(chosen)])
    var parts: [Part] = []
    var run: [UInt8] = []
    for scalar in String(decoding: Sentences.bytes(of: reason, language), as: UTF8.self).unicodeScalars {
      guard scalar == score || scalar == chosen else {
        run += UTF8.encode(scalar).map(Array.init) ?? []
        continue
      }
      parts += [.bytes(run), scalar == score ? .score : .chosen]
      run = []
    }
    self.parts = parts + [.bytes(run)]
  }

  func write(score: Int64, chosen: Int64, to json: inout JSONBytes) {
    for part in parts {
      switch part {
      case .bytes(let bytes): json.raw(bytes)
      case .score: json.number(score)
      case .chosen: json.number(chosen)
      }
    }
  }
}
