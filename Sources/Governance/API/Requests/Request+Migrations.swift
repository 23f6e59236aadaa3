import Contract
import Foundation
import Hummingbird
import Migration
import Model
import Store

extension Request {
  /// What is to be moved, why and on what terms.
  func migrationWish() async throws -> (wish: MigrationWish, pace: CampaignPaceChange?) {
    let body = try await members(["motive", "reason", "scope", "limits", "taskDays", "patienceMinutes", "pace"])
    var wish = MigrationWish(
      motive: try body.choice("motive", of: MoveMotive.self), reason: try body.text("reason"),
      scope: try body.object("scope").scope())
    if body.members["limits"] != nil { wish.limits = try body.object("limits").limits(over: wish.limits) }
    if let days = try body.wholeNumber("taskDays") { wish.taskDays = Int(clamping: days) }
    if let minutes = try body.wholeNumber("patienceMinutes") { wish.patienceMinutes = Int(clamping: minutes) }
    let pace = body.members["pace"] == nil ? nil : try body.object("pace").pace()
    return (wish, pace)
  }

  /// How fast a migration is to go.
  fileprivate static let paceMembers: Set<String> = [
    "inFlight", "inFlightPerOperator", "productionPerProject", "perDay", "maxTroubled", "blackouts",
  ]

  func paceChange() async throws -> CampaignPaceChange {
    try await members(Self.paceMembers).pace()
  }
}

extension RequestMembers {
  /// Refuses members that nobody reads.
  fileprivate func allow(_ names: Set<String>) throws {
    for name in members.keys.sorted() where !names.contains(name) {
      throw wrong(name, fr: "ce champ n’existe pas", en: "there is no such field", accepted: names.sorted())
    }
  }

  fileprivate func scope() throws -> MoveScope {
    let names: Set<String> = ["environment", "project", "placements", "clusters", "regions"]
    try allow(names)
    guard members.count == 1, let name = members.keys.first else {
      throw wrong(
        "", fr: "un seul de ces champs est voulu", en: "one of these fields is wanted", accepted: names.sorted())
    }
    switch name {
    case "environment":
      let parts = try text(name).split(separator: "/", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, parts.allSatisfy({ !$0.isEmpty }) else {
        throw wrong(
          name, fr: "ce n’est pas un environnement", en: "not an environment", accepted: ["project/environment"])
      }
      return .environment(project: parts[0], environment: parts[1])
    case "project": return .project(try text(name))
    case "clusters": return .clusters(try texts(name) ?? [])
    case "regions": return .regions(try texts(name) ?? [])
    default:
      return .selection(
        try (try texts(name) ?? []).enumerated().map { index, text in
          guard let id = UUID(uuidString: text) else {
            throw wrong("\(name)[\(index)]", fr: "ce n’est pas un UUID", en: "not a UUID", accepted: ["UUID"])
          }
          return id
        })
    }
  }

  fileprivate func limits(over standard: MoveLimits) throws -> MoveLimits {
    try allow([
      "productionPerProject", "inFlightPerOperator", "perDay", "wavesPerDay", "retentionDays", "days", "blackouts",
      "dependencies", "rehearses",
    ])
    var limits = standard
    if let number = try count("productionPerProject") { limits.productionPerProject = number }
    limits.inFlightPerOperator = try count("inFlightPerOperator")
    limits.perDay = try count("perDay")
    if let number = try count("wavesPerDay") { limits.wavesPerDay = number }
    if let number = try count("retentionDays") { limits.retentionDays = number }
    if let rehearses = try flag("rehearses") { limits.rehearses = rehearses }
    limits.days = try (try texts("days") ?? []).enumerated().map { index, text in
      guard let day = CalendarDay(text) else {
        throw wrong("days[\(index)]", fr: "ce n’est pas un jour", en: "not a day", accepted: ["2026-11-23"])
      }
      return day
    }
    limits.blackouts = try blackouts()
    limits.dependencies = try objects("dependencies").map { one in
      try one.allow(["first", "then"])
      return MoveLimits.Dependency(first: try one.environment("first"), then: try one.environment("then"))
    }
    return limits
  }

  fileprivate func pace() throws -> CampaignPaceChange {
    try allow(Request.paceMembers)
    var pace = CampaignPaceChange()
    pace.inFlight = try count("inFlight")
    pace.inFlightPerOperator = try count("inFlightPerOperator")
    pace.productionPerProject = try count("productionPerProject")
    pace.perDay = try count("perDay")
    pace.maxTroubled = try count("maxTroubled")
    if members["blackouts"] != nil { pace.blackouts = try blackouts() }
    return pace
  }

  private func blackouts() throws -> [Blackout] {
    try objects("blackouts").map { one in
      try one.allow(["from", "until", "operator", "region", "cluster", "project"])
      guard let from = try one.day("from"), let until = try one.day("until") else {
        throw wrong("blackouts", fr: "il manque un jour", en: "a day is missing", accepted: ["from, until"])
      }
      let reaches: [(String, (String) -> Blackout.Reach)] = [
        ("operator", { .operator($0) }), ("region", { .region($0) }), ("cluster", { .cluster($0) }),
        ("project", { .project($0) }),
      ]
      let named = try reaches.compactMap { name, reach in try one.optionalText(name).map(reach) }
      guard named.count <= 1 else {
        throw wrong(
          "blackouts", fr: "un seul de ces champs est voulu", en: "one of these fields is wanted",
          accepted: reaches.map(\.0))
      }
      return Blackout(from: from, until: until, reach: named.first ?? .everything)
    }
  }

  private func environment(_ name: String) throws -> EnvironmentReference {
    guard let environment = EnvironmentReference(try text(name)) else {
      throw wrong(
        name, fr: "ce n’est pas un environnement", en: "not an environment", accepted: ["project/environment"])
    }
    return environment
  }

  private func count(_ name: String) throws -> Int? { try wholeNumber(name).map { Int(clamping: $0) } }

  /// Objects in a list; none where it is absent.
  private func objects(_ name: String) throws -> [RequestMembers] {
    guard let value = members[name] else { return [] }
    guard case .list(let values) = value else {
      throw wrong(name, fr: "ce n’est pas une liste", en: "not a list", accepted: ["[object, …]"])
    }
    return try values.enumerated().map { index, value in
      guard case .object(let members) = value else {
        throw wrong("\(name)[\(index)]", fr: "ce n’est pas un objet", en: "not an object", accepted: ["object"])
      }
      return RequestMembers(members: members, path: "\(path)\(name)[\(index)].", language: language)
    }
  }

  private func wrong(_ name: String, fr: String, en: String, accepted: [String]) -> Problem {
    Problem.malformed(
      [
        FieldProblem(
          path: "\(path)\(name)", message: en, messageFR: fr, accepted: accepted.joined(separator: ", "))
      ], language)
  }
}
