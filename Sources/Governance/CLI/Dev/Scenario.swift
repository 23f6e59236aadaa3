import Contract
import Events
import Foundation
import Model
import Placement

/// The main job, played once and shown: decide, publish, apply, report back, and undo a hand-made change.
struct Scenario: Sendable {
  let offer: DemoOffer
  let running: RunningStack

  private var client: APIClient { APIClient(server: running.server, language: .fr, credential: .token(running.token)) }

  /// Plays it.
  ///
  /// - Returns: Whether every placement became ready and the hand-made change was put back.
  func play() async throws -> Bool {
    title("1. L'offre, la politique et les projets sont déclarés")
    let stored = try await ResourceFiles.apply(offer.resources, with: client) { _ in }
    Console.print(Self.inventory(stored))

    let decisions = try await decide()
    showPlaced(decisions)
    showRefusals(decisions)
    let placements = try await waitUntilReady(decisions)
    let isPutBack = try await HandEdit(client: client, running: running).play(placements)
    farewell()
    return Self.isComplete(placements, of: decisions) && isPutBack
  }

  /// Whether every placement that was decided on is there, and ready.
  static func isComplete(_ placements: [PlacementView], of decisions: [DecisionView]) -> Bool {
    let ready = Set(placements.filter(\.status.ready).map(\.spec.id))
    return decisions.allSatisfy { $0.placements.allSatisfy { ready.contains($0.spec.id) } }
  }

  /// `4 opérateurs, 1 politique`.
  static func inventory(_ resources: [AnyResource]) -> String {
    let counts = Dictionary(grouping: resources, by: \.kind).mapValues(\.count)
    return Kind.allCases.compactMap { kind in
      counts[kind].map { count in
        let name = kind.nameFR
        return count == 1 ? "1 \(name.one)" : "\(count) \(name.many)"
      }
    }.joined(separator: ", ")
  }

  private func decide() async throws -> [DecisionView] {
    var decisions: [DecisionView] = []
    for project in offer.projects {
      decisions.append(try await Place.place(project.name, key: UUID().uuidString, with: client))
    }
    return decisions
  }

  private func showPlaced(_ decisions: [DecisionView]) {
    title("2. Où va chaque projet, et pourquoi")
    var table = Table("PROJET", "CLASSES DE DONNÉES", "ENVIRONNEMENT", "ZONE", "CLUSTER", "POURQUOI")
    let classes = Dictionary(uniqueKeysWithValues: offer.projects.map { ($0.name, $0.spec.dataClasses) })
    for decision in decisions {
      let project = decision.decision.project
      let kinds = (classes[project] ?? []).joined(separator: ",")
      guard decision.decision.placed else {
        table.add(project, kinds, "-", "-", "-", "ne tient nulle part : voir 3")
        continue
      }
      for environment in decision.explanation.environments {
        for candidate in environment.candidates where !candidate.chosen.isEmpty {
          table.add(
            project, kinds, environment.environment, candidate.zone, candidate.cluster, why(candidate, in: environment))
        }
      }
    }
    Console.print(table.render())
  }

  private func why(_ candidate: ExplanationView.Candidate, in environment: ExplanationView.Environment) -> String {
    let eligible = environment.candidates.filter(\.accepted).count
    let reason = candidate.reasons.first.map { " ; \($0.sentence)" } ?? ""
    return eligible == 1
      ? "seul admis sur \(environment.candidates.count)\(reason)"
      : "score \(candidate.score ?? 0), \(eligible) admis sur \(environment.candidates.count)\(reason)"
  }

  private func showRefusals(_ decisions: [DecisionView]) {
    title("3. Ce qu'a dit chaque région refusée")
    let restricted = decisions.first { decision in
      decision.decision.placed
        && decision.placements.contains { placement in
          offer.zones.contains { $0.spec.slug == placement.spec.zone && $0.spec.sensitivity == .restricted }
        }
    }
    if let restricted {
      Console.print("\(restricted.decision.project) est en diffusion restreinte : seule une zone DR peut l'accueillir.")
      if let environment = restricted.explanation.environments.first {
        Console.print(RefusalReport(explanation: restricted.explanation).table(for: environment))
      }
    }
    for decision in decisions where !decision.decision.placed {
      Console.print("\n\(decision.decision.project) ne tient nulle part :")
      for reason in decision.explanation.reasons { Console.print("  \(reason.sentence)") }
      Console.print(RefusalReport(explanation: decision.explanation).unplaceableText())
    }
  }

  private func waitUntilReady(_ decisions: [DecisionView]) async throws -> [PlacementView] {
    title("4. Les agents appliquent et rendent compte")
    let expected = decisions.reduce(0) { $0 + $1.placements.count }
    let started = ContinuousClock.now
    var placements: [PlacementView] = []
    var shown = -1
    while ContinuousClock.now - started < .seconds(180) {
      placements = try await client.all("/api/v1/placements")
      let ready = placements.filter(\.status.ready).count
      if ready != shown { Console.note("  \(ready)/\(expected) prêts / ready") }
      shown = ready
      if ready == expected, placements.count == expected { break }
      try await Task.sleep(for: .milliseconds(100))
    }
    Console.print(PlacementTable.render(placements))
    if let line = latency(placements) { Console.print(line) }
    return placements
  }

  /// From the decision's commit to the report *Applied* stored, as the records say it.
  private func latency(_ placements: [PlacementView]) -> String? {
    let times = placements.compactMap { placement -> Int64? in
      placement.status.observed?.timeline.appliedAt?.microseconds(since: placement.status.decidedAt)
    }.sorted()
    guard !times.isEmpty else { return nil }
    return
      "De la décision à l'application : médiane \(times[times.count / 2] / 1000) ms, plus long \((times.last ?? 0) / 1000) ms."
  }

  /// How this program is called: by its name where that is found, else by its path.
  private var program: String {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let isFound = path.split(separator: ":").contains { FileManager.default.isExecutableFile(atPath: "\($0)/regie") }
    return isFound ? "regie" : CommandLine.arguments.first ?? "regie"
  }

  private func farewell() {
    title("6. À vous")
    Console.print(
      """
      L'API : \(running.server)  (\(running.server)/api/v1/openapi.json)

        export REGIE_SERVER=\(running.server)
        export REGIE_TOKEN_FILE=\(running.folder)/token CURL_HOME=\(running.folder)
        \(program) get placements
        \(program) explain \(offer.projects.first?.name ?? "PROJET")
        \(program) get capacity
      """)
  }

  private func title(_ text: String) {
    Console.print("\n── \(text)\n")
  }
}

extension Kind {
  /// As the users call it.
  fileprivate var nameFR: (one: String, many: String) {
    switch self {
    case .operator: ("opérateur", "opérateurs")
    case .chain: ("chaîne", "chaînes")
    case .region: ("région", "régions")
    case .zone: ("zone", "zones")
    case .cluster: ("cluster", "clusters")
    case .policy: ("politique", "politiques")
    case .project: ("projet", "projets")
    case .derogation: ("dérogation", "dérogations")
    case .placement: ("placement", "placements")
    case .migration: ("migration", "migrations")
    case .flowRequest: ("demande de flux", "demandes de flux")
    }
  }
}
