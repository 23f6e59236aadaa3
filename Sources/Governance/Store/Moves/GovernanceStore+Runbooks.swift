import Events
public import Foundation
public import Identity
public import Migration
import Model
import Placement
import Postgres
import Requests

extension GovernanceStore {
  /// All that runbooks of a migration say, as it stands now; of what is out of reach nothing.
  ///
  /// - Throws: ``StoreError`` of kind `notFound`.
  public func runbookFacts(ofMigration id: UUID, within reach: Scope = .everything) async throws -> RunbookFacts {
    let record = try await migration(id, within: reach)
    let plan = try await plan(ofMigration: id)
    var (records, cursor): ([MoveRecord], String?) = ([], nil)
    repeat {
      let page = try await moves(MoveFilter(migration: id), within: reach, limit: 1000, cursor: cursor)
      records += page.items
      cursor = page.next
    } while cursor != nil
    let offer = try await presentOffer().offer
    let names = Set(records.map(\.move.terms.project)).sorted()
    let ids = records.flatMap { [$0.move.terms.source] + ($0.move.target.map { [$0] } ?? []) }
    let answers = try await pool.withConnection {
      try await $0.pipeline([
        """
        SELECT \(AnyResource.columns) FROM resources
        WHERE kind = 'Project' AND name = ANY(\(names)) AND deleted_at IS NULL
        """,
        "SELECT id, namespace, revision, quota FROM placements WHERE id = ANY(\(ids))",
        "SELECT id, project, environment FROM placements WHERE project = ANY(\(names)) AND removed_at IS NULL",
        """
        SELECT name, spec ->> 'contact' AS contact FROM resources
        WHERE kind = 'Operator' AND deleted_at IS NULL AND spec ->> 'contact' IS NOT NULL
        """,
      ])
    }
    var projects: [String: ProjectSpec] = [:]
    var teams: [RunbookFacts.Contact] = []
    for row in answers[0] {
      guard case .project(let project) = try AnyResource(row: row) else { continue }
      projects[project.name] = project.spec
      guard let contact = project.metadata.annotations[ProjectSpec.contactAnnotation],
        contact.contains(where: { !$0.isWhitespace })
      else { continue }
      teams.append(RunbookFacts.Contact(.projectTeam, "\(project.name), \(contact)", project: project.name))
    }
    teams.sort { $0.text < $1.text }
    let ends = try MoveEnds(answers[1], standing: answers[2])
    let contacts = try Dictionary(
      answers[3].map { (try $0.decode(String.self, "name"), try $0.decode(String.self, "contact")) },
      uniquingKeysWith: { first, _ in first })
    let map = OfferMap(offer)
    let planned = Dictionary(
      plan.moves.enumerated().map { ($0.offset, $0.element) }, uniquingKeysWith: { first, _ in first })
    var byWave: [Int: [RunbookFacts.Move]] = [:]
    for record in records {
      guard let one = planned[record.ordinal] else { continue }
      byWave[record.wave, default: []].append(
        map.move(
          record, one, projects[record.move.terms.project], ends,
          flows: (record.flows ?? []).filter { $0.isWithin(reach) }))
    }
    return RunbookFacts(
      migration: id.uuidString.lowercased(), motive: record.wish.motive, motiveText: record.wish.reason,
      writtenAt: record.asOf,
      waves: plan.waves.compactMap { wave in
        byWave[wave.number].map {
          RunbookFacts.Wave(number: wave.number, day: wave.day, date: wave.date, moves: $0)
        }
      },
      blocked: plan.blocked.filter { reach.covers(project: $0.project) },
      contacts: map.contacts(of: records, reachedBy: contacts) + teams)
  }
}

/// What runbooks say of one of the two placements of a move.
private struct MoveEnd {
  /// Nil while it is only reserved: the namespace may be another one yet.
  let namespace: String?
  let quota: ResourceAmounts

  init(row: PostgresRow) throws {
    let isConfirmed = try row.decode(Int64.self, "revision") >= 1
    namespace = try isConfirmed ? row.decode(String.self, "namespace") : nil
    quota = ResourceAmounts(try row.decode(PostgresJSON.self, "quota").model(ResourceList.self))
  }
}

/// What runbooks say of all placements that moves are about.
private struct MoveEnds {
  private let ends: [UUID: MoveEnd]
  /// By environment, what of it is there.
  private let standing: [EnvironmentReference: Set<UUID>]

  init(_ rows: PostgresRows, standing others: PostgresRows) throws {
    ends = try Dictionary(
      rows.map { (try $0.decode(UUID.self, "id"), try MoveEnd(row: $0)) }, uniquingKeysWith: { first, _ in first })
    standing = try others.reduce(into: [:]) { standing, row in
      let one = EnvironmentReference(project: try row.decode("project"), environment: try row.decode("environment"))
      standing[one, default: []].insert(try row.decode("id"))
    }
  }

  subscript(id: UUID?) -> MoveEnd? { id.flatMap { ends[$0] } }

  /// Whether an environment has other replicas than one.
  func hasOthers(than id: UUID?, of project: String, _ environment: String) -> Bool {
    let there = standing[EnvironmentReference(project: project, environment: environment)] ?? []
    return there.contains { $0 != id }
  }
}

extension ProjectSpec {
  /// What the decision on a move's target reserves: what the document asks for under the new name, or the old one.
  fileprivate func quota(of terms: MigrationTerms) -> ResourceAmounts? {
    [terms.targetEnvironment, terms.environment].lazy.compactMap { name in
      environments.first { $0.name == name }.map { ResourceAmounts($0.quota) }
    }.first
  }
}

/// What runbooks say of the offer.
private struct OfferMap {
  private let zones: [String: Resource<ZoneSpec>]
  private let clusters: [String: Resource<ClusterSpec>]
  private let regions: [String: Resource<RegionSpec>]
  private let operators: [String: Resource<OperatorSpec>]

  init(_ offer: Offer) {
    zones = Dictionary(offer.zones.map { ($0.name, $0) }) { first, _ in first }
    clusters = Dictionary(offer.clusters.map { ($0.name, $0) }) { first, _ in first }
    regions = Dictionary(offer.regions.map { ($0.name, $0) }) { first, _ in first }
    operators = Dictionary(offer.operators.map { ($0.name, $0) }) { first, _ in first }
  }

  func move(
    _ record: MoveRecord, _ planned: PlannedMove, _ project: ProjectSpec?, _ ends: MoveEnds, flows: [MoveFlow]
  ) -> RunbookFacts.Move {
    let (move, terms, route) = (record.move, record.move.terms, record.route)
    let target = ends[move.target]
    return RunbookFacts.Move(
      move.id, planned, quota: target?.quota ?? project?.quota(of: terms), terms: terms,
      source: place(route.fromCluster, route.fromRegion, route.sourceOperator),
      target: place(route.toCluster, route.toRegion, route.targetOperator),
      sourceNamespace: ends[terms.source]?.namespace, targetNamespace: target?.namespace,
      sourceHasOthers: ends.hasOthers(than: terms.source, of: terms.project, terms.environment),
      targetHasOthers: ends.hasOthers(than: move.target, of: terms.project, terms.targetEnvironment),
      services: (project?.services ?? []).map { need in
        RunbookFacts.Service(
          need.name, from: version(of: need.name, in: route.fromRegion), to: version(of: need.name, in: route.toRegion))
      },
      interconnections: project?.interconnections ?? [],
      flows: flows.map { flow in
        RunbookFacts.Flow(
          project: flow.project, system: flow.system, request: flow.flow, state: flow.state?.name,
          isOpen: flow.state == .opened)
      }, state: move)
  }

  private func place(_ cluster: String, _ region: String, _ name: String) -> RunbookFacts.Place {
    RunbookFacts.Place(cluster: cluster, zone: clusters[cluster]?.spec.zone ?? "", region: region, operator: name)
  }

  private func version(of service: String, in region: String) -> String? {
    regions[region]?.spec.services.first { $0.name == service }?.version
  }

  /// Operators by the names people know, and how they are reached.
  func contacts(of records: [MoveRecord], reachedBy contacts: [String: String]) -> [RunbookFacts.Contact] {
    func named(_ party: MigrationParty, _ name: (MoveRecord.Route) -> String) -> [RunbookFacts.Contact] {
      Set(records.map { name($0.route) }).sorted().map { name in
        let title = operators[name].map { "\($0.spec.displayName) (\(name))" } ?? name
        return RunbookFacts.Contact(party, contacts[name].map { "\(title), \($0)" } ?? title)
      }
    }
    return named(.sourceOperator, \.sourceOperator) + named(.targetOperator, \.targetOperator)
  }
}
