import Contract
import Events
import Foundation
import Hummingbird
import Identity
import Model
import Placement
import Policy
import Store

/// Capacity: what there is, what is promised of it, what it was on past days, and what still fits.
struct CapacityRoutes: Sendable {
  let store: GovernanceStore

  func add(to api: APIRoutes) {
    api.get("capacity", Self.reading) { request, context in try await report(request, context) }
    api.get("capacity/history", Self.reading) { request, context in try await history(request, context) }
    api.get("capacity:fits", Self.reading.answeredFromMemory) { request, context in try await fits(request, context) }
  }

  /// Everybody in some role sees what is published; what operators keep to themselves is looked at below.
  private static let reading = Access.anyRole

  private func report(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["region", "zone", "cluster", "stage"])
    let query = request.uri.queryParameters
    let filter = CapacityReport.Filter(
      region: query["region"].map(String.init), zone: query["zone"].map(String.init),
      cluster: query["cluster"].map(String.init), stage: try query["stage"].map { try request.stage($0) })
    let reach = context.capacityReach
    let state = try await store.capacityState(withUse: reach != .own(operators: []))
    let report = CapacityReport(state.clusters, filter, reach: reach)
    return try .json(
      CapacityReportView(
        report, differences: try await differences(state, report, reach), policyVersion: state.policyVersion,
        day: state.day, asOf: state.asOf))
  }

  /// Those of the clusters asked for that are within reach; and to whoever sees everything, those of clusters that are not on
  /// offer any more. Reservations are compared now; of quotas there is what was found.
  private func differences(
    _ state: CapacityState, _ report: CapacityReport, _ reach: CapacityReach
  ) async throws -> [CapacityReportView.Difference] {
    let known = try await store.knownLedgerDifferences()
    let found = state.differences + known.map(\.difference).filter { $0.kind == .quotas }
    guard !found.isEmpty else { return [] }
    let offered = Set(state.clusters.map(\.cluster))
    let own = Set(report.clusters.filter { reach.includesInternals(of: $0.operator) }.map(\.cluster))
    let shown = found.filter { difference in
      own.contains(difference.cluster) || (reach == .everything && !offered.contains(difference.cluster))
    }
    return shown.map { difference in
      let before = known.first {
        $0.difference.kind == difference.kind && $0.difference.cluster == difference.cluster
          && $0.difference.resource == difference.resource
      }
      return CapacityReportView.Difference(difference, foundAt: before?.foundAt)
    }
  }

  private func history(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["region", "zone", "cluster", "days"])
    let query = request.uri.queryParameters
    let filter = CapacityDayFilter(
      region: query["region"].map(String.init), zone: query["zone"].map(String.init),
      cluster: query["cluster"].map(String.init),
      days: try request.number("days", default: 90, in: 1...GovernanceStore.capacityRetentionDays))
    let (days, today) = try await store.capacityDays(filter, reach: context.capacityReach)
    return try .json(
      CapacityHistoryView(
        days: days.map { day in
          CapacityHistoryView.Day(
            day: day.day, clusters: day.clusters, declared: day.declared, limit: day.limit, committed: day.committed,
            reserved: day.reserved, used: day.used)
        },
        alike: Dictionary(
          days.compactMap { day in day.alike.map { (day.day, $0) } }, uniquingKeysWith: { first, _ in first }),
        today: today))
  }

  private func fits(_ request: Request, _ context: APIContext) async throws -> Response {
    try request.allowParameters(["dataClass", "stage", "organisation", "audience", "replicas", "distinct"])
    let basis = try await store.basis(of: [])
    let question = try request.fitQuestion(basis.engine.policy.spec.dataClasses.map(\.name))
    // What is not for whoever asks is not counted: else what fits there could be told from what does not.
    let disclosure = OfferDisclosure(
      reach: context.capacityReach, zones: OfferDisclosure.places(of: basis.engine.offer))
    let withheld = disclosure.hidden(of: basis.engine.offer)
    let counter = try await LongWork.answer {
      let engine = withheld.isEmpty ? basis.engine : basis.engine.without(clusters: withheld)
      return FitCounter(engine: engine, state: basis.state.fitted(to: engine), now: basis.asOf.date)
    }
    var answers: [FitAnswer] = []
    // One size at a time: others come in between.
    for size in EnvironmentSize.known {
      answers.append(try await LongWork.run { counter.count(question, size) })
    }
    return try .json(
      CapacityFitsView(
        question, sizes: answers.map { CapacityFitsView.Size($0, withheld: withheld.count) },
        policyVersion: basis.policyVersion, asOf: basis.asOf, isStale: basis.isStale))
  }
}

extension APIContext {
  /// What the caller may know of the offer and its capacity: the board, whoever administers and whoever audits all of it; an
  /// operator what is its own, and what is published.
  var capacityReach: CapacityReach {
    let isTold = [RoleKind.governanceAdmin, .auditor, .boardMember].contains { caller.has($0) }
    let operators = caller.subjects(.operator)
    return isTold || operators.contains(Role.everyone) ? .everything : .own(operators: operators)
  }
}

extension Request {
  /// A stage that the query names.
  fileprivate func stage(_ text: Substring) throws -> String {
    guard Stage.wellKnown.contains(String(text)) else {
      throw badParameter("stage", found: String(text), accepted: Stage.wellKnown.joined(separator: ", "))
    }
    return String(text)
  }

  /// What is to be counted.
  ///
  /// - Parameter classes: those that the policy knows.
  fileprivate func fitQuestion(_ classes: [String]) throws -> FitQuestion {
    let query = uri.queryParameters
    guard let dataClass = query["dataClass"].map(String.init), classes.contains(dataClass) else {
      throw badParameter(
        "dataClass", found: query["dataClass"].map(String.init) ?? "", accepted: classes.joined(separator: ", "))
    }
    let stage = try stage(query["stage"] ?? "")
    let scopes = AudienceScope.allCases.map(\.rawValue)
    let audience = query["audience"].map(String.init) ?? AudienceScope.ministerial.rawValue
    guard let scope = AudienceScope(rawValue: audience) else {
      throw badParameter("audience", found: audience, accepted: scopes.joined(separator: ", "))
    }
    var distinct: ProjectSpec.Topology?
    if let text = query["distinct"].map(String.init) {
      guard let topology = ProjectSpec.Topology(rawValue: text) else {
        let accepted = ProjectSpec.Topology.allCases.map(\.rawValue).joined(separator: ", ")
        throw badParameter("distinct", found: text, accepted: accepted)
      }
      distinct = topology
    }
    return FitQuestion(
      dataClass: dataClass, stage: stage, organisation: query["organisation"].map(String.init) ?? "", audience: scope,
      replicas: try number("replicas", default: 1, in: 1...8), distinct: distinct)
  }
}
