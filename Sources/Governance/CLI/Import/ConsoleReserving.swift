import Contract
import Foundation
import Model
import NIOHTTP1
import Placement

/// Has what already runs reserved where it runs, and confirms it with the console's identifiers: then it is in the
/// ledger.
///
/// Each environment goes the ordinary way, one after the other: the service decides, and what it would place elsewhere,
/// or nowhere, is given up at once and told. Nothing moves, and doing it again changes nothing. While it asks, the
/// project's document bears its wishes, and an ``ImportMark``; each write names the version that was read.
struct ConsoleReserving: Sendable {
  /// What has become of an environment.
  struct Outcome: Codable, Sendable, Hashable {
    /// How it stands now.
    enum State: String, Codable, Sendable {
      /// It was reserved and confirmed.
      case reserved
      /// It was in the ledger already.
      case known
      /// It is in no ledger, or not as the console has it.
      case refused
      /// Here the run broke off: the next one tells whether it is in the ledger.
      case unsure
      /// The run broke off before it was asked for.
      case notAsked

      /// For people.
      func name(_ language: Language) -> String {
        guard language == .fr else { return rawValue }
        return switch self {
        case .reserved: "réservé"
        case .known: "connu"
        case .refused: "refusé"
        case .unsure: "incertain"
        case .notAsked: "pas demandé"
        }
      }
    }

    var project: String
    var environment: String
    /// Where it runs.
    var cluster: String
    var state: State
    /// Why, in the language asked for.
    var reasons: [String]
  }

  /// An environment that runs.
  struct Running: Sendable, Hashable {
    var environment: ProjectSpec.Environment
    var cluster: String
    /// The cluster's mode, as the import has it.
    var mode: ClusterSpec.Mode
  }

  /// What has become of a project.
  struct Taken: Sendable {
    /// In the order of names.
    var outcomes: [Outcome] = []
    /// What broke it off.
    var failure: (any Error)?
    /// Whether the project's document still bears the import's wishes.
    var isMarked = false
  }

  let client: APIClient
  /// Between reservation and confirmation nothing is made: a minute would be enough.
  private static let seconds = 120
  /// How often a document is read again that somebody else has written meanwhile.
  private static let attempts = 5
  /// In these the agent touches nothing that is in the namespace, and another goes on owning it.
  private static let modes: [ClusterSpec.Mode] = [.adopt, .observe]

  /// The environments of a project, in the order of names. Whatever breaks off the run, what came of it so far is told,
  /// and the project is left without the wishes of this import. What is refused of this project alone breaks off nothing.
  func reserve(_ project: Resource<ProjectSpec>, _ running: [Running]) async -> Taken {
    var taken = Taken()
    var rest: (state: Outcome.State, reasons: [String]) = (.notAsked, [])
    do {
      try await reserve(project, running, into: &taken.outcomes)
    } catch {
      if let reason = Self.ofOne(error) { rest = (.refused, [reason]) } else { taken.failure = error }
    }
    let told = Set(taken.outcomes.map(\.environment))
    for one in running where !told.contains(one.environment.name) {
      taken.outcomes.append(Outcome(one, of: project, rest.state, rest.reasons))
    }
    do {
      try await leave(project)
    } catch {
      taken.isMarked = true
      if let reason = Self.ofOne(error) {
        for index in taken.outcomes.indices where !taken.outcomes[index].reasons.contains(reason) {
          taken.outcomes[index].reasons.append(reason)
        }
      } else {
        taken.failure = taken.failure ?? error
      }
    }
    taken.outcomes.sort { $0.environment < $1.environment }
    return taken
  }

  /// What was said of the project alone, so that others can be asked for all the same; nil where it is said of whoever
  /// asks, or nothing answers.
  private static func ofOne(_ error: any Error) -> String? {
    guard let error = error as? ClientError else { return nil }
    switch error {
    case .refused(let problem, _):
      guard (400..<500).contains(problem.status), ![401, 403].contains(problem.status) else { return nil }
      return problem.detail.isEmpty ? problem.title : problem.detail
    case .keepsChanging, .foreignMark: return "\(error)"
    default: return nil
    }
  }

  private func reserve(
    _ project: Resource<ProjectSpec>, _ running: [Running], into outcomes: inout [Outcome]
  ) async throws {
    let held = try await placements(of: project.name)
    let differing = try await stored(project.name).map { differences($0, project) } ?? []
    for one in running {
      guard let there = held.first(where: { $0.spec.environment == one.environment.name }) else { continue }
      let reasons = differing + differences(there.spec, one)
      outcomes.append(Outcome(one, of: project, reasons.isEmpty ? .known : .refused, reasons))
    }
    var placed = Set(held.map(\.spec.environment))
    var places = Set(held.map(\.spec.cluster))
    for one in running where !placed.contains(one.environment.name) {
      guard differing.isEmpty else {
        outcomes.append(Outcome(one, of: project, .refused, differing))
        continue
      }
      do {
        let reasons = try await reserve(one, besides: (placed, places), in: project)
        outcomes.append(Outcome(one, of: project, reasons.isEmpty ? .reserved : .refused, reasons))
        guard reasons.isEmpty else { continue }
      } catch {
        outcomes.append(Outcome(one, of: project, .unsure, ["\(error)"]))
        throw error
      }
      placed.insert(one.environment.name)
      places.insert(one.cluster)
    }
  }

  /// - Returns: why it is not in the ledger; nothing where it is.
  private func reserve(
    _ one: Running, besides held: (environments: Set<String>, clusters: Set<String>), in project: Resource<ProjectSpec>
  ) async throws -> [String] {
    guard let id = one.environment.consoleID, let projectID = project.spec.consoleID else {
      return [text("sans identifiant de la console", "without an identifier of the console")]
    }
    if let reason = try await obstacle(in: one) { return [reason] }
    do {
      for _ in 0..<Self.attempts {
        let before = try await stored(project.name)
        let declared = try declared(one, in: before)
        let reasons = declared.map { differences(stage: $0.stage, $0.quota, one) } ?? []
        guard reasons.isEmpty else { return reasons }
        let wish = try wish(for: one, declared, besides: held, of: project, before: before)
        do {
          let answer = try await ask(wish, isNew: before == nil)
          return try await confirm(answer, one, id: id, projectID: projectID)
        } catch ClientError.refused(let problem, _) where problem.status == 412 {
          continue
        }
      }
      throw ClientError.keepsChanging(project.name, client.language)
    } catch {
      guard let reason = Self.ofOne(error) else { throw error }
      return [reason]
    }
  }

  /// Why nothing is asked for on a cluster: the agent would give a namespace that is in use what is for new ones,
  /// without a look at it. Its mode counts as the service has it, and as the import has it. Of some the service tells the
  /// console's own key nothing: then nobody knows what the agent would do there.
  private func obstacle(in one: Running) async throws -> String? {
    var modes = [one.mode]
    do {
      let found: ResourceView = try await client.send(.GET, "/api/v1/clusters/\(APIClient.part(one.cluster))").decode()
      if case .cluster(let cluster) = found.resource { modes.insert(cluster.spec.mode, at: 0) }
    } catch ClientError.refused(let problem, _) where problem.status == 404 {
      return text(
        "le service ne dit rien de \(one.cluster) : l’appliquer d’abord, ou demander en tant que governance-admin",
        "the service says nothing of \(one.cluster): apply it first, or ask as governance-admin")
    }
    guard let mode = modes.first(where: { !Self.modes.contains($0) }) else { return nil }
    return text(
      "\(one.cluster) est en mode \(mode.rawValue) : un espace de noms déjà en service y recevrait des règles de neuf ; "
        + "accepté : adopt, observe",
      "\(one.cluster) is in mode \(mode.rawValue): a namespace in use would be given rules made for a new one; "
        + "accepted: adopt, observe")
  }

  /// The environment as the service has it: with replicas, say, of which the console knows nothing.
  private func declared(_ one: Running, in document: Resource<ProjectSpec>?) throws -> ProjectSpec.Environment? {
    guard let document else { return nil }
    let environments = try ImportMark(of: document).map { $0.environments ?? [] } ?? document.spec.environments
    return environments.first { $0.name == one.environment.name }
  }

  /// The document to be decided on: what is placed stays, and one environment goes where it runs, as far as anything
  /// may be wished for. What else is declared of the project is kept in the mark.
  private func wish(
    for one: Running, _ declared: ProjectSpec.Environment?,
    besides held: (environments: Set<String>, clusters: Set<String>),
    of project: Resource<ProjectSpec>, before: Resource<ProjectSpec>?
  ) throws -> Resource<ProjectSpec> {
    let wishes = ProjectSpec.Preferences(
      terms: [Self.clusters(held.clusters.union([one.cluster]).sorted())],
      weighted: [ProjectSpec.WeightedTerm(weight: 10, target: Self.clusters([one.cluster]))])
    var mark = try ImportMark(before: before, of: project, asking: one.environment.name, wishing: wishes)
    var environment = declared ?? one.environment
    environment.consoleID = one.environment.consoleID
    var document = before ?? project
    document.spec.environments.removeAll { !held.environments.contains($0.name) }
    document.spec.environments.append(environment)
    document.spec.preferences = wishes
    mark.group(&document)
    document.metadata.annotations[ImportMark.annotation] = try mark.text()
    return document
  }

  /// Has a document decided on, at the version that it carries; one that is new is stored first, and only where there
  /// is none.
  private func ask(_ wish: Resource<ProjectSpec>, isNew: Bool) async throws -> ReservationAnswer {
    var wish = wish
    if isNew {
      let stored: AnyResource = try await client.send(
        .PUT, Self.path(wish.name), body: try ModelJSON.encoder.encode(AnyResource.project(wish)),
        headers: [("if-none-match", "*")]
      ).decode()
      wish.metadata.resourceVersion = stored.metadata.resourceVersion
    }
    return try await client.send(
      .POST, "/api/v1/reservations?ttlSeconds=\(Self.seconds)",
      body: try ModelJSON.encoder.encode(AnyResource.project(wish)),
      headers: [("idempotency-key", "import-\(UUID().uuidString.lowercased())")]
    ).decode()
  }

  /// - Returns: why nothing was confirmed; nothing where it was.
  private func confirm(
    _ answer: ReservationAnswer, _ one: Running, id: UUID, projectID: UUID
  ) async throws -> [String] {
    guard let reservation = answer.reservation else { return reasons(answer.explanation, one) }
    let path = "/api/v1/reservations/\(reservation.id.uuidString.lowercased())"
    guard reservation.places.allSatisfy({ $0.environment == one.environment.name && $0.cluster == one.cluster })
    else {
      _ = try await client.send(.POST, path + "/cancel")
      return elsewhere(reservation, answer.explanation, one)
    }
    let confirmation = ReservationConfirmation(projectID: projectID, environmentIDs: [one.environment.name: id])
    do {
      _ = try await client.send(.POST, path + "/confirm", body: try ModelJSON.encoder.encode(confirmation))
    } catch let error as ClientError {
      // Nothing is left behind but what the answer did not tell of: then it ends by itself.
      _ = try? await client.send(.POST, path + "/cancel")
      throw error
    }
    return []
  }

  /// Leaves the project as it was, with what is in the ledger now, and without the wishes of this import or of one that
  /// was broken off.
  private func leave(_ project: Resource<ProjectSpec>) async throws {
    let name = project.name
    for _ in 0..<Self.attempts {
      guard let document = try await stored(name), let mark = try ImportMark(of: document) else { return }
      let placed = Set(try await placements(of: name).map(\.spec.environment))
      var before = mark.undone(in: document, placed: placed)
      do {
        if before.spec.environments.isEmpty {
          // It was stored to be decided on, if at all, and nothing came of it.
          if try await isDeleted(document) { return }
          before = mark.undone(in: document, placed: placed, declaring: project.spec.environments)
        }
        _ = try await client.send(
          .PUT, Self.path(name), body: try ModelJSON.encoder.encode(AnyResource.project(before)))
        return
      } catch ClientError.refused(let problem, _) where problem.status == 404 {
        return
      } catch ClientError.refused(let problem, _) where problem.status == 412 {
        continue
      }
    }
    throw ClientError.keepsChanging(name, client.language)
  }

  /// - Returns: false where others refer to it, as a cluster that is dedicated to it does: then it stays declared, with all
  ///   that runs of it.
  private func isDeleted(_ document: Resource<ProjectSpec>) async throws -> Bool {
    let version = document.metadata.resourceVersion ?? ""
    do {
      _ = try await client.send(.DELETE, Self.path(document.name), headers: [("if-match", "\"\(version)\"")])
      return true
    } catch ClientError.refused(let problem, _) where problem.status == 409 {
      return false
    }
  }

  /// The project as the service has it, with its version; nil where it has none.
  private func stored(_ name: String) async throws -> Resource<ProjectSpec>? {
    do {
      let found: AnyResource = try await client.send(.GET, Self.path(name)).decode()
      guard case .project(let project) = found else { return nil }
      var metadata = Metadata(
        name: project.name, labels: project.metadata.labels, annotations: project.metadata.annotations)
      metadata.resourceVersion = project.metadata.resourceVersion
      return Resource(metadata: metadata, spec: project.spec)
    } catch ClientError.refused(let problem, _) where problem.status == 404 {
      return nil
    }
  }

  private static func path(_ project: String) -> String { "/api/v1/projects/\(APIClient.part(project))" }

  private func placements(of name: String) async throws -> [PlacementView] {
    let all: [PlacementView] = try await client.all("/api/v1/placements?project=\(APIClient.part(name))")
    return all.filter { $0.spec.phase != .removed && $0.status.removedAt == nil }
  }

  private static func clusters(_ names: [String]) -> LabelSelector {
    LabelSelector(matchExpressions: [.init(key: "cluster.name", operator: .in, values: names)])
  }
}

extension ConsoleReserving.Outcome {
  init(
    _ one: ConsoleReserving.Running, of project: Resource<ProjectSpec>, _ state: State, _ reasons: [String] = []
  ) {
    self.init(
      project: project.name, environment: one.environment.name, cluster: one.cluster, state: state, reasons: reasons)
  }
}
