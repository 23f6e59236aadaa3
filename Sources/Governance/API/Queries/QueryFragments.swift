import Contract
import Foundation
import Model
import NIOConcurrencyHelpers
import NIOCore
import Placement

/// Parts of answers that come again and again, as JSON: what is said of a cluster, and sentences. Made once, used by all
/// requests; what is kept is bounded.
final class QueryFragments: Sendable {
  /// What answers say of a cluster besides its verdict.
  struct Site: Sendable {
    /// `"cluster":"…","clusterID":"…","clusterLabel":"…"`.
    var names: [UInt8]
    /// `"operator":"…"`.
    var `operator`: [UInt8]
    /// `"region":"…"`.
    var region: [UInt8]
    /// `"zone":"…"`.
    var zone: [UInt8]
  }

  private struct Offer {
    var version: Int64
    var sites: [Int: Site] = [:]
  }

  private struct Said: Hashable {
    var reason: Reason
    var language: Language
  }

  /// So many sentences are kept; then all are forgotten, and those in use come back.
  private static let mostSentences = 20_000

  private let offer = NIOLockedValueBox(Offer(version: -1))
  private let sentences = NIOLockedValueBox<[Said: [UInt8]]>([:])

  /// The parts about clusters of one version of the offer, made by `make` where they are not there yet.
  func sites(_ wanted: some Sequence<Int>, offerVersion: Int64, _ make: (Int) -> Site) -> [Int: Site] {
    let known = offer.withLockedValue { $0.version == offerVersion ? $0.sites : [:] }
    let missing = Set(wanted).subtracting(known.keys)
    guard !missing.isEmpty else { return known }
    let made = Dictionary(uniqueKeysWithValues: missing.map { ($0, make($0)) })
    return offer.withLockedValue { offer in
      // Whoever comes late with an older version keeps its parts to itself.
      guard offer.version <= offerVersion else { return known.merging(made) { $1 } }
      if offer.version < offerVersion { offer = Offer(version: offerVersion) }
      offer.sites.merge(made) { $1 }
      return offer.sites
    }
  }

  /// Reasons as JSON, each with its sentence.
  func write(_ reasons: [Reason], in language: Language, to json: inout JSONBytes) {
    guard !reasons.isEmpty else { return json.raw("[]") }
    let known = sentences.withLockedValue { all in reasons.map { all[Said(reason: $0, language: language)] } }
    var made: [Said: [UInt8]] = [:]
    json.list(zip(reasons, known).map { $0 }) { pair, json in
      if let bytes = pair.1 { return json.raw(bytes) }
      let bytes = Self.bytes(of: pair.0, language)
      // What differs from project to project would crowd out what does not.
      if pair.0.code != .outranked { made[Said(reason: pair.0, language: language)] = bytes }
      json.raw(bytes)
    }
    guard !made.isEmpty else { return }
    let news = made
    sentences.withLockedValue { all in
      if all.count + news.count > Self.mostSentences { all.removeAll() }
      all.merge(news) { $1 }
    }
  }

  private static func bytes(of reason: Reason, _ language: Language) -> [UInt8] {
    let view = ExplanationView.ReasonView(reason, language)
    var json = JSONBytes(capacity: 512)
    json.raw(#"{"category":"#)
    json.text(view.category)
    json.raw(#","code":"#)
    json.text(view.code.rawValue)
    json.raw(#","parameters":{"#)
    for (index, (name, value)) in view.parameters.sorted(by: { $0.key < $1.key }).enumerated() {
      if index > 0 { json.raw(",") }
      json.text(name)
      json.raw(":")
      json.text(value)
    }
    json.raw(#"},"remedy":"#)
    json.text(view.remedy)
    json.raw(#","sentence":"#)
    json.text(view.sentence)
    json.raw(#","temporary":"#)
    json.flag(view.temporary)
    json.raw("}")
    return Array(json.buffer.readableBytesView)
  }
}
