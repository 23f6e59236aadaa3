import Contract
import Foundation
import Model
import NIOHTTP1
import Placement

/// Has what already runs reserved where it runs, and confirms it with the console's identifiers: then it is in the ledger.
///
/// Each environment goes the ordinary way, one after the other: the service decides, and what it would place elsewhere, or
/// nowhere, is given up at once and told. Nothing moves, and doing it again changes nothing.
struct ConsoleReserving: Sendable {
  /// What has become of an environment.
  struct Outcome: Codable, Sendable, Hashable {
    /// How it stands now.
    enum State: String, Codable, Sendable {
      /// It was reserved and confirmed.
      case reserved
      /// It was in the ledger already.
      case known
      /// It is in no ledger.
      case refused

      /// For people.
      func name(_ language: Language) -> String {
        guard language == .fr else { return rawValue }
        return switch self {
        case .reserved: "réservé"
        case .known: "connu"
        case .refused: "refusé"
        }
      }
    }

    var project: String
    var environment: String
    /// Where it runs.
    var cluster: String
    var state: State
    /// Why it is refused, in the language asked for.
    var reasons: [String]
  }

  /// An environment that runs.
  struct Running: Sendable, Hashable {
    var environment: ProjectSpec.Environment
    var cluster: String
  }

  let client: APIClient
  /// Between reservation and confirmation nothing is made: a minute would be enough.
  private static let seconds = 120

  /// The environments of a project, in the order of names.
  func reserve(_ project: Resource<ProjectSpec>, _ running: [Running]) async throws -> [Outcome] {
    var outcomes: [Outcome] = []
    func tell(_ one: Running, _ state: Outcome.State, _ reasons: [String] = []) {
      outcomes.append(
        Outcome(
          project: project.name, environment: one.environment.name, cluster: one.cluster, state: state,
          reasons: reasons))
    }
    let before = try await stored(project.name)
    let held = try await placements(of: project.name)
    var left: [Running] = []
    for one in running {
      guard let there = held.first(where: { $0.spec.environment == one.environment.name }) else {
        left.append(one)
        continue
      }
      if there.spec.cluster == one.cluster, there.spec.environmentID == one.environment.consoleID {
        tell(one, .known)
      } else {
        tell(
          one, .refused,
          [
            text(
              "Régie le connaît sur \(there.spec.cluster), ou sous un autre identifiant",
              "Régie knows it on \(there.spec.cluster), or under another identifier")
          ])
      }
    }
    // What is placed is all that may be decided on besides: what else the service has of the project is put back at the end.
    var document = before ?? project
    var placed = Set(held.map(\.spec.environment))
    document.spec.environments.removeAll { !placed.contains($0.name) }
    var places = Set(held.map(\.spec.cluster))
    for one in left {
      var one = one
      if let known = before?.spec.environments.first(where: { $0.name == one.environment.name }) {
        let id = one.environment.consoleID
        one.environment = known
        one.environment.consoleID = id
      }
      let reasons = try await reserve(one, of: document, besides: places, in: project)
      tell(one, reasons.isEmpty ? .reserved : .refused, reasons)
      guard reasons.isEmpty else { continue }
      document.spec.environments.append(one.environment)
      placed.insert(one.environment.name)
      places.insert(one.cluster)
    }
    if !left.isEmpty {
      document.spec.environments += before?.spec.environments.filter { !placed.contains($0.name) } ?? []
      try await leave(document)
    }
    return outcomes.sorted { $0.environment < $1.environment }
  }

  /// - Returns: why it is not in the ledger; nothing where it is.
  private func reserve(
    _ one: Running, of document: Resource<ProjectSpec>, besides places: Set<String>, in project: Resource<ProjectSpec>
  ) async throws -> [String] {
    guard let id = one.environment.consoleID, let projectID = project.spec.consoleID else {
      return [text("sans identifiant de la console", "without an identifier of the console")]
    }
    var wish = document
    wish.spec.environments.append(one.environment)
    // What is placed stays; what is not goes where it runs, as far as anything may be wished for.
    wish.spec.preferences = ProjectSpec.Preferences(
      terms: [Self.clusters(places.union([one.cluster]).sorted())],
      weighted: [ProjectSpec.WeightedTerm(weight: 10, target: Self.clusters([one.cluster]))])
    do {
      let answer: ReservationAnswer = try await client.send(
        .POST, "/api/v1/reservations?ttlSeconds=\(Self.seconds)",
        body: try ModelJSON.encoder.encode(AnyResource.project(wish)),
        headers: [("idempotency-key", "import-\(UUID().uuidString.lowercased())")]
      ).decode()
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
    } catch ClientError.refused(let problem, _)
      where (400..<500).contains(problem.status) && ![401, 403].contains(problem.status)
    {
      return [problem.detail.isEmpty ? problem.title : problem.detail]
    }
  }

  /// Leaves the project as it was, with what is in the ledger now, and without the wishes of this import.
  private func leave(_ document: Resource<ProjectSpec>) async throws {
    let path = "/api/v1/projects/\(APIClient.part(document.name))"
    guard document.spec.environments.isEmpty else {
      _ = try await client.send(.PUT, path, body: try ModelJSON.encoder.encode(AnyResource.project(document)))
      return
    }
    // It was stored to be decided on, if at all, and nothing came of it.
    do {
      _ = try await client.send(.DELETE, path)
    } catch ClientError.refused(let problem, _) where problem.status == 404 {
      return
    }
  }

  /// The project as the service has it; nil where it has none.
  private func stored(_ name: String) async throws -> Resource<ProjectSpec>? {
    do {
      let found: AnyResource = try await client.send(.GET, "/api/v1/projects/\(APIClient.part(name))").decode()
      guard case .project(let project) = found else { return nil }
      return Resource(
        metadata: Metadata(
          name: project.name, labels: project.metadata.labels, annotations: project.metadata.annotations),
        spec: project.spec)
    } catch ClientError.refused(let problem, _) where problem.status == 404 {
      return nil
    }
  }

  private func placements(of name: String) async throws -> [PlacementView] {
    let all: [PlacementView] = try await client.all("/api/v1/placements?project=\(APIClient.part(name))")
    return all.filter { $0.spec.phase != .removed && $0.status.removedAt == nil }
  }

  private static func clusters(_ names: [String]) -> LabelSelector {
    LabelSelector(matchExpressions: [.init(key: "cluster.name", operator: .in, values: names)])
  }

  /// What the cluster that it runs on says, or what is said of the project.
  private func reasons(_ explanation: ExplanationView, _ one: Running) -> [String] {
    let candidate = explanation.environments.first { $0.environment == one.environment.name }?.candidates
      .first { $0.cluster == one.cluster }
    let said = (candidate?.reasons ?? []).map(\.sentence) + explanation.reasons.map(\.sentence)
    return said.isEmpty ? [explanation.outcome.rawValue] : said
  }

  private func elsewhere(
    _ reservation: ReservationView, _ explanation: ExplanationView, _ one: Running
  ) -> [String] {
    let there = Set(reservation.places.map(\.cluster)).sorted().joined(separator: ", ")
    let said =
      explanation.environments.first { $0.environment == one.environment.name }?.candidates
      .first { $0.cluster == one.cluster }?.reasons.map(\.sentence) ?? []
    return said + [text("Régie le placerait sur \(there)", "Régie would place it on \(there)")]
  }

  private func text(_ french: String, _ english: String) -> String { client.language == .fr ? french : english }
}
