import Contract
import Foundation
import Model
import Placement

/// The cluster that somebody would have each replica on, one by one and all together.
struct ChosenPlaces: Sendable {
  /// One replica's.
  struct Choice: Sendable {
    var environment: ProjectSpec.Environment
    var replica: Int
    var site: Int

    /// Whether something that is held is this replica.
    func isReplica(of held: ExistingPlacement) -> Bool {
      held.environment == environment.name && held.replica == replica
    }
  }

  /// By environment and replica.
  let choices: [Choice]

  init(choices: [Choice]) {
    self.choices = choices
  }

  /// Finds the clusters that are meant: by name, else by the console's identifier, else by its label.
  ///
  /// - Throws: ``Problem`` 422 where an environment is left out or unknown, not every replica has a cluster, or a cluster
  ///   is not known or not told from another one.
  init(_ named: [String: [String]], _ inquiry: Inquiry, language: Language) throws {
    let environments = inquiry.request.project.spec.environments.sorted { $0.name < $1.name }
    var problems: [FieldProblem] = named.keys.filter { name in !environments.contains { $0.name == name } }.sorted()
      .map { name in
        Self.problem(
          "not an environment of the project", "ce n’est pas un environnement du projet", at: name, found: name,
          accepted: environments.map(\.name).joined(separator: ", "))
      }
    var choices: [Choice] = []
    for environment in environments {
      let (wanted, clusters) = (environment.replicas ?? 1, named[environment.name] ?? [])
      guard clusters.count == wanted else {
        problems.append(
          Self.problem(
            "one cluster for each replica is wanted", "un cluster par réplique est attendu", at: environment.name,
            found: String(clusters.count), accepted: String(wanted)))
        continue
      }
      for (replica, name) in clusters.enumerated() {
        let found = inquiry.sites(meantBy: name)
        guard let site = found.first, found.count == 1 else {
          problems.append(Self.notOne(name, found.map { inquiry.engine.clusters[$0] }, environment.name, replica))
          continue
        }
        choices.append(Choice(environment: environment, replica: replica, site: site))
      }
    }
    guard problems.isEmpty else { throw Problem.invalid(problems, language) }
    self.choices = choices
  }

  private static func notOne(_ name: String, _ found: [String], _ environment: String, _ replica: Int) -> FieldProblem {
    let isUnknown = found.isEmpty
    var problem = problem(
      isUnknown ? "the offer knows no such cluster" : "several clusters have this label",
      isUnknown ? "l’offre ne connaît pas ce cluster" : "plusieurs clusters portent ce libellé", at: environment,
      found: name, accepted: isUnknown ? nil : found.joined(separator: ", "))
    problem.path += "[\(replica)]"
    return problem
  }

  private static func problem(
    _ message: String, _ messageFR: String, at environment: String, found: String, accepted: String?
  ) -> FieldProblem {
    FieldProblem(
      path: "choices[\"\(environment)\"]", message: message, messageFR: messageFR, value: found, accepted: accepted)
  }
}

extension Inquiry {
  /// The clusters that a name, identifier or label stands for.
  fileprivate func sites(meantBy text: String) -> [Int] {
    if let site = engine.site(named: text) { return [site] }
    let clusters = engine.offer.clusters
    if let id = UUID(uuidString: text) { return clusters.indices.filter { clusters[$0].spec.console?.id == id } }
    return clusters.indices.filter { clusters[$0].spec.console?.label == text }
  }
}
