import Contract
import Events
import Foundation
import Kubernetes
import Logging
import Migration
import Model
import NIOHTTP1

/// A region leaves: everything is moved away from it, one move fails, is led back and made anew, the board confirms, and the last
/// namespace goes.
struct EvacuationScenario: Sendable {
  let evacuation: EvacuationOffer
  let running: RunningStack

  private var people: DemoPeople { DemoPeople(running: running) }
  private var client: APIClient { people.everybody }

  /// Plays it.
  ///
  /// - Returns: Whether everything was moved and nothing is left in the region.
  func play() async throws -> Bool {
    title("1. L'offre, la politique et les projets sont déclarés, et placés / declared, and placed")
    let stored = try await ResourceFiles.apply(evacuation.offer.resources, with: client) { _ in }
    Console.print(Scenario.inventory(stored))
    guard try await placeAll() else { return false }

    title("2. \(EvacuationOffer.leaving) annonce son départ / announces that it leaves")
    try await apply(evacuation.announcement)
    let before = try await placements(in: EvacuationOffer.leaving)
    Console.print(PlacementTable.render(before))

    title("3. Ce qu'il en serait / What would become of it: regie evacuate \(EvacuationOffer.leaving)")
    show(try await client.plan(draft))

    title("4. \(EvacuationOffer.gpuCluster) ouvre : tout peut partir / opens: everything can leave")
    try await apply(evacuation.opening)
    let migration = try await begin()

    title("5. Chacun fait sa part ; une cible échoue / Everybody does their part; one target fails")
    guard try await MoveCarrier(people: people, fails: true).carry(migration) else { return false }

    title("6. Ce qui a été ramené est déplacé à nouveau / What was led back is moved anew")
    let carrier = MoveCarrier(people: people) {
      title(
        "7. L'instance confirme : plus rien en \(EvacuationOffer.leaving) / The board confirms: nothing there any more")
      let isClosed = try await board.close(EvacuationOffer.leaving)
      title("8. Le dernier namespace s'en va / The last namespace goes")
      return isClosed
    }
    guard try await carrier.carry(try await begin()) else { return false }
    return try await farewell(before)
  }

  private var board: DemoBoard {
    DemoBoard(
      people: people, policy: evacuation.policy, voters: evacuation.policy.spec.governance?.voters ?? [])
  }

  private var draft: MigrationDraft {
    MigrationDraft(
      motive: .departure, reason: "La région \(EvacuationOffer.leaving) ferme",
      scope: MoveScopeView(.regions([EvacuationOffer.leaving])), limits: MigrationDraft.Limits(retentionDays: 0),
      taskDays: nil)
  }

  private func placeAll() async throws -> Bool {
    var expected = 0
    for project in evacuation.offer.projects {
      expected += try await Place.place(project.name, key: UUID().uuidString, with: client).placements.count
    }
    let deadline = ContinuousClock.now + .seconds(180)
    while ContinuousClock.now < deadline {
      let placements: [PlacementView] = try await client.all("/api/v1/placements")
      let ready = placements.filter(\.status.ready).count
      if ready == expected {
        Console.print("\(ready)/\(expected) prêts / ready")
        return true
      }
      try await Task.sleep(for: .milliseconds(100))
    }
    Console.print("tous ne sont pas prêts à temps / not all are ready in time")
    return false
  }

  /// Plans, has everybody agree, and starts. An agent may tell of its cluster meanwhile, and the plan is one of before: then
  /// another one is made, as anybody would.
  private func begin() async throws -> MigrationView {
    for _ in 1..<Self.plansAtMost {
      do {
        return try await beginOnce()
      } catch ClientError.refused(let problem, _) where problem.code == ProblemCode.planOutdated.rawValue {
        Console.print("! \(problem.detail)\n")
      }
    }
    return try await beginOnce()
  }

  private static let plansAtMost = 5

  private func beginOnce() async throws -> MigrationView {
    let body = try people.client(of: DevIdentity.administrator)
    let migration = try await body.migrate(draft)
    show(try await client.plan(of: migration))
    let path = MigrationPaths.migration(migration.id.uuidString.lowercased())
    Console.print("")
    for name in try await parties(to: migration) {
      let approval: ApprovalView = try await people.client(of: name.person).post(
        "\(path)/approve", ["as": name.party.rawValue])
      Console.print(MigrationText.approved(approval, name.party, language: .fr))
    }
    let started: MigrationView
    do {
      started = try await body.post("\(path)/start", NothingSaid())
    } catch ClientError.refused(let problem, let language) where problem.code == ProblemCode.planOutdated.rawValue {
      _ = try await body.post("\(path)/cancel", ["reason": problem.detail]) as MigrationView
      throw ClientError.refused(problem, language)
    }
    Console.print("\(started.id.uuidString.lowercased()) : \(MigrationText.name(of: started.state).fr)")
    return started
  }

  /// Who has to agree, each once, by whose name.
  private func parties(to migration: MigrationView) async throws -> [(party: MigrationParty, person: String)] {
    let id = migration.id.uuidString.lowercased()
    let moves: [MoveView] = try await client.all(MigrationPaths.list("moves", [("migration", id)]))
    return MigrationParty.allCases.filter { $0 != .sourceOperator }.flatMap { party in
      Set(moves.map { DemoPeople.name(of: party, in: $0) }).sorted().map { (party, $0) }
    }
  }

  private func show(_ plan: MigrationPlan) { Console.print(PlanText.render(plan, language: .fr)) }

  private func apply(_ resource: AnyResource) async throws {
    _ = try await ResourceFiles.apply([resource], with: client) { Console.print($0) }
  }

  private func placements(in region: String) async throws -> [PlacementView] {
    let zones = Set(evacuation.offer.zones.filter { $0.spec.region == region }.map(\.name))
    let slugs = Set(evacuation.offer.zones.filter { zones.contains($0.name) }.map(\.spec.slug))
    let placements: [PlacementView] = try await client.all("/api/v1/placements")
    return placements.filter { slugs.contains($0.spec.zone) && $0.status.removedAt == nil }
  }

  private func farewell(_ before: [PlacementView]) async throws -> Bool {
    title("9. Ce qui reste / What is left: \(EvacuationOffer.leaving)")
    let left = try await placements(in: EvacuationOffer.leaving)
    var namespaces = 0
    for placement in before where try await isThere(placement) { namespaces += 1 }
    Console.print(
      "\(left.count) placements sur / of \(before.count), \(namespaces) namespaces sur / of \(before.count)")
    if !left.isEmpty { Console.print(PlacementTable.render(left)) }
    var table = Table("PROJET", "ENVIRONNEMENT", "S'APPELLE / IS CALLED")
    for project in evacuation.offer.projects {
      let moved: [MovedEnvironmentView] = try await client.all(
        "/api/v1/projects/\(APIClient.part(project.name))/moved-environments")
      for one in moved { table.add(project.name, one.environment, one.movedTo) }
    }
    Console.print(table.render())
    return left.isEmpty && namespaces == 0
  }

  /// Whether the cluster still has the namespace of a placement: asked of the cluster itself.
  private func isThere(_ placement: PlacementView) async throws -> Bool {
    struct Namespace: Decodable, Sendable {}
    guard let cluster = running.clusters[placement.spec.cluster] else { return false }
    let logger = Logger(label: "regie", factory: { _ in SwiftLogNoOpLogHandler() })
    return try await KubernetesClient.withClient(try cluster.configuration(), logger: logger) { kubernetes in
      do {
        let _: Observed<Namespace> = try await kubernetes.get(ObjectPath(.namespaces, placement.spec.namespace))
        return true
      } catch let error as KubernetesError where error.kind == .notFound {
        return false
      }
    }
  }

  private func title(_ text: String) { Console.print("\n── \(text)\n") }
}
