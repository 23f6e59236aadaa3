import Contract
import Foundation
import Model
import NIOConcurrencyHelpers
import Placement

/// Parts of answers that come again and again while one engine answers, as JSON: what is said of a cluster, and what
/// rules say. They follow from the offer and the policy alone, whoever asks what, and are made when they are needed first.
final class AnswerParts: Sendable {
  /// What answers say of a cluster besides its verdict. A class: what is passed on is never copied.
  final class Site: Sendable {
    /// `"cluster":"…","clusterID":"…","clusterLabel":"…"`.
    let names: [UInt8]
    /// `"operator":"…"`.
    let `operator`: [UInt8]
    /// `"region":"…"`.
    let region: [UInt8]
    /// `"zone":"…"`.
    let zone: [UInt8]

    fileprivate init(_ number: Int, of engine: Engine) {
      let place = engine.place(number)
      let console = engine.offer.clusters[number].spec.console
      names = JSONBytes.written { json in
        json.raw(#""cluster":"#)
        json.text(engine.clusters[number])
        if let id = console?.id {
          json.raw(#","clusterID":"#)
          json.text(id.uuidString)
        }
        if let label = console?.label {
          json.raw(#","clusterLabel":"#)
          json.text(label)
        }
      }
      `operator` = JSONBytes.written { json in
        json.raw(#""operator":"#)
        json.text(place.operator)
      }
      region = JSONBytes.written { json in
        json.raw(#""region":"#)
        json.text(place.region)
      }
      zone = JSONBytes.written { json in
        json.raw(#""zone":"#)
        json.text(place.zone)
      }
    }
  }

  let engine: Engine
  let rules: RuleReasons
  private let sites: NIOLockedValueBox<[Site?]>
  private let said: NIOLockedValueBox<[Language: [[UInt8]?]]>

  init(of engine: Engine) {
    self.engine = engine
    rules = RuleReasons(of: engine)
    sites = NIOLockedValueBox(Array(repeating: nil, count: engine.clusters.count))
    said = NIOLockedValueBox([:])
  }

  /// By number, what is said of clusters: of those that are wanted, and maybe others.
  func sites(_ wanted: some Collection<Int>) -> [Site?] {
    let known = sites.withLockedValue(\.self)
    let missing = Set(wanted.filter { known[$0] == nil })
    guard !missing.isEmpty else { return known }
    let news = missing.map { ($0, Site($0, of: engine)) }
    return sites.withLockedValue { sites in
      for (number, site) in news { sites[number] = site }
      return sites
    }
  }

  /// By number, what rules say in a language: those that are wanted, and maybe others.
  func said(by wanted: some Collection<Int>, in language: Language) -> [[UInt8]?] {
    let none = [[UInt8]?](repeating: nil, count: rules.reasons.count)
    let known = said.withLockedValue { $0[language] } ?? none
    let missing = Set(wanted.filter { known[$0] == nil })
    guard !missing.isEmpty else { return known }
    let news = missing.map { number in (number, rules.reasons[number].map { Sentences.bytes(of: $0, language) }) }
    return said.withLockedValue { said in
      var all = said[language] ?? none
      for (number, bytes) in news { all[number] = bytes }
      said[language] = all
      return all
    }
  }
}

/// The parts of the engine that answers now.
final class LatestParts: Sendable {
  private let latest = NIOLockedValueBox<AnswerParts?>(nil)

  /// The parts for an engine; kept for the next question unless the engine is made of suppositions.
  func parts(of engine: Engine, isSupposed: Bool) -> AnswerParts {
    if let latest = latest.withLockedValue(\.self), latest.engine.isIdentical(to: engine) { return latest }
    let parts = AnswerParts(of: engine)
    if !isSupposed { latest.withLockedValue { $0 = parts } }
    return parts
  }
}
