import Events
import Foundation
import Model

@testable import Board

/// A board of four operators, its policy, and moments on whole hours.
enum Fixture {
  static let operators = ["alize", "anfsi", "ants", "dtnum"]
  static let admin = BoardActor(principal: "admin", operator: nil, isAdmin: true)
  static let text = LocalizedText(fr: "Parce que", en: "Because")

  static func at(_ hour: Int) -> Timestamp { Timestamp(microseconds: Int64(hour) * 3_600_000_000) }
  static func actor(_ name: String) -> BoardActor {
    BoardActor(principal: "user:\(name)", operator: name, subject: name)
  }
  /// Each operator names who is called like it.
  static func electorate(_ operators: [String]) -> Electorate {
    Electorate(Dictionary(uniqueKeysWithValues: operators.map { ($0, [.init(subject: $0)]) }))
  }
  static func id(_ number: UInt8) -> UUID { UUID(uuid: (number, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)) }

  static func rule(
    _ id: String, _ effect: PolicySpec.Effect = .forbid, places: [String: String] = ["region.name": "nord"]
  ) -> PolicySpec.Rule {
    PolicySpec.Rule(
      id: id, motive: LocalizedText(fr: id), effect: effect, places: LabelSelector(matchLabels: places),
      weight: effect == .prefer || effect == .avoid ? 1 : nil)
  }

  static func policy(
    rules: [String] = [], quorum: Int = 2, majority: PolicySpec.Governance.Majority? = nil, voters: [String] = []
  ) -> PolicySpec {
    PolicySpec(
      title: LocalizedText(fr: "Politique"), dataClasses: [.init(name: "public", sensitivity: .usuel)],
      rules: rules.map { rule($0) },
      governance: .init(quorum: quorum, majority: majority, votingDays: 10, voters: voters))
  }

  static func version(
    _ number: Int64, _ hour: Int, _ spec: PolicySpec = policy(), _ origin: BoardVersion.Origin = .ratified
  ) -> BoardVersion {
    BoardVersion(version: number, effectiveAt: at(hour), origin: origin, spec: spec)
  }

  static func moment(
    _ hour: Int, operators: [String] = operators, _ versions: [BoardVersion] = [version(1, 0)]
  ) -> BoardMoment {
    moment(hour, electorate(operators), versions)
  }

  static func moment(
    _ hour: Int, _ electorate: Electorate, _ versions: [BoardVersion] = [version(1, 0)]
  ) -> BoardMoment {
    BoardMoment(at: at(hour), electorate: electorate, line: VersionLine(versions))
  }

  static func draft(
    _ spec: PolicySpec = policy(rules: ["new"]), kind: Proposal.Kind = .version, base: Int64 = 1,
    by author: String = "dtnum"
  ) throws -> Proposal {
    try Proposal(id: id(1), kind: kind, base: base, spec: spec, by: actor(author), at: moment(1))
  }

  static func open(
    _ spec: PolicySpec = policy(rules: ["new"]), kind: Proposal.Kind = .version, by author: String = "dtnum",
    effectiveAt: Timestamp? = nil, at moment: BoardMoment = moment(2)
  ) throws -> Proposal {
    var proposal = try draft(spec, kind: kind, by: author)
    _ = try proposal.handle(.proposed(motive: text, effectiveAt: effectiveAt), by: actor(author), at: moment)
    return proposal
  }
}

extension Proposal {
  /// Votes of these operators, one after the other.
  mutating func vote(_ choice: Vote.Choice, _ names: String..., at moment: BoardMoment) throws -> [BoardAction] {
    var actions: [BoardAction] = []
    for name in names {
      actions += try handle(.voted(choice, reason: nil), by: Fixture.actor(name), at: moment)
    }
    return actions
  }
}

/// The code of the refusal that `body` throws.
func code(_ body: () throws -> Void) -> BoardRefusal.Code? { refusal(of: body)?.code }

/// The refusal that `body` throws.
func refusal(of body: () throws -> Void) -> BoardRefusal? {
  do {
    try body()
    return nil
  } catch {
    return error as? BoardRefusal
  }
}
